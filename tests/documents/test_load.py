"""Loading plans: which files, which references, which rules, which content."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.load import load
from engine.domain.errors import DocumentError, NotFoundError
from rules.packs import describe_pack, load_pack, pack_names
from tests.documents.plans import STRATEGY, WORKSPACE, Change, loaded, problems, write

ITEMS = "content:\n      items:\n        - {id: one, title: One}"
FOLDER: Change = (ITEMS, "content: {folder: posts}")


def post(folder: Path, name: str, text: str) -> None:
    (folder / "posts").mkdir(parents=True, exist_ok=True)
    (folder / "posts" / name).write_text(text, encoding="utf-8")


def test_a_folder_and_its_two_files_load_alike() -> None:
    assert (
        load([STRATEGY.parent]).plans
        == load([WORKSPACE, STRATEGY]).plans
        == load([STRATEGY, WORKSPACE]).plans
    )


def test_a_file_named_twice_is_read_once() -> None:
    assert len(load([STRATEGY.parent, STRATEGY, WORKSPACE]).plans) == 1


def test_hidden_files_and_folders_within_are_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".draft.yaml").write_text("nonsense", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nonsense", encoding="utf-8")
    (tmp_path / "within").mkdir()
    (tmp_path / "within" / "other.yaml").write_text("nonsense", encoding="utf-8")
    assert [plan.id for plan in load([tmp_path]).plans] == ["team/regulars"]


def test_a_folder_of_plan_folders_says_where_the_plans_are(tmp_path: Path) -> None:
    write(tmp_path / "inner")
    assert str(tmp_path / "inner") in problems(tmp_path)[0].mend


def test_no_path_at_all_is_a_problem() -> None:
    assert problems()[0].mend


def test_both_documents_may_stand_in_one_file(tmp_path: Path) -> None:
    both = WORKSPACE.read_text(encoding="utf-8") + "---\n" + STRATEGY.read_text(encoding="utf-8")
    (tmp_path / "plan.yml").write_text(both, encoding="utf-8")
    assert load([tmp_path]).plans[0].id == "team/regulars"


def test_all_problems_of_all_files_are_told_sorted(tmp_path: Path) -> None:
    changes = [
        ("owner: ana", "owner: hana"),
        ("target: 20", "target: ten"),
        ("channel: blog", "channel: vlog"),
    ]
    write(tmp_path, *changes, workspace=[("timezone: Europe/Berlin", "timezone: Moon")])
    found = problems(tmp_path)
    places = [(Path(problem.file).name, problem.line) for problem in found]
    assert places == [
        ("strategy.yaml", 5),
        ("strategy.yaml", 17),
        ("strategy.yaml", 29),
        ("workspace.yaml", 4),
    ]


def test_a_broken_workspace_does_not_make_its_names_unknown(tmp_path: Path) -> None:
    write(tmp_path, workspace=[("timezone: Europe/Berlin", "timezone: Moon")])
    assert [Path(problem.file).name for problem in problems(tmp_path)] == ["workspace.yaml"]


def test_local_settings_become_absolute_and_addresses_stay(tmp_path: Path) -> None:
    changes = [
        (
            "settings: {file: orders.csv}",
            "settings: {file: ../orders.csv, url: 'https://x.example/a', other: a}",
        )
    ]
    plan = loaded(tmp_path / "plan", workspace=changes).plans[0]
    assert plan.accounts["website"].settings == {"folder": str(tmp_path / "plan" / "site")}
    settings = plan.sources["till"].settings
    assert settings == {"file": str(tmp_path / "orders.csv"), "url": "https://x.example/a", "other": "a"}


def test_a_local_url_becomes_absolute(tmp_path: Path) -> None:
    plan = loaded(tmp_path, workspace=[("file: orders.csv", "url: feed.xml")]).plans[0]
    assert plan.sources["till"].settings == {"url": str(tmp_path / "feed.xml")}


def test_the_name_inside_the_model_is_not_a_field_of_the_document(tmp_path: Path) -> None:
    rule = "rules:\n  - {name: Quiet, reason: It matters, deadline: {since: activity}, for_: 1h}\nreviews:"
    found = problems(write(tmp_path, ("reviews:", rule)))
    assert "Did you mean for?" in found[0].mend


def test_every_pack_watches_a_strategy_that_names_none(tmp_path: Path) -> None:
    plan = loaded(tmp_path).plans[0]
    assert set(plan.strategy.packs) == set(pack_names())
    assert {"ChannelSilent", "GoalBehind", "MetricMissing"} <= {rule.name for rule in plan.rules}


def test_an_empty_list_of_packs_means_no_rules(tmp_path: Path) -> None:
    assert loaded(tmp_path, ("reviews:", "packs: []\nreviews:")).plans[0].rules == ()


def test_a_rule_named_like_a_packs_rule_replaces_it(tmp_path: Path) -> None:
    own = "rules:\n  - {name: ChannelSilent, reason: Ours, deadline: {since: activity, period: 3d}}\nreviews:"
    rules = loaded(tmp_path, ("reviews:", own)).plans[0].rules
    silent = [rule for rule in rules if rule.name == "ChannelSilent"]
    assert [rule.reason for rule in silent] == ["Ours"]
    assert len({rule.name for rule in rules}) == len(rules)


def test_every_pack_says_what_it_is_and_gives_each_rule_a_reason() -> None:
    for name in pack_names():
        pack = describe_pack(name)
        assert pack.name == name
        assert pack.description
        assert all(len(rule.reason) > 40 for rule in load_pack(name))


def test_an_unknown_pack_names_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="momentum"):
        load_pack("momentun")


def test_content_comes_in_the_order_of_file_names_with_its_front_matter(tmp_path: Path) -> None:
    front = "---\nid: my-id\ntitle: Two\ntags: [a, b]\nlink: https://x.example\n---\n\nBody\n"
    post(tmp_path, "2.md", front)
    post(tmp_path, "1.markdown", "Only a body\n")
    post(tmp_path, ".hidden.md", "")
    post(tmp_path, "notes.txt", "")
    items = loaded(tmp_path, FOLDER).plans[0].content["post"]
    assert [(item.id, item.title, item.body) for item in items] == [
        ("1", "", "Only a body"),
        ("my-id", "Two", "Body"),
    ]
    assert (items[1].tags, items[1].link) == (("a", "b"), "https://x.example")


def test_items_in_the_plan_are_its_content(tmp_path: Path) -> None:
    assert [item.id for item in loaded(tmp_path).plans[0].content["post"]] == ["one"]


def test_a_changed_post_changes_the_plans_digest(tmp_path: Path) -> None:
    post(tmp_path, "1.md", "One\n")
    before = loaded(tmp_path, FOLDER).plans[0].digest
    post(tmp_path, "1.md", "Two\n")
    assert load([tmp_path]).plans[0].digest != before


def test_a_rule_of_the_body_is_no_front_matter(tmp_path: Path) -> None:
    post(tmp_path, "1.md", "---\ntitle: T\n---\nAbove\n\n---\n\nBelow\n")
    assert loaded(tmp_path, FOLDER).plans[0].content["post"][0].body == "Above\n\n---\n\nBelow"


@pytest.mark.parametrize("content", [b"\x89PNG\x00", b"caf\xe9", b"---\ntitle: [a\n---\nx"])
def test_a_broken_content_file_is_named_with_its_place(tmp_path: Path, content: bytes) -> None:
    post(tmp_path, "1.md", "fine")
    (tmp_path / "posts" / "2.md").write_bytes(content)
    found = problems(write(tmp_path, FOLDER))
    assert [problem.file for problem in found] == [str(tmp_path / "posts" / "2.md")]
    assert found[0].mend


def test_a_content_folder_that_is_a_file_or_no_path_is_a_problem(tmp_path: Path) -> None:
    for folder in ("workspace.yaml", "missing"):
        found = problems(write(tmp_path, (ITEMS, f"content: {{folder: {folder}}}")))
        assert (found[0].line, bool(found[0].mend)) == (31, True)


def test_the_places_of_a_plan_are_kept_for_findings(tmp_path: Path) -> None:
    post(tmp_path, "1.md", "---\ntitle: T\nid: x\n---\nBody")
    read = loaded(tmp_path, FOLDER)
    source = read.sources["team/regulars"]
    assert source.strategy.place(("channels", 0, "account")).line == 22
    assert source.content["post"][0].file == str(tmp_path / "posts" / "1.md")
    assert source.content["post"][0].place.line == 3


def test_an_unreadable_document_error_prints_every_problem(tmp_path: Path) -> None:
    write(tmp_path, ("owner: ana", "owner: hana"), ("deputy: ben", "deputy: bin"))
    with pytest.raises(DocumentError) as caught:
        load([tmp_path])
    assert str(caught.value).count("strategy.yaml:") == 2


@pytest.mark.parametrize(("items", "fits"), [(360, True), (500, False)])
def test_a_plan_that_no_message_could_hold_is_refused_at_its_heaviest_content(
    tmp_path: Path, *, items: int, fits: bool
) -> None:
    folder = write(tmp_path, FOLDER)
    for number in range(items):
        post(folder, f"{number:03}.md", f"---\ntitle: Post {number}\n---\n{'word ' * 500}")
    found = problems(folder)
    if fits:
        assert found == []
        return
    (only,) = found
    assert (Path(only.file).name, only.line) == ("strategy.yaml", 31)
    assert "the plan has 1.3 MB with all its content, but at most 1 MB" in only.message
    assert "action 'post'" in only.message
