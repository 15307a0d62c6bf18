"""The registry: built-in adapters and strangers', and a broken one that stops nobody."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from adapters.fake import FakePlatform
from adapters.registry import BUILT_IN, Registry, installed
from adapters.tools import Tools
from engine.domain.errors import NotFoundError
from engine.domain.ports import Capabilities, Role


def broken_factory(_tools: Tools) -> FakePlatform:
    raise RuntimeError("no")


def third_platform(_tools: Tools) -> FakePlatform:
    return FakePlatform(kind="third")


def boastful_platform(_tools: Tools) -> FakePlatform:
    return FakePlatform(
        kind="boastful", capabilities=Capabilities(roles=frozenset({Role.PREPARE, Role.CHECK}))
    )


def with_entries(*pairs: tuple[str, str]) -> Registry:
    def discover(group: str) -> list[EntryPoint]:
        return [*installed(group), *(EntryPoint(name, value, group) for name, value in pairs)]

    return Registry(discover=discover)


def test_every_built_in_adapter_loads_and_keeps_its_protocol() -> None:
    registry = Registry()
    assert registry.problems() == []
    for shelf, group in (
        (registry.platforms, "drumbeat.platforms"),
        (registry.sources, "drumbeat.sources"),
        (registry.notifiers, "drumbeat.notifiers"),
    ):
        assert set(BUILT_IN[group]) <= set(shelf)
        assert all(shelf[name].kind == name for name in shelf)


def test_an_adapter_is_made_once() -> None:
    registry = Registry()
    assert registry.platforms["site"] is registry.platforms["site"]


def test_a_strangers_adapter_is_there_like_ours() -> None:
    registry = with_entries(("third", "tests.adapters.test_registry:third_platform"))
    assert registry.platforms["third"].kind == "third"


@pytest.mark.parametrize(
    "value",
    [
        "no_such_module_anywhere:Adapter",
        "adapters.fake:NoSuchName",
        "tests.adapters.test_registry:broken_factory",
        "builtins:str",
        "tests.adapters.test_registry:third_platform",
    ],
    ids=["no module", "no attribute", "raises", "keeps no contract", "another kind"],
)
def test_a_broken_adapter_is_named_and_stops_nobody(value: str) -> None:
    registry = with_entries(("bad", value))
    assert any("'bad'" in problem for problem in registry.problems())
    with pytest.raises(NotFoundError, match="'bad'"):
        registry.platforms["bad"]
    assert registry.platforms["site"].kind == "site"


def test_a_taken_name_stays_whose_it_was() -> None:
    registry = with_entries(("site", "tests.adapters.test_registry:third_platform"))
    assert registry.platforms["site"].kind == "site"
    assert any("is ignored: the name is taken" in problem for problem in registry.problems())


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    registry = Registry()
    with pytest.raises(NotFoundError, match=r"no platform 'sit'; did you mean 'site'\?"):
        registry.platforms["sit"]
    with pytest.raises(NotFoundError, match=r"no source 'xyz'; is its package installed"):
        registry.sources["xyz"]
    assert "xyz" not in registry.notifiers
    assert registry.notifiers.get("xyz") is None


def test_importing_the_registry_loads_no_library() -> None:
    heavy = "'httpx', 'feedparser', 'apprise', 'yaml', 'pydantic', 'structlog', 'temporalio'"
    code = f"import sys, adapters.registry; print(sorted({{{heavy}}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_an_unused_registry_closes_too() -> None:
    await Registry().aclose()


def test_a_platform_that_says_it_has_a_role_must_keep_its_protocol() -> None:
    registry = with_entries(("boastful", "tests.adapters.test_registry:boastful_platform"))
    with pytest.raises(NotFoundError, match="the role check, prepare, but does not keep"):
        registry.platforms["boastful"]
