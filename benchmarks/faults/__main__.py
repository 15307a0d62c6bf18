"""`python -m benchmarks.faults [NAME…] [--seed N]`: the storm, on every platform and every peer that is installed.

A name is a platform (`double`, `site` …) or a peer (`temporal` …). Prints one table; writes nothing else. A storm takes
two to four minutes. Ends with 1 when Drumbeat itself lost or doubled a post.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.faults.drumbeat import Drumbeat
from benchmarks.faults.storm import Verdict, Weather, run, table
from benchmarks.faults.targets import double

TARGETS = ("double", "webhook", "email", "site", "bluesky", "mastodon", "matrix", "wordpress")
# PHP's own web server and the mock cannot do more than so many posts a second beside an engine on two cores.
SLOWER = {"wordpress": 2, "mastodon": 2}
PEERS = ("temporal", "dbos_", "apscheduler_", "celery_")


def main(words: list[str]) -> int:
    """Run the storms and print one table."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    asked.add_argument("names", nargs="*", choices=[[], *TARGETS, *PEERS])
    asked.add_argument("--seed", type=int, default=time.time_ns() % 100_000)
    asked.add_argument(
        "--with-template", action="store_true", help="kill also the process that workers are forked from"
    )
    asked.add_argument(
        "--pace",
        type=int,
        choices=(1, 2, 4),
        help="slots in a second, of 300 (default: what the platform can do)",
    )
    given = asked.parse_args(words)
    sys.stderr.write(f"seed {given.seed}: --seed {given.seed} kills and breaks at the same moments\n")
    verdicts = []
    for verdict in storms(
        given.names or (*TARGETS, *PEERS), given.seed, given.pace, with_template=given.with_template
    ):
        verdicts.append(verdict)
        for remark in verdict.remarks:
            sys.stderr.write(f"{verdict.name}: {remark}\n")
    print(table(verdicts))
    return int(any(one.lost or one.doubled for one in verdicts if one.name.endswith(Drumbeat.name)))


def storms(
    names: Sequence[str], seed: int, pace: int | None = None, *, with_template: bool
) -> Iterator[Verdict]:
    """Run one storm after the other; what is not installed is left out, with its reason."""
    for name in names:
        sys.stderr.write(f"{name} …\n")
        weather = Weather(seed, pace=pace or SLOWER.get(name, Weather.pace))
        with TemporaryDirectory() as folder:
            place = Path(folder)
            try:
                yield (
                    _peer(name, weather, place)
                    if name in PEERS
                    else _ours(name, weather, place, with_template)
                )
            except (ImportError, pytest.skip.Exception) as error:
                sys.stderr.write(f"{name} is left out: {error}\n")


def _ours(name: str, weather: Weather, place: Path, with_template: bool) -> Verdict:
    with import_module(f"benchmarks.faults.targets.{name}").stage(weather, place) as target:
        system = Drumbeat(
            place, target.account, target.environ, pace=weather.pace, with_template=with_template
        )
        return run(system, target, weather)


def _peer(name: str, weather: Weather, place: Path) -> Verdict:
    system = import_module(f"benchmarks.faults.peers.{name}").System
    with double.stage(weather, place) as target:
        return run(system(place, target.url), target, weather)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
