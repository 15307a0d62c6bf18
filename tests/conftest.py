"""Fixtures that more than one folder of tests asks for, and the choice whether real servers take part."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]

# The same examples on every machine, and no alarm because a machine is slow; a failure prints how to repeat it.
settings.register_profile("drumbeat", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("drumbeat")

# `nohup` and background jobs of some shells pass on that these are ignored, and every child would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

REAL = Path(__file__).parent / "real"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real", action="store_true", help="run the tests against the real servers of platforms"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path == REAL and not config.getoption("--real") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # A story that is lived once, for many tests to read, is lived in one process of those that share the tests.
        if any(name.endswith("_once") for name in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("stories"))
        if REAL in item.path.parents:
            item.add_marker(pytest.mark.real)
            # The first test that asks for a server waits until it is installed.
            item.add_marker(pytest.mark.timeout(20 * 60))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--real") or config.option.file_or_dir:
        return
    servers = sorted(path.stem for path in (REAL / "servers").glob("[!_]*.py"))
    terminalreporter.write_line(
        f"Left out: what is proven on real servers ({', '.join(servers)}); run `make test-real`."
    )
