"""The alert of one rule about one subject, turned by the heart's own state machine."""

from __future__ import annotations

from datetime import datetime

from engine.domain.alerts import Verdict, fold, next_turn
from engine.domain.records import Alert, AlertState, DataState
from engine.domain.rule import Rule
from rules.backtest.episodes import Episode, EpisodeLog

_WAITING = (AlertState.PENDING, AlertState.RECOVERING)
_CALM = (AlertState.INACTIVE, AlertState.RESOLVED)


Answer = tuple["bool | None", "bool | None"]
_ANY = (True, False, None)
# What an expression's answer means, with that of its `recover`.
_VERDICTS: dict[Answer, Verdict] = {
    (truth, recovered): Verdict(
        truth, DataState.OK if truth is not None else DataState.UNKNOWN, recovered=recovered
    )
    for truth in _ANY
    for recovered in _ANY
}


class Machine:
    """Folds what a rule says of a subject into its alert, day after day.

    Between two evaluations the alert's own clocks turn it, as in the heart; so an answer that is the same as the one
    before need not be taken again.
    """

    __slots__ = ("_alert", "_log", "_rule")

    def __init__(self, rule: Rule, subject: str) -> None:
        self._rule = rule
        self._alert = Alert(rule=rule.name, subject=subject, severity=rule.severity)
        self._log = EpisodeLog()

    def take(self, truth: bool | None, recovered: bool | None, now: datetime) -> None:
        """Take what the rule and its `recover` say at an instant."""
        alert = self._alert
        # No is no news to the calm, nor yes to what fires: the state machine need not be asked.
        if alert.data is DataState.OK and (
            (truth is False and alert.state in _CALM) or (truth is True and alert.state is AlertState.FIRING)
        ):
            return
        self.wait_until(now)
        self._fold(_VERDICTS[truth, recovered], now)

    def wait_until(self, now: datetime) -> None:
        """Let the alert's own clocks turn it until then, while its facts stay as they were last judged."""
        alert = self._alert
        if alert.state in _WAITING and alert.data is DataState.OK:
            turn = next_turn(alert, self._rule, ())
            if turn is not None and turn <= now:
                self._fold(_VERDICTS[alert.state is AlertState.PENDING, True], turn)

    def _fold(self, verdict: Verdict, now: datetime) -> None:
        self._alert = self._log.note(self._alert, fold(self._alert, verdict, self._rule, now))

    def episodes(self) -> list[Episode]:
        """Return the episodes, oldest first."""
        return self._log.finished()
