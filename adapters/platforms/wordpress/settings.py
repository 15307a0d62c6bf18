"""The settings of a `wordpress` account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from adapters.http import url_problem
from engine.domain.base import Model


def _site(text: str) -> str:
    problem = url_problem(text)
    if problem or "?" in text or "#" in text or "@" in text:
        raise ValueError(
            "it must be the site's address, such as https://tacos.example or https://tacos.example/blog"
        )
    return text.rstrip("/")


class WordPressSettings(Model):
    """A site and the user of it that posts."""

    url: Annotated[str, AfterValidator(_site)] = Field(
        description="the site's address, as WordPress itself gives it; its interface is at `/wp-json` below it."
    )
    user: str = Field(min_length=1, max_length=200, description="the user that posts, such as an editor.")
    category: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="the name of the category that posts are put into.",
    )
    format: Literal["markdown", "html"] = Field(
        default="markdown", description="how bodies are written; `html` is sent as it is."
    )
