"""What all platforms with a web interface share in a storm: the proxy before them, and who is asked for their list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Seen, System, mark_in


@dataclass(frozen=True)
class Served:
    """One platform. `account` is YAML, indented by four; `texts` asks the server itself for the text of every post."""

    name: str
    account: str
    proxy: StormProxy
    texts: Callable[[], Sequence[str]]
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return where the platform is reached through the proxy."""
        return self.proxy.url

    def posts(self) -> list[Seen]:
        """Return what the server lists, each with the instant at which the proxy saw its first appearance."""
        first = {mark: at for body, at in reversed(self.proxy.effects) if (mark := mark_in(body))}
        marks = [mark for text in self.texts() if (mark := mark_in(text))]
        return [Seen(mark, first[mark]) for mark in marks if mark in first]

    def kill_after_an_effect(self, system: System, within: float) -> bool:
        """Hold an answer until the kill."""
        return self.proxy.ambush.kill_before_the_next_answer(system.kill, within)

    def faults_made(self) -> int:
        """Return how many calls the proxy broke."""
        return self.proxy.broken().total()
