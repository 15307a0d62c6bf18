"""The proxy of the contract suites: each fault does what its name says, to one request, and the rest passes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from adapters.testing.double import Asked, double
from adapters.testing.faults import PAUSE, Fault, Reply
from adapters.testing.proxy import FaultProxy

SILENT = (Fault.LATE, Fault.DELIVERED_LATE)
CUT = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.TRUNCATED)
STATUS = {
    Fault.PAGE_BEFORE: 200,
    Fault.PAGE_AFTER: 200,
    Fault.ELSEWHERE: 302,
    Fault.EXPIRED: 401,
    **{fault: int(fault.value[:3]) for fault in Fault if fault.value[:3].isdigit()},
}


class Counter:
    """A server that counts what it does."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        self.done.append(f"{asked.method} {asked.path} {asked.body.decode()}")
        if asked.path == "/empty":
            return Reply(204)
        return Reply(
            201,
            (("X-Own", "kept"),),
            json.dumps({"done": len(self.done), "q": asked.query.get("q")}).encode(),
        )


@pytest.fixture
def server() -> Counter:
    return Counter()


@pytest.fixture
def proxy(server: Counter) -> Iterator[FaultProxy]:
    with double(server.answer) as address, FaultProxy(address) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.url, trust_env=False, timeout=0.5) as made:
        yield made


def test_without_a_fault_everything_passes_as_it_is(
    proxy: FaultProxy, client: httpx.Client, server: Counter
) -> None:
    answer = client.post("/do?q=a%20b", content=b"words")
    assert (answer.status_code, answer.headers["X-Own"], answer.json()) == (
        201,
        "kept",
        {"done": 1, "q": "a b"},
    )
    assert client.get("/empty").status_code == 204
    assert client.head("/do").headers["Content-Length"] != "0"
    chunks = iter([b"in ", b"parts"])
    assert client.post("/do", content=chunks).status_code == 201
    assert server.done == ["POST /do words", "GET /empty ", "HEAD /do ", "POST /do in parts"]
    assert [request.path for request in proxy.seen] == ["/do?q=a%20b", "/empty", "/do", "/do"]


@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_hits_one_request_and_does_to_the_world_what_it_says(
    proxy: FaultProxy, client: httpx.Client, server: Counter, fault: Fault
) -> None:
    proxy.inject(fault, at=1)
    assert client.post("/do").status_code == 201
    if fault in CUT:
        with pytest.raises(httpx.TransportError):
            client.post("/do", content=b"hit")
    elif fault in SILENT:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/do", content=b"hit")
    elif fault is Fault.DRIP:
        with client.stream("POST", "/do", content=b"hit") as answer:
            dripping = answer.iter_raw()
            assert [len(next(dripping)) for _ in range(3)] == [1, 1, 1]
    else:
        assert client.post("/do", content=b"hit").status_code == STATUS[fault]
    if fault is Fault.DELIVERED_LATE:
        assert "POST /do hit" not in server.done, "it waits until everybody has given up"
    asyncio.run(proxy.quiet())
    assert ("POST /do hit" in server.done) is fault.reaches_the_server
    assert client.post("/do").status_code == 201
    assert [request.fault for request in proxy.seen] == [None, fault, None]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.is_full])
def test_a_full_platform_says_so_in_its_own_dialect(
    proxy: FaultProxy, client: httpx.Client, fault: Fault
) -> None:
    proxy.inject(fault)
    answer = client.get("/do")
    assert answer.status_code == 429
    said = f"{answer.headers} {answer.text}"
    spoken = (str(int(PAUSE.total_seconds())), "GMT", "reset", "Reset")
    assert (fault is Fault.FULL_BARE) or any(word in said for word in spoken)


def test_who_follows_a_redirect_is_seen(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.inject(Fault.ELSEWHERE)
    client.get("/do", headers={"Authorization": "Bearer x"}, follow_redirects=True)
    (stray,) = proxy.strays
    assert stray.path == "/"


def test_a_fault_may_wait_for_a_certain_request(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.inject(Fault.ERROR_502_BEFORE, at=1, where=lambda request: request.method == "POST")
    statuses = [
        client.request(method, "/do").status_code for method in ("GET", "POST", "GET", "POST", "POST")
    ]
    assert statuses == [201, 201, 201, 502, 201]
