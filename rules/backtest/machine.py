"""The alert of one rule about one subject, turned by the heart's own state machine."""

from __future__ import annotations

from datetime import datetime

from engine.domain.alerts import Verdict, next_turn, step
from engine.domain.records import AlertState, DataState
from engine.domain.rule import Rule
from rules.backtest.episodes import Episode

# Looked up once: on Python 3.11 the look at a member of an enum takes longer than a call of a function.
_INACTIVE, _PENDING, _FIRING, _RECOVERING, _RESOLVED = AlertState
_OK, _UNKNOWN = DataState.OK, DataState.UNKNOWN
_WAITING = (_PENDING, _RECOVERING)
_CALM = (_INACTIVE, _RESOLVED)


Answer = tuple["bool | None", "bool | None"]
_ANY = (True, False, None)
# What an expression's answer means, with that of its `recover`.
_VERDICTS: dict[Answer, Verdict] = {
    (truth, recovered): Verdict(truth, _OK if truth is not None else _UNKNOWN, recovered=recovered)
    for truth in _ANY
    for recovered in _ANY
}


class Machine:
    """The alert, as much of it as the state machine reads, and the episodes that it has had.

    Many are made and they turn often: so it is no `Alert`, which would be checked and copied anew each time.
    """

    def __init__(self, rule: Rule, subject: str) -> None:
        self.state = _INACTIVE
        self.data = _OK
        self.severity = rule.severity
        self.shadow = False
        self.episode = 0
        self.pending_since: datetime | None = None
        self.recovering_since: datetime | None = None
        self._rule = rule
        self._subject = subject
        self._began: datetime | None = None
        self._ended: list[Episode] = []

    def take(self, truth: bool | None, recovered: bool | None, now: datetime) -> None:
        """Take what the rule and its `recover` say from an instant on: an answer that stays need not be taken again.

        Until then the alert's own clocks turn it, as in the heart.
        """
        # No is no news to the calm, nor yes to what fires: the state machine need not be asked.
        if self.data is _OK and (
            (truth is False and self.state in _CALM) or (truth is True and self.state is _FIRING)
        ):
            return
        self.wait_until(now)
        self.fold(_VERDICTS[truth, recovered], now)

    def wait_until(self, now: datetime) -> None:
        """Let the alert's own clocks turn it until then, while its facts stay as they were last judged."""
        if self.state in _WAITING and self.data is _OK:
            turn = self.next_turn()
            if turn is not None and turn <= now:
                self.fold(_VERDICTS[self.state is _PENDING, True], turn)

    def next_turn(self) -> datetime | None:
        """Return when the alert's own clocks turn it if its condition stays as it is."""
        return next_turn(self, self._rule, ())

    def fold(self, verdict: Verdict, now: datetime) -> None:
        """Turn the alert as the heart does, and write down an episode that ends."""
        changes = step(self, verdict, self._rule, now)
        vars(self).update(changes)
        if "fired_at" in changes:
            self._began = now
        elif "resolved_at" in changes and self._began is not None:
            self._ended.append(Episode(self._began, self._rule.name, self._subject, now))
            self._began = None

    def episodes(self) -> list[Episode]:
        """Return the episodes, oldest first; one that still fires is the last and has no end."""
        if self._began is None:
            return self._ended
        return [*self._ended, Episode(self._began, self._rule.name, self._subject)]
