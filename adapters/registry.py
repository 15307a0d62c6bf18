"""Which adapters there are. Built-in ones are registered like everybody's, by `module:attribute`.

A third party names its adapter in its own package, in one of three groups, and it is there after `pip install`:

    [project.entry-points."drumbeat.platforms"]
    mastodon = "my_package.mastodon:MastodonAdapter"

What the name leads to is called with `adapters.tools.Tools` and returns an object that keeps the Protocol of its
seam (`engine.domain.ports`) and whose `kind` is the name. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from engine.domain.errors import NotFoundError

if TYPE_CHECKING:  # importing this module stays cheap: whoever only asks for names pays for no library
    from adapters.tools import Tools
    from engine.domain.ports import MetricSource, Notifier, Platform

T = TypeVar("T")

BUILT_IN: dict[str, dict[str, str]] = {
    "drumbeat.platforms": {
        "site": "adapters.platforms.site.adapter:SiteAdapter",
        "manual": "adapters.platforms.manual.adapter:ManualAdapter",
        "wordpress": "adapters.platforms.wordpress.adapter:WordPressAdapter",
        "bluesky": "adapters.platforms.bluesky.adapter:BlueskyAdapter",
        "matrix": "adapters.platforms.matrix.adapter:MatrixAdapter",
        "mastodon": "adapters.platforms.mastodon.adapter:MastodonAdapter",
        "email": "adapters.platforms.email.adapter:EmailAdapter",
        "webhook": "adapters.platforms.webhook.adapter:WebhookAdapter",
    },
    "drumbeat.sources": {
        "feed": "adapters.metrics.feed:FeedSource",
        "csv": "adapters.metrics.csv:CsvSource",
        "bluesky": "adapters.metrics.bluesky:BlueskySource",
        "mastodon": "adapters.metrics.mastodon:MastodonSource",
        "prometheus": "adapters.metrics.prometheus:PrometheusSource",
        "http_json": "adapters.metrics.http_json:HttpJsonSource",
        "sql": "adapters.metrics.sql:SqlSource",
        "platform": "adapters.metrics.platform:PlatformSource",
    },
    "drumbeat.notifiers": {
        "log": "adapters.notifiers.log:LogNotifier",
        "apprise": "adapters.notifiers.apprise_:AppriseNotifier",
        "alertmanager": "adapters.notifiers.alertmanager:AlertmanagerNotifier",
        "smtp": "adapters.notifiers.smtp:SmtpNotifier",
        "webhook": "adapters.notifiers.webhook:WebhookNotifier",
    },
}
Discover = Callable[[str], list[EntryPoint]]


def installed(group: str) -> list[EntryPoint]:
    """Return the built-in entry points of a group, then those of installed packages."""
    ours = [EntryPoint(name, value, group) for name, value in BUILT_IN[group].items()]
    return [*ours, *entry_points(group=group)]


class Shelf(Mapping[str, T], Generic[T]):
    """The adapters of one seam by name, each made once, at its first use.

    Looking up a name that is not there, or whose adapter does not load, raises NotFoundError; `broken` holds
    the names known so far that cannot be used, each with its reason.
    """

    def __init__(self, noun: str, protocol: type, entries: list[EntryPoint], tools: Tools) -> None:
        self._noun, self._protocol, self._tools = noun, protocol, tools
        self._entries: dict[str, EntryPoint] = {}
        self._made: dict[str, T] = {}
        self.broken: dict[str, str] = {}
        self.ignored: list[str] = []
        for entry in entries:
            if entry.name in self._entries:
                self.ignored.append(
                    f"{noun} {entry.name!r} from {entry.value} is ignored: the name is taken."
                )
            else:
                self._entries[entry.name] = entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def get(self, name: str, default: Any = None) -> Any:
        """Return the adapter, or the default when no such name is registered."""
        return self[name] if name in self._entries else default

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            near = get_close_matches(name, self._entries, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "is its package installed beside Drumbeat?"
            raise NotFoundError(
                f"There is no {self._noun} {name!r}; {hint} Known: {', '.join(sorted(self._entries))}."
            )
        if name not in self._made and name not in self.broken:
            self._make(name)
        if name in self.broken:
            raise NotFoundError(self.broken[name])
        return self._made[name]

    def _make(self, name: str) -> None:
        entry = self._entries[name]
        try:
            made = entry.load()(self._tools)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's package does must not stop the others
            self.broken[name] = (
                f"The {self._noun} {name!r} ({entry.value}) cannot be loaded: {type(error).__name__}. "
                "Repair or remove the package that brings it; the other adapters work."
            )
            return
        if not isinstance(made, self._protocol) or getattr(made, "kind", None) != name:
            self.broken[name] = (
                f"The {self._noun} {name!r} ({entry.value}) does not keep the contract {self._protocol.__name__}, "
                f"or its `kind` is not {name!r}. Tell its author to run the contract suite."
            )
            return
        lacking = _unkept_roles(made)
        if lacking:
            self.broken[name] = (
                f"The {self._noun} {name!r} ({entry.value}) says that it has the role {lacking}, but does not keep its "
                "Protocol in `engine.domain.roles`. Tell its author to run the contract suite."
            )
            return
        self._made[name] = cast("T", made)

    def problems(self) -> list[str]:
        """Load every adapter and return what is wrong, one sentence each."""
        for name in self._entries:
            if name not in self._made and name not in self.broken:
                self._make(name)
        return [*self.broken.values(), *self.ignored]


def _unkept_roles(adapter: Any) -> str:
    """Return the roles, comma-separated, that an adapter says it has without keeping their Protocols."""
    from engine.domain.roles import PROTOCOLS  # noqa: PLC0415 - loads every model of the engine

    capabilities = getattr(adapter, "capabilities", None)
    roles = sorted(capabilities.roles) if capabilities is not None else []
    return ", ".join(role for role in roles if not isinstance(adapter, PROTOCOLS[role]))


class Registry:
    """All adapters: `platforms`, `sources`, `notifiers`, each a mapping from name to adapter."""

    def __init__(self, tools: Tools | None = None, discover: Discover = installed) -> None:
        self._given = tools
        self._discover = discover

    @cached_property
    def tools(self) -> Tools:
        """Return the tools that every adapter is made with."""
        from adapters.tools import Tools  # noqa: PLC0415 - loads the web client

        return self._given or Tools()

    @cached_property
    def platforms(self) -> Shelf[Platform]:
        """Return the platforms by name."""
        return self._shelf("platform", "Platform")

    @cached_property
    def sources(self) -> Shelf[MetricSource]:
        """Return the metric sources by name."""
        return self._shelf("source", "MetricSource")

    @cached_property
    def notifiers(self) -> Shelf[Notifier]:
        """Return the notifiers by name."""
        return self._shelf("notifier", "Notifier")

    def _shelf(self, noun: str, protocol: str) -> Shelf[Any]:
        from engine.domain import ports  # noqa: PLC0415 - loads every model of the engine

        return Shelf(noun, getattr(ports, protocol), self._discover(f"drumbeat.{noun}s"), self.tools)

    def problems(self) -> list[str]:
        """Load everything and return what is wrong, one sentence each; made for `doctor`."""
        return [
            *self.platforms.problems(),
            *self.sources.problems(),
            *self.notifiers.problems(),
        ]

    async def aclose(self) -> None:
        """Release the connections of the shared tools."""
        await self.tools.http.aclose()
