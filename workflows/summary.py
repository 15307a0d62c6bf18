"""What the Temporal web UI shows of a strategy: a few lines of Markdown, made when something has happened."""

from __future__ import annotations

from datetime import datetime

from engine.domain.alerts import is_active
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan
from engine.domain.words import moment

# One line of a page, well below what servers document as their limit (400 bytes).
_SUMMARY_BYTES = 200
_DETAILS = 10_000


def short(text: str) -> str:
    """Return the text as one short line, whoever wrote it."""
    line = " ".join(text.split())
    if len(line.encode()) <= _SUMMARY_BYTES:
        return line
    return line.encode()[: _SUMMARY_BYTES - 3].decode(errors="ignore") + "…"


def details(plan: Plan, state: State, wake_at: datetime | None) -> str:
    """Return the strategy's status in Markdown."""
    lines = [
        f"### {plan.strategy.title or plan.strategy.name}",
        f"Revision {state.revision} · {len(state.slots)} slots open",
    ]
    lines += [
        f"- **{alert.severity}** {alert.rule}: {alert.because}"
        for alert in state.alerts.values()
        if is_active(alert)
    ]
    lines += [f"- channel **{name}** is {channel.momentum}" for name, channel in state.channels.items()]
    lines += [f"- task {task.id} {task.title} ({task.assignee or 'nobody'})" for task in state.tasks.values()]
    if wake_at is not None:
        lines.append(f"\nNext look: {moment(wake_at, plan.zone)}")
    return "\n".join(lines)[:_DETAILS]
