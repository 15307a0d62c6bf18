"""Images and variants: read with the plan, known by what is in them, judged as each channel would get them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.fake import FakeNotifier, FakePlatform, FakeSource
from engine.documents.findings import Adapters, Finding, check
from engine.documents.load import Loaded, load
from engine.domain.items import ContentItem, Image, Variant
from engine.domain.ports import Platform
from engine.domain.publication import content_revision
from engine.domain.roles import Limits
from tests.documents.plans import NOW, Change, loaded, problems, write
from tests.measuring import MeasuringPlatform

ITEMS = "content:\n      items:\n        - {id: one, title: One}"
FOLDER: Change = (ITEMS, "content: {folder: posts}")
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def item(**fields: Any) -> Change:
    return ITEMS, f"content:\n      items:\n        - {json.dumps({'id': 'one', 'title': 'One', **fields})}"


def image(folder: Path, name: str = "a.png", content: bytes = PNG) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def only_item(read: Loaded) -> ContentItem:
    return read.plans[0].content["post"][0]


def test_an_image_is_known_by_place_type_size_and_digest(tmp_path: Path) -> None:
    path = image(tmp_path)
    (found,) = only_item(loaded(tmp_path, item(images=[{"file": "./a.png", "alt": "A taco"}]))).images
    assert found == Image(
        file=str(path), alt="A taco", type="image/png", bytes=len(PNG), sha256=hashlib.sha256(PNG).hexdigest()
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 and more", "image/jpeg"),
        (b"GIF89a and more", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
    ],
)
def test_the_type_is_what_the_file_holds_whatever_it_is_called(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    image(tmp_path, "a.txt", content)
    (found,) = only_item(loaded(tmp_path, item(images=[{"file": "a.txt", "alt": "A"}]))).images
    assert found.type == kind


def test_an_image_of_a_markdown_file_lies_beside_it(tmp_path: Path) -> None:
    path = image(tmp_path, "posts/pictures/a.png")
    (tmp_path / "posts" / "1.md").write_text("---\nimages: [{file: pictures/a.png, alt: A}]\n---\nText\n")
    (found,) = only_item(loaded(tmp_path, FOLDER)).images
    assert (found.file, found.bytes) == (str(path), len(PNG))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"text", "no image that is known"),
        (b"", "no image that is known"),
    ],
)
@pytest.mark.parametrize("place", ["images", "variants"])
def test_what_is_no_image_is_told_with_its_place(
    tmp_path: Path, content: bytes | None, words: str, place: str
) -> None:
    if content is not None:
        image(tmp_path, "a.png", content)
    images = [{"file": "a.png", "alt": "A"}]
    fields = {"images": images} if place == "images" else {"variants": {"blog": {"images": images}}}
    (problem,) = problems(write(tmp_path, item(**fields)))
    assert words in problem.message
    assert (Path(problem.file).name, problem.line, bool(problem.mend)) == ("strategy.yaml", 33, True)


def test_a_broken_image_of_a_markdown_file_is_told_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "1.md").write_text(
        "---\ntitle: T\nimages:\n  - {file: gone.png, alt: A}\n---\nText\n"
    )
    (problem,) = problems(write(tmp_path, FOLDER))
    assert (Path(problem.file).name, problem.line) == ("1.md", 4)


def test_another_image_in_the_same_file_is_another_plan_and_another_revision(tmp_path: Path) -> None:
    image(tmp_path)
    change = item(images=[{"file": "a.png", "alt": "A"}])
    before = loaded(tmp_path, change)
    image(tmp_path, content=PNG + b"!")
    after = load([tmp_path])
    assert before.plans[0].digest != after.plans[0].digest
    assert content_revision(only_item(before)) != content_revision(only_item(after))
    other_words = only_item(after).model_copy(
        update={"images": tuple(each.model_copy(update={"alt": "B"}) for each in only_item(after).images)}
    )
    assert content_revision(other_words) != content_revision(only_item(after))


def test_an_item_without_images_keeps_the_revision_that_it_always_had() -> None:
    assert content_revision(ContentItem(id="a", title="b", body="c", link="d")) == "1a84020153"


def test_a_variant_for_a_channel_that_is_not_there_is_a_problem_with_the_nearest_name(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, item(variants={"blgo": {"title": "B"}})))
    assert "there is no channel 'blgo'" in problem.message
    assert "blog" in problem.mend


def test_a_channel_gets_its_variant_and_another_the_item_itself() -> None:
    whole = ContentItem(
        id="a",
        title="Title",
        body="Body",
        tags=("x",),
        images=(Image(file="a.png"),),
        variants={"sky": Variant(body="Short", images=()), "blog": Variant(title="")},
    )
    assert whole.on("sky") == ContentItem(id="a", title="Title", body="Short", tags=("x",))
    assert whole.on("blog").title == ""
    assert whole.on("letter") == whole.model_copy(update={"variants": {}})


def judged(
    folder: Path, change: Change, probed: Mapping[str, Mapping[str, Limits]] | None = None
) -> list[Finding]:
    shelf: Mapping[str, Platform] = {
        "site": MeasuringPlatform(kind="site"),
        "manual": FakePlatform(kind="manual"),
    }
    every = cast(
        "Adapters",
        SimpleNamespace(
            platforms=shelf,
            sources={"feed": FakeSource(kind="feed"), "csv": FakeSource(kind="csv")},
            notifiers={"log": FakeNotifier(kind="log")},
        ),
    )
    found = check(loaded(folder, change), NOW, every, probed)
    return [finding for finding in found if finding.code == "DB214"]


def test_each_channel_is_judged_by_what_it_would_really_get(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, item(body="eleven signs"))
    assert "12 characters, and 10 are taken" in finding.message
    assert "variant" in finding.mend
    assert judged(tmp_path, item(body="eleven signs", variants={"blog": {"body": "ten signs."}})) == []
    assert len(judged(tmp_path, item(body="ten signs.", variants={"blog": {"body": "eleven signs"}}))) == 1
    assert len(judged(tmp_path, item(body="{date} {time}"))) == 1, (
        "what stands in braces is written out first"
    )


def test_what_a_server_says_about_itself_counts_beside_what_is_known(tmp_path: Path) -> None:
    assert judged(tmp_path, item(body="six...")) == []
    (finding,) = judged(tmp_path, item(body="six..."), {"team": {"website": Limits(text=5)}})
    assert "5 are taken" in finding.message
