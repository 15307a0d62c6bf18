"""The plans that are measured: the examples as they stand, and a site fed by as many actions as wanted."""

from __future__ import annotations

from pathlib import Path

from engine.documents.load import load
from engine.domain.plan import Plan

EXAMPLES = Path(__file__).parents[1] / "examples"
_WORKSPACE = """\
apiVersion: drumbeat/v1
kind: Workspace
name: bench
timezone: UTC
people: [{name: ana, hours_per_week: 40}]
accounts:
  - {name: site, platform: site, settings: {folder: site, base_url: 'https://bench.example.com'}}
"""
_STRATEGY = """\
apiVersion: drumbeat/v1
kind: Strategy
name: fed
workspace: bench
owner: ana
channels:
  - {name: blog, account: site, cadence: {at_least: 1, per: day}}
actions:
"""
_ACTION = """\
  - name: action-%d
    channel: blog
    kind: create
    schedule: {every: %s, misfire: {grace: 10m, catch_up: all}}
    content: {repeat: true, items: [{id: post, title: 'Post {number}', body: 'It is {time}.'}]}
"""


def examples() -> list[Plan]:
    """Load every example."""
    return [plan for folder in sorted(EXAMPLES.iterdir()) if folder.is_dir() for plan in load([folder]).plans]


def write_fed(folder: Path, *, actions: int, every: str) -> Path:
    """Write a plan whose site is fed by so many actions; return its folder."""
    (folder / "site").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(_WORKSPACE, encoding="utf-8")
    steps = "".join(_ACTION % (number, every) for number in range(actions))
    (folder / "strategy.yaml").write_text(_STRATEGY + steps, encoding="utf-8")
    return folder


def fed(folder: Path, *, actions: int, every: str) -> Plan:
    """Write such a plan and load it."""
    return load([write_fed(folder, actions=actions, every=every)]).plans[0]
