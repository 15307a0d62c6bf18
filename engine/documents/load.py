"""From plan files to checked plans: read, validate, resolve every name, read the content, merge the rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.documents.content import Item, folders_of, read_folder
from engine.documents.effects import effect_problems
from engine.documents.gather import gather, kind_problems
from engine.documents.images import Completing
from engine.documents.naming import names_in
from engine.documents.paths import absolute
from engine.documents.references import strategy_problems, workspace_problems
from engine.documents.source import Document
from engine.documents.validate import M, validate
from engine.documents.words import choose, quoted
from engine.domain.errors import DocumentError, Problem
from engine.domain.items import ContentItem
from engine.domain.plan import Plan
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace
from rules.packs import merged_rules, merged_signals

# In bytes of JSON. A strategy starts with its plan and its memory in one message, of which Temporal takes 2 MB.
LARGEST_PLAN = 1_000_000


@dataclass(frozen=True)
class PlanSource:
    """Where a plan comes from: its two documents, and for each action the items read from its folder."""

    strategy: Document
    workspace: Document
    content: Mapping[str, tuple[Item, ...]]


@dataclass(frozen=True)
class Loaded:
    """All plans that were read, in the order of their ids, and by id where each comes from."""

    plans: tuple[Plan, ...]
    workspaces: tuple[Workspace, ...]
    sources: Mapping[str, PlanSource]


def load(paths: Sequence[Path]) -> Loaded:
    """Read plan files and folders of them (`*.yaml` and `*.yml` directly inside, none hidden).

    A workspace may stand in any of the files named. Relative file names are meant from the plan's own file.
    Raises DocumentError with all problems of all files, sorted by place.
    """
    reading = _Reading()
    documents, reading.problems = gather(paths)
    for document in documents:
        reading.add(document)
    plans = reading.plans()
    if reading.problems:
        raise DocumentError(sorted(set(reading.problems), key=_by_place))
    return Loaded(
        plans=tuple(sorted((plan for plan, _ in plans), key=lambda plan: plan.id)),
        workspaces=tuple(model for _, model in reading.workspaces.values() if model is not None),
        sources={plan.id: source for plan, source in plans},
    )


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.line, problem.column, problem.message


@dataclass
class _Reading:
    """What has been read so far, and every problem met on the way."""

    problems: list[Problem] = field(default_factory=list)
    workspaces: dict[str, tuple[Document, Workspace | None]] = field(default_factory=dict)
    strategies: list[tuple[Document, Strategy | None]] = field(default_factory=list)

    def add(self, document: Document) -> None:
        wrong = kind_problems(document)
        self.problems.extend(wrong)
        if wrong:
            return
        if document.data["kind"] == "RuleTest":  # stands beside a plan and is none; `rules test` reads it
            return
        if document.data["kind"] == "Strategy":
            self.strategies.append((document, self._model(document, Strategy)))
            return
        workspace = self._model(document, Workspace)
        self.problems.extend(workspace_problems(document))
        name = str(document.data.get("name"))
        if name in self.workspaces:
            self._twice(document, self.workspaces[name][0], f"the workspace {quoted(name)}")
            return
        self.workspaces[name] = document, workspace and absolute(workspace, document.folder)

    def plans(self) -> list[tuple[Plan, PlanSource]]:
        """Put each strategy together with its workspace; those with problems are left out."""
        plans: list[tuple[Plan, PlanSource]] = []
        first: dict[tuple[str, str], Document] = {}
        for document, read in self.strategies:
            identity = str(document.data.get("workspace")), str(document.data.get("name"))
            if identity in first:
                self._twice(document, first[identity], f"the strategy {quoted(identity[1])}")
            first.setdefault(identity, document)
            home, workspace = self._home(document)
            self.problems.extend(strategy_problems(document, home))
            channels = names_in(document, "channels")
            content = self._content(document, channels)
            strategy = self._written(document, read, channels) if read is not None else None
            if strategy is None or workspace is None or home is None or self.problems:
                continue
            plan = _plan(workspace, strategy, content)
            self.problems.extend([*_too_large(document, plan), *effect_problems(document, plan)])
            plans.append((plan, PlanSource(document, home, content)))
        return plans

    def _model(self, document: Document, model: type[M]) -> M | None:
        try:
            return validate(document, model)
        except DocumentError as error:
            self.problems.extend(error.problems)
            return None

    def _twice(self, document: Document, first: Document, what: str) -> None:
        line = first.place(("name",)).line
        message = f"{what} is there already, in {first.file}:{line}"
        self.problems.append(document.problem(("name",), message, "Rename or remove one of the two."))

    def _home(self, strategy: Document) -> tuple[Document | None, Workspace | None]:
        name = strategy.data.get("workspace")
        if not isinstance(name, str):
            return None, None
        if name not in self.workspaces:
            message = (
                f"the strategy belongs to the workspace {quoted(name)}, which is in none of the files read"
            )
            mend = choose(name, self.workspaces, "Name the folder, or the workspace's file as well.")
            self.problems.append(strategy.problem(("workspace",), message, mend))
            return None, None
        return self.workspaces[name]

    def _written(self, document: Document, strategy: Strategy, channels: Collection[str]) -> Strategy:
        """Return the strategy with the items that are written in it completed."""
        completing = Completing(document, channels)
        actions = []
        for index, action in enumerate(strategy.actions):
            steps = ("actions", index, "content", "items")
            items = tuple(completing.item(item, (*steps, at)) for at, item in enumerate(action.content.items))
            content = action.content.model_copy(update={"items": items})
            actions.append(action.model_copy(update={"content": content}))
        self.problems.extend(completing.problems)
        return strategy.model_copy(update={"actions": tuple(actions)})

    def _content(self, document: Document, channels: Collection[str]) -> dict[str, tuple[Item, ...]]:
        content: dict[str, tuple[Item, ...]] = {}
        for action, steps, folder in folders_of(document):
            items, problems = read_folder(document, steps, folder, channels)
            self.problems.extend(problems)
            content[action] = tuple(items)
        return content


def _plan(workspace: Workspace, strategy: Strategy, content: Mapping[str, tuple[Item, ...]]) -> Plan:
    items: dict[str, tuple[ContentItem, ...]] = {}
    for action in strategy.actions:
        from_folder = tuple(item.item for item in content.get(action.name, ()))
        items[action.name] = action.content.items or from_folder
    return Plan(
        workspace=workspace,
        strategy=strategy,
        content=items,
        rules=merged_rules(strategy),
        signals=merged_signals(strategy),
    )


def _too_large(document: Document, plan: Plan) -> list[Problem]:
    """Return the problem of a plan that the engine could store and yet never hand to its strategy."""
    size = len(plan.model_dump_json().encode())
    if size <= LARGEST_PLAN:
        return []
    items = [sum(len(item.body) for item in plan.content[action.name]) for action in plan.strategy.actions]
    heaviest = max(range(len(items)), key=items.__getitem__)
    name = plan.strategy.actions[heaviest].name
    message = (
        f"the plan has {size / 1e6:.1f} MB with all its content, but at most {LARGEST_PLAN / 1e6:g} MB can be handed to a "
        f"strategy; most of it is the content of action {quoted(name)}"
    )
    mend = "Give it fewer or shorter items: what is posted later can be added later, and large plans can be parted."
    return [document.problem(("actions", heaviest, "content"), message, mend)]
