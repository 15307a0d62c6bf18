"""What is posted: items of content with their images and their variants, and where they come from."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from engine.domain.base import (
    Model,
    Name,
)


class Image(Model):
    """An image of a post, with the words for those who do not see it.

    Only its place and its words are written in a plan; the rest is filled in when the plan is read. The plan never
    carries the bytes: they are read where the worker runs, and must be those that were read with the plan.
    """

    file: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="The image's file, relative to the file that names it."
    )
    alt: str = Field(
        default="", max_length=5000, description="What the image shows, for those who do not see it."
    )
    type: str = Field(default="", description="Its media type, filled in when the plan is read.")
    bytes: int = Field(default=0, ge=0, description="Its size, filled in when the plan is read.")
    sha256: str = Field(default="", description="Its digest, filled in when the plan is read.")


class Variant(Model):
    """How an item reads on one channel; what is left out is as in the item itself."""

    title: str | None = Field(default=None, description="The title there.")
    body: str | None = Field(default=None, description="The text there, in Markdown.")
    tags: tuple[str, ...] | None = Field(default=None, description="The tags there.")
    link: str | None = Field(default=None, description="The address that the post points to there.")
    images: tuple[Image, ...] | None = Field(default=None, description="The images there.")


class ContentItem(Model):
    """One piece of content. `id` is stable; a changed body is a new revision of the same item."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="What identifies the item; the same one is not used twice unless content repeats. By default the name of its file."
    )
    title: str = Field(default="", description="The title of the post.")
    body: str = Field(default="", description="The text of the post, in Markdown.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the post, where the platform knows such.")
    link: str | None = Field(default=None, description="An address that the post points to.")
    images: tuple[Image, ...] = Field(default=(), description="Images of the post, in their order.")
    variants: dict[Name, Variant] = Field(
        default_factory=dict, description="How the item reads on a channel, by the channel's name."
    )

    def on(self, channel: str) -> ContentItem:
        """Return the item as this channel gets it: its variant laid over it, without the variants themselves."""
        variant = self.variants.get(channel)
        changes = variant.model_dump(exclude_none=True, exclude={"images"}) if variant else {}
        if variant and variant.images is not None:
            changes["images"] = variant.images
        return self.model_copy(update={**changes, "variants": {}})


class Content(Model):
    """Where an action's posts come from: a folder of Markdown files, or items written in the plan.

    Items are used once, in order; with `repeat` the one used longest ago comes again. `{date}`, `{time}` and
    `{number}` in a title or body become the slot's local date and time and the running number of the post.
    """

    folder: str | None = Field(
        default=None,
        description="A folder of Markdown files, one for each post, used in the order of their names; relative to this file.",
    )
    items: tuple[ContentItem, ...] = Field(default=(), description="Items written in the plan.")
    repeat: bool = Field(
        default=False, description="Whether used items come again, the one used longest ago first."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.folder is None) == (not self.items):
            raise ValueError("content comes either from a folder or from items; write one of the two")
        return self
