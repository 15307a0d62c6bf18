"""`python -m benchmarks.packs --seed N --teams N`: years that chance made, and what the packs said of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from benchmarks.packs.judging import Score, judge, table, told
from benchmarks.packs.year import Lived, live


def main() -> None:
    """Print the seed and the table; with `--explain` also each alert too many and each incident missed."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.packs", description=__doc__)
    options.add_argument("--seed", type=int, default=1, help="what chance begins with (default: 1)")
    options.add_argument("--teams", type=int, default=20, help="how many years are lived (default: 20)")
    options.add_argument("--explain", action="store_true", help="list what was missed and what was too much")
    asked = options.parse_args()
    scores = judge(_years(asked.seed, asked.teams))
    print(f"Seed {asked.seed}, {asked.teams} teams, a year each.\n")
    print("\n".join(table(scores)))
    if asked.explain:
        print("\n" + "\n".join(line for score in scores for line in _explained(score)))


def _years(seed: int, teams: int) -> Iterator[Lived]:
    for team in range(1, teams + 1):
        print(f"team {team} of {teams} …", file=sys.stderr, flush=True)
        yield live(seed, team)


def _explained(score: Score) -> Iterator[str]:
    for each in score.missed:
        lasted = told(each.span.end - each.span.start)
        yield f"missed: {score.rule} of {', '.join(each.subjects)} from {each.span.start:%d %b %H:%M} for {lasted}"
    for one in score.stray:
        yield f"too much: {one.rule}@{one.subject} at {one.fired_at:%d %b %H:%M}"


main()
