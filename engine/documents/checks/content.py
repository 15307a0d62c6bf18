"""Content, whatever the platform: can everybody take it in."""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.kinds import FINDINGS, Finding, Look
from engine.documents.words import quoted
from engine.domain.errors import Problem
from engine.domain.items import Image
from engine.domain.strategy import Action


def check(look: Look) -> Iterator[Finding]:
    """Yield the images that nobody described."""
    for number, action in enumerate(look.plan.strategy.actions):
        for index, item in enumerate(look.plan.content.get(action.name, ())):
            for image in item.on(action.channel).images:
                if not image.alt.strip():
                    yield _wordless(look, action, number, index, image)


def _wordless(look: Look, action: Action, number: int, index: int, image: Image) -> Finding:
    message = f"the image {quoted(image.file)} has no words for those who do not see it"
    mend = "Say under `alt` what it shows, in a sentence."
    places = look.source.content.get(action.name, ())
    if index < len(places):
        at = places[index]
        problem = Problem(at.file, at.place.line, at.place.column, message, mend)
        return Finding("DB147", FINDINGS["DB147"].severity, problem)
    return look.finding("DB147", ("actions", number, "content", "items", index), message, mend)
