"""What passes between the heart and the evaluation of rules: the circumstances it knows, and the judgements it gets."""

from __future__ import annotations

from pydantic import JsonValue

from engine.domain.base import Instant, Model
from engine.domain.records import AlertState, DataState
from engine.domain.rule import Severity

# Facts of one subject by their path; instants as ISO texts in UTC, durations as seconds. What is unknown is left out.
Facts = dict[str, JsonValue]


class Circumstances(Model):
    """What the heart knows at `at` and rules may need: facts by subject, and the alerts that are not calm.

    `facts` holds, by `channel/blog`, `goal/visitors`, `strategy` …, what follows from the heart's own memory; what
    follows from samples and posts is added by the evaluation. Only the kinds of subjects are there that rules judge.
    `unjudged` holds the alerts that could not be judged last time, whatever their state.
    `watched` says by channel since when, and until when, every post is known; no post in another time is no news.
    """

    revision: int
    at: Instant
    watched: dict[str, tuple[Instant, Instant]] = {}
    facts: dict[str, Facts] = {}
    alerts: dict[str, AlertState] = {}
    unjudged: dict[str, DataState] = {}


class Judgement(Model):
    """What a rule says of one subject. `truth` is None exactly when `data` is not ok.

    `recovered` is what its `recover` says, None where it has none or cannot be told; `gone` says that there is no such
    subject any more.
    """

    rule: str
    subject: str
    truth: bool | None
    data: DataState = DataState.OK
    recovered: bool | None = None
    gone: bool = False
    severity: Severity | None = None
    because: str = ""
    evidence: dict[str, JsonValue] = {}
