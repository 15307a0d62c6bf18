"""Whatever comes, in whatever order: the heart never raises, loses nothing, doubles nothing and forgets nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.domain import alerts
from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle import step as stepping
from engine.domain.lifecycle.commanding import refusal
from engine.domain.lifecycle.horizon import next_instant
from engine.domain.lifecycle.state import State, new_state
from engine.domain.lifecycle.step import Step, step
from engine.domain.lifecycle.view import view
from engine.domain.messages import (
    Command,
    Commanded,
    DecideSlot,
    EndPause,
    Event,
    Find,
    Instruction,
    NotifyFinished,
    Observed,
    PlanApplied,
    Publish,
    PublishFinished,
    Resumed,
    Tick,
)
from engine.domain.plan import Plan
from engine.domain.publication import PublishStatus
from engine.domain.records import AlertState, DataState, SlotPhase, TaskKind
from tests.domain.build import START, outcome
from tests.domain.plans import instructions, judgements, moves, outcomes, plans, readings, work

CLOSED = (EntryType.SLOT_PUBLISHED, EntryType.SLOT_SKIPPED)
OF_A_SLOT = (TaskKind.POST, TaskKind.DECIDE, TaskKind.VERIFY)


class Adversity(RuleBasedStateMachine):
    """A world that answers late, twice, wrongly or never, and people who command what is over."""

    plan: Plan
    state: State

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.asked: list[Publish | Find] = []
        self.sent: Counter[str] = Counter()
        self.may_send: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.commands = 0

    @initialize(first=plans())
    def begin(self, first: Plan) -> None:
        self.plan, self.state = first, new_state("team/plan", START)
        self.tell(PlanApplied(revision=1))

    # --- what happens --------------------------------------------------------------------------------------

    @rule(move=moves, back=st.integers(0, 5))
    def time_passes(self, move: timedelta, back: int) -> None:
        self.now += -move if back == 0 else move
        self.tell(Tick())

    @rule(wakes=st.integers(1, 15), statuses=st.lists(st.sampled_from(PublishStatus), min_size=1, max_size=5))
    def life_goes_on(self, wakes: int, statuses: list[PublishStatus]) -> None:
        answers = cycle(statuses)
        for _ in range(wakes):
            wake_at = next_instant(self.plan, self.state)
            if wake_at is None:
                return
            self.now = max(self.now, wake_at)
            self.tell(Tick())
            for effect in [self.asked.pop() for _ in range(len(self.asked))]:
                settle = timedelta(seconds=next(answers) is PublishStatus.MAYBE)
                self.tell(PublishFinished(slot=effect.slot, outcome=outcome(next(answers), settle=settle)))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), again=st.booleans())
    def a_platform_answers(self, data: st.DataObject, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.asked) - 1))
        effect = self.asked[index] if again else self.asked.pop(index)
        self.tell(PublishFinished(slot=effect.slot, outcome=data.draw(outcomes(self.now))))

    @rule(data=st.data())
    def a_platform_answers_what_nobody_asked(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from([*self.state.slots, *self.closed, "none@never"]))
        self.tell(PublishFinished(slot=slot, outcome=data.draw(outcomes(self.now))))

    @rule(data=st.data())
    def sources_are_read(self, data: st.DataObject) -> None:
        self.tell(Observed(readings=tuple(data.draw(st.lists(readings(self.now), max_size=3)))))

    @rule(data=st.data(), ago=moves)
    def rules_are_judged(self, data: st.DataObject, ago: timedelta) -> None:
        said = data.draw(judgements(list(self.state.tasks)))
        self.tell(Observed(judgements=tuple(said), judged_at=max(self.now, self.state.at) - ago))

    @rule(new=plans(), back=st.integers(0, 2))
    def a_plan_is_applied(self, new: Plan, back: int) -> None:
        if back == 0:
            self.plan = new
            self.tell(PlanApplied(revision=self.state.revision + 1))
        else:
            result = step(new, self.state, PlanApplied(revision=self.state.revision + 1 - back), self.now)
            assert (result.state, result.entries, result.effects) == (self.state, (), ())

    @rule()
    def a_notification_fails(self) -> None:
        self.tell(NotifyFinished(notice="n", failures={"log": "no route"}))

    @rule()
    def the_memory_is_restored(self) -> None:
        self.tell(Resumed())

    @rule(data=st.data())
    def somebody_commands(self, data: st.DataObject) -> None:
        now = max(self.now, self.state.at)
        self.command(data.draw(instructions(now, list(self.state.alerts), list(self.state.reviews))))

    @precondition(lambda self: self.state.tasks)
    @rule(data=st.data())
    def somebody_works(self, data: st.DataObject) -> None:
        now = max(self.now, self.state.at)
        self.command(data.draw(work(now, list(self.state.tasks))))

    @precondition(lambda self: self.state.commands)
    @rule(data=st.data())
    def a_command_is_repeated(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.state.commands)))
        result = self.tell(Commanded(command=Command(id=key, instruction=EndPause())))
        assert (result.answer, result.refused) == (self.state.commands[key], None)

    def command(self, order: Instruction) -> None:
        """Let somebody command; it is refused exactly when the validator would have refused it at that instant."""
        self.commands += 1
        command = Command(id=f"c{self.commands}", by="cem", instruction=order)
        now = max(self.now, self.state.at)
        lived = step(self.plan, self.state, Tick(), now).state
        reason = refusal(self.plan, lived, command, now)
        if isinstance(order, DecideSlot) and order.decision == "post" and reason is None:
            self.may_send[lived.tasks[order.task].cause or ""] += 1
        result = self.tell(Commanded(command=command))
        assert result.refused == reason
        if reason is not None:
            assert len(reason) > 10
            assert reason.endswith(".")
            assert result.state == lived
        else:
            assert result.answer
            assert result.state.seq > lived.seq or result.effects
            assert result.state.commands[command.id] == result.answer

    # --- what must hold ------------------------------------------------------------------------------------

    def tell(self, event: Event) -> Step:
        """Give the heart an event, and the same to a copy of it that went through JSON."""
        before = self.state
        if isinstance(event, PublishFinished) and event.outcome.status is PublishStatus.ABSENT:
            slot = before.slots.get(event.slot)
            self.may_send[event.slot] += slot is not None and slot.phase is SlotPhase.FINDING
        written = before.model_dump_json()
        copy = State.model_validate_json(written)
        assert copy == before
        result = step(self.plan, before, event, self.now)
        assert step(self.plan, copy, event, self.now) == result
        assert before.model_dump_json() == written, "a step changes nothing but what it returns"
        self.state = result.state
        self._time_goes_forward(before, result)
        self._nothing_is_sent_twice(result)
        for entry in result.entries:
            self._unknown_decides_nothing(entry)
        return result

    def _time_goes_forward(self, before: State, result: Step) -> None:
        assert before.at <= result.state.at <= max(self.now, before.at)
        assert [entry.seq for entry in result.entries] == list(range(before.seq + 1, result.state.seq + 1))
        assert all(before.started_at <= entry.at <= max(self.now, before.at) for entry in result.entries)
        assert next_instant(self.plan, result.state) == result.wake_at
        assert result.wake_at is None or result.wake_at > result.state.at

    def _nothing_is_sent_twice(self, result: Step) -> None:
        for effect in result.effects:
            if isinstance(effect, Publish | Find):
                self.asked.append(effect)
            if isinstance(effect, Publish):
                assert self.closed[effect.slot] == 0
                assert self.sent[effect.slot] == 0 or self.may_send[effect.slot] > 0
                self.sent[effect.slot] += 1
                self.may_send[effect.slot] = 0
        for entry in result.entries:
            if entry.type in CLOSED:
                identity = f"{entry.data['action']}@{datetime.fromisoformat(str(entry.data['slot'])):%Y-%m-%dT%H:%M:%SZ}"
                self.closed[identity] += 1
                assert self.closed[identity] == 1

    def _unknown_decides_nothing(self, entry: Entry) -> None:
        alert = entry.data.get("alert")
        if isinstance(alert, dict) and entry.type in (EntryType.ALERT_FIRING, EntryType.ALERT_RESOLVED):
            gone = "no longer part of the plan" in entry.summary
            assert gone or alert["data"] == DataState.OK

    @invariant()
    def every_question_has_a_person_and_every_task_a_question(self) -> None:
        causes = Counter((task.cause, task.kind) for task in self.state.tasks.values())
        assert all(count == 1 for (cause, _), count in causes.items() if cause)
        waiting = {task.cause for task in self.state.tasks.values() if task.kind in OF_A_SLOT}
        assert waiting <= self.state.slots.keys()
        asked = {slot.id for slot in self.state.slots.values() if slot.phase is SlotPhase.ASKED}
        assert asked <= waiting

    @invariant()
    def the_memory_fits_the_plan(self) -> None:
        assert list(self.state.channels) == list(self.plan.channels)
        assert list(self.state.sources) == list(self.plan.sources)
        for alert in self.state.alerts.values():
            assert self.plan.rule_for(alert.rule, alert.subject) is not None
            assert alert.state is AlertState.FIRING or not (alert.inhibited_by and alert.followed)
        assert all(alert.fired_at for alert in self.state.alerts.values() if alert.state is AlertState.FIRING)
        assert not self.state.slots.keys() & self.closed.keys()

    @invariant()
    def whatever_a_rule_has_changed_belongs_to_an_alert_that_fires(self) -> None:
        firing = {alert.id for alert in self.state.alerts.values() if alerts.is_active(alert)}
        assert self.state.adjusted.keys() <= firing
        open_pauses = [
            pause.by for pause in self.state.pauses if not pause.over and pause.by.startswith("rule ")
        ]
        assert {f"rule {name.split('@')[0]}" for name in self.state.adjusted} >= set(open_pauses)

    @invariant()
    def people_can_look_at_it(self) -> None:
        assert view(self.plan, self.state).at == self.state.at

    def teardown(self) -> None:
        stepping.CATCH_UP = 500


class Hurried(Adversity):
    """The same with a heart that leaves work for the next step again and again."""

    @initialize()
    def hurry(self) -> None:
        stepping.CATCH_UP = 3


TestAdversity = Adversity.TestCase
TestAdversity.settings = settings(max_examples=40, stateful_step_count=40)
TestHurried = Hurried.TestCase
TestHurried.settings = settings(max_examples=25, stateful_step_count=40)
