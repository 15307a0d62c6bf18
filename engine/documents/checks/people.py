"""People and names: who can run the strategy, what it is called, and when it is reviewed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.words import quoted

TOOLS = frozenset(
    [
        "bluesky",
        "discord",
        "facebook",
        "github",
        "hashnode",
        "hubspot",
        "instagram",
        "linkedin",
        "mailchimp",
        "mastodon",
        "meta",
        "pinterest",
        "podcast",
        "reddit",
        "slack",
        "snapchat",
        "substack",
        "telegram",
        "threads",
        "tiktok",
        "tumblr",
        "twitch",
        "twitter",
        "whatsapp",
        "wordpress",
        "x",
        "xing",
        "youtube",
    ]
)
_FILLERS = frozenset(
    [
        "a",
        "account",
        "campaign",
        "channel",
        "content",
        "feed",
        "growth",
        "marketing",
        "media",
        "my",
        "our",
        "page",
        "plan",
        "post",
        "posting",
        "posts",
        "presence",
        "social",
        "strategy",
        "the",
    ]
)


def check(look: Look) -> Iterator[Finding]:
    """Yield what is missing in ownership, name and reviews."""
    strategy = look.plan.strategy
    if strategy.owner is None:
        yield look.finding(
            "DB132", ("name",), "the strategy has no owner", "Add `owner:` with a person's name."
        )
    elif strategy.deputy in {None, strategy.owner}:
        message = f"only {strategy.owner} can run this strategy"
        yield look.finding("DB131", ("owner",), message, "Add `deputy:` with the name of a second person.")
    tool = named_after_tool(strategy.name) or named_after_tool(strategy.title)
    if tool:
        message = f"the strategy is named after {tool}, a tool"
        mend = "Name it after what it is to achieve, such as regulars-come-back."
        yield look.finding("DB113", ("name",), message, mend)
    if not strategy.reviews:
        mend = "Add to `reviews`: {name: monthly, schedule: {cron: '0 10 1 * *'}}"
        message = f"no review ever asks whether {quoted(strategy.name)} should be kept, changed or stopped"
        yield look.finding("DB151", ("name",), message, mend)


def named_after_tool(name: str) -> str | None:
    """Return the tool when a name consists of tools and words that say nothing, such as 'The Twitter strategy'."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    tools = [word for word in words if word in TOOLS]
    return tools[0] if tools and all(word in TOOLS or word in _FILLERS for word in words) else None
