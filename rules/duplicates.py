"""Repeated texts: how many of a channel's newest posts stand, nearly the same, on another channel as well."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from pydantic import JsonValue

from engine.domain.base import format_duration
from engine.domain.conditions import Duplicate
from engine.domain.likeness import BITS, likeness_of
from engine.domain.records import Activity
from engine.domain.words import several
from rules.findings import Finding
from rules.past import Past

# What is older says nothing about how a channel is fed now.
LOOK_BACK = timedelta(days=90)
# By which the fact `channel.duplicate_share` and those of posts are judged.
USUAL = Duplicate(posts=10)
_at = attrgetter("at")


class Text(NamedTuple):
    """A post whose text is known, ready to be compared."""

    at: datetime
    ref: str
    bits: int
    post: Activity

    @classmethod
    def of(cls, post: Activity) -> Text:
        """Return the text of a post that has a sketch."""
        return cls(post.at, post.ref, int(post.sketch, 16), post)


class Repetition(NamedTuple):
    """A post, and the one on another channel that has nearly the same text."""

    post: Activity
    channel: str
    other: Activity
    likeness: float


def repeated(past: Past, channel: str, condition: Duplicate) -> Finding:
    """Judge whether a channel repeats what stands elsewhere.

    Only posts count whose text is known. With fewer than `posts` of them it is false, unless there are enough posts
    and only their texts are missing: then nobody can tell.
    """
    every, newest, found = _look(past, channel, condition)
    evidence: dict[str, JsonValue] = {
        "posts": len(newest),
        "repeated": len(found),
        "least_share": condition.share,
    }
    if len(newest) < condition.posts:
        if len(every) < condition.posts:
            return Finding(truth=False, because="", evidence=evidence)
        return Finding(None, f"the texts of the posts on {channel} are not known", evidence)
    truth = len(found) >= condition.share * len(newest)
    return Finding(truth, _sentence(channel, condition, newest, found) if truth else "", evidence)


def duplicate_share(past: Past, channel: str) -> float | None:
    """Return the share of the channel's newest posts (ten at most) that are nearly the same elsewhere."""
    _, newest, found = _look(past, channel, USUAL)
    return len(found) / len(newest) if newest else None


def _look(
    past: Past, channel: str, condition: Duplicate
) -> tuple[Sequence[Activity], list[Text], list[Repetition]]:
    window = LOOK_BACK + condition.within
    others = {name: texts(past, name, window) for name in past.plan.channels if name != channel}
    every = past.posts(channel, LOOK_BACK)
    newest = [Text.of(post) for post in [post for post in every if post.sketch][-condition.posts :]]
    pairs = (nearest(text, others, condition.within) for text in newest)
    return every, newest, [pair for pair in pairs if pair and pair.likeness >= condition.similarity]


def texts(past: Past, channel: str, window: timedelta) -> list[Text]:
    """Return the posts in the window whose texts are known, oldest first."""
    posts = past.posts(channel, window)
    return past.once(
        f"texts of {channel} in {window}", lambda: [Text.of(post) for post in posts if post.sketch]
    )


def nearest(text: Text, others: Mapping[str, Sequence[Text]], within: timedelta | None) -> Repetition | None:
    """Return the post on another channel whose text is nearest; None when there is no text to compare with.

    `others` are in order of time, and only those near in time count. The same link on two channels is one post that
    both show, and no repetition.
    """
    fewest, best = BITS + 1, None
    for channel, found in others.items():
        for other in _near(found, text.at, within):
            differing = (text.bits ^ other.bits).bit_count()
            if differing < fewest and other.ref != text.ref:
                fewest, best = differing, (channel, other)
    if best is None:
        return None
    return Repetition(text.post, best[0], best[1].post, likeness_of(fewest))


def _near(found: Sequence[Text], at: datetime, within: timedelta | None) -> Sequence[Text]:
    if within is None:
        return found
    return found[bisect_left(found, at - within, key=_at) : bisect_right(found, at + within, key=_at)]


def _sentence(channel: str, condition: Duplicate, newest: Sequence[Text], found: Sequence[Repetition]) -> str:
    places = " and ".join(_unique(pair.channel for pair in found))
    example = max(found, key=lambda pair: pair.likeness)
    title = f", such as “{example.post.title}”" if example.post.title else ""
    return (
        f"{len(found)} of the {several(len(newest), 'newest post')} on {channel} "
        f"{'has' if len(found) == 1 else 'have'} nearly the same text on {places} within "
        f"{format_duration(condition.within)}{title}."
    )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
