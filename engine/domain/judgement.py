"""What passes between the heart and the evaluation of rules: the circumstances it knows, and the judgements it gets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pydantic import JsonValue

from engine.domain.base import Instant, Model
from engine.domain.records import AlertState, DataState, Reading
from engine.domain.rule import Severity

# Facts of one subject by their path; instants as ISO texts in UTC, durations as seconds. What is unknown is left out.
Facts = dict[str, JsonValue]
# No observation lasts longer; a reading from further ahead is of a clock that is wrong.
_AT_MOST = timedelta(minutes=6)


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

    def once_read(self, readings: Iterable[Reading]) -> Circumstances:
        """Return the circumstances after these readings, so that what they brought counts at once.

        They are of the instant of the newest reading that worked, if that is a little later, and the channels that the
        readings showed are known until then.
        """
        read = [reading for reading in readings if reading.ok and self.at <= reading.at <= self.at + _AT_MOST]
        at = max([self.at, *(reading.at for reading in read)])
        shown = {channel for reading in read for channel in reading.activities}
        watched = {
            channel: (since, at if channel in shown or until == self.at else until)
            for channel, (since, until) in self.watched.items()
        }
        return self.model_copy(update={"at": at, "watched": watched})

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
