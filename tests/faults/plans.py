"""The plans that the fault tests run: a blog that is fed every second, and a channel that nobody feeds."""

from __future__ import annotations

from pathlib import Path

WORKSPACE = """\
apiVersion: drumbeat/v1
kind: Workspace
name: faults
timezone: UTC
people:
  - {name: ana, hours_per_week: 40, notify: [console]}
accounts:
  - name: site
    platform: site
    settings: {folder: site, base_url: 'https://faults.example.com', title: Faults}
  - name: letter-tool
    platform: manual
    settings: {place: The letter tool, verify: false}
notifiers:
  - {name: console, kind: log}
sources:
  - {name: blog-feed, kind: feed, every: 5s, settings: {url: site/feed.xml}}
"""

STRATEGY = """\
apiVersion: drumbeat/v1
kind: Strategy
name: pulse
workspace: faults
title: A post every second
owner: ana
notify: [console]
channels:
  - name: blog
    account: site
    purpose: Show that no post is lost
    silence: {after: 40s, dormant_after: 1d}
    activity: blog-feed
  - name: letter
    account: letter-tool
    purpose: Show that an alert stays one alert
    silence: {after: 1s, dormant_after: 300d}
actions:
  - name: beat
    channel: blog
    kind: create
    schedule: {every: 1s, misfire: {grace: 10m, then: ask, catch_up: all}}
    content:
      repeat: true
      items:
        - {id: beat, title: 'Beat {number}', body: 'It is {time}.'}
"""
STRATEGY_ID = "faults/pulse"


def write_plan(folder: Path, name: str = "pulse") -> Path:
    """Write the plan of a strategy and the empty site folder that it posts into; return the plan's folder."""
    (folder / "site").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "strategy.yaml").write_text(STRATEGY.replace("name: pulse", f"name: {name}"), encoding="utf-8")
    return folder
