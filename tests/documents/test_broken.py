"""Broken plan files: each gives a position, a plain sentence and a way to mend it; none crashes."""

from __future__ import annotations

import pytest

from tests.documents.plans import BROKEN, WORKSPACE, problems

# The sentence says what is wrong; then the file or folder in tests/broken, and the first line that a person reads.
CASES: dict[str, tuple[str, str]] = {
    "a text where a number belongs": (
        "wrong-type-number.yaml",
        "wrong-type-number.yaml:16:15: `baseline` of goal 'returning' is the text 'ten', but a number is expected",
    ),
    "a text where a list belongs": (
        "wrong-type-list.yaml",
        "wrong-type-list.yaml:20:11: `channels` is the text 'blog', but a list is expected",
    ),
    "a text where a group of fields belongs": (
        "wrong-type-group.yaml",
        "wrong-type-group.yaml:24:14: `cadence` of channel 'blog' is the text 'weekly', but a group of fields is expected",
    ),
    "a number where a name belongs": (
        "wrong-type-text.yaml",
        "wrong-type-text.yaml:3:7: `name` is the number 12, but a text is expected",
    ),
    "a name with a space in it": (
        "name-with-space.yaml",
        "name-with-space.yaml:5:8: `owner` is the text 'two words', which is no name",
    ),
    "a misspelt field": (
        "unknown-field.yaml",
        "unknown-field.yaml:14:5: goal 'returning' has no field `objectiv`",
    ),
    "a field that a strategy does not have": (
        "unknown-top-field.yaml",
        "unknown-top-field.yaml:6:1: this document has no field `deputies`",
    ),
    "a channel without its account": (
        "missing-field.yaml",
        "missing-field.yaml:21:5: channel 'blog' has no `account`, which is required",
    ),
    "a strategy without any channel": (
        "no-channels.yaml",
        "no-channels.yaml:20:11: `channels` is empty",
    ),
    "a cron with hour 25": (
        "bad-cron.yaml",
        "bad-cron.yaml:30:22: `schedule.cron` of action 'post': cron '30 25 * * MON': the hour field '25' is not right",
    ),
    "a cron that names the 31st of February": (
        "cron-that-never-happens.yaml",
        "cron-that-never-happens.yaml:30:22: `schedule.cron` of action 'post': cron '0 9 31 2 *' never happens: no month it names has such a day",
    ),
    "a cron with three fields": (
        "cron-with-three-fields.yaml",
        "cron-with-three-fields.yaml:30:22: `schedule.cron` of action 'post': cron '30 9 *' has 3 fields",
    ),
    "a cron that begins with an unquoted star": (
        "cron-without-quotes.yaml",
        "cron-without-quotes.yaml:30:22: a value that begins with * is read as a YAML reference",
    ),
    "a goal that is due on the 30th of February": (
        "impossible-date.yaml",
        "impossible-date.yaml:19:10: `due` of goal 'returning' is 2026-02-30, and the calendar has no such day",
    ),
    "a goal that is due before it starts": (
        "due-before-start.yaml",
        "due-before-start.yaml:19:10: goal 'returning': a goal is due after it starts, but 2025-12-31 is not after 2026-01-05",
    ),
    "a goal whose target is its baseline": (
        "nothing-to-reach.yaml",
        "nothing-to-reach.yaml:17:13: goal 'returning': target and baseline are the same number, so there is nothing to reach",
    ),
    "a duration in fortnights": (
        "bad-duration.yaml",
        "bad-duration.yaml:26:48: `expect_every` of metric 'orders': '2 fortnights' is no duration",
    ),
    "a cadence of minus one": (
        "negative-number.yaml",
        "negative-number.yaml:24:25: `cadence.at_least` of channel 'blog' is -1, but it must be at least 1",
    ),
    "a negative duration": (
        "negative-duration.yaml",
        "negative-duration.yaml:26:48: `expect_every` of metric 'orders': '-2d' is no duration",
    ),
    "an infinite target": (
        "endless-number.yaml",
        "endless-number.yaml:17:13: .inf is not a number that can be reached",
    ),
    "a target beyond every number": (
        "huge-number.yaml",
        "huge-number.yaml:17:13: this number is too large",
    ),
    "a cadence whose minimum is above its maximum": (
        "more-at-least-than-at-most.yaml",
        "more-at-least-than-at-most.yaml:24:25: `cadence` of channel 'blog': at_least 5 is more than at_most 2",
    ),
    "a cadence that nobody can remember": (
        "cadence-without-end.yaml",
        "cadence-without-end.yaml:24:24: `cadence.at_most` of channel 'blog' is 1001, but it must be at most 1000",
    ),
    "a channel that is dormant before its cadence calls it silent": (
        "dormant-before-silent.yaml",
        "dormant-before-silent.yaml:25:30: channel 'blog': by its cadence the channel is silent after 10d12h, so it cannot be dormant after 10d",
    ),
    "a source that is read more than once a second": (
        "incessant-source.yaml",
        "incessant-source.yaml:13:36: `every` of source 'till': the shortest `every` of a source is 1s",
    ),
    "a period that does not exist": (
        "wrong-choice.yaml",
        "wrong-choice.yaml:24:33: `cadence.per` of channel 'blog' is the text 'weak', but it takes one of: day, month, week",
    ),
    "a schedule with two grids": (
        "two-grids.yaml",
        "two-grids.yaml:30:15: `schedule` of action 'post': a schedule takes exactly one of cron, every, dates; found cron and every",
    ),
    "a blackout that ends before it starts": (
        "blackout-backwards.yaml",
        "blackout-backwards.yaml:30:49: blackout number 1: a blackout cannot end (2026-05-01) before it starts (2026-05-02)",
    ),
    "a misspelt time zone": (
        "unknown-zone.yaml",
        "unknown-zone.yaml:4:11: `timezone`: 'Europe/Berln' is no time zone",
    ),
    "a time zone of another world": (
        "unknown-zone-workspace.yaml",
        "unknown-zone-workspace.yaml:4:11: `timezone`: 'Middle-earth' is no time zone",
    ),
    "two reviews of one name": (
        "duplicate-name.yaml",
        "duplicate-name.yaml:37:11: the name 'monthly' stands in `reviews` twice (first in line 35)",
    ),
    "a field that stands twice": (
        "duplicate-field.yaml",
        "duplicate-field.yaml:6:1: the field `owner` stands here a second time (first in line 5)",
    ),
    "two content items of one id": (
        "duplicate-item.yaml",
        "duplicate-item.yaml:34:16: the item 'one' stands in action 'post' twice (first in line 33)",
    ),
    "two people of one name": (
        "duplicate-person.yaml",
        "duplicate-person.yaml:7:12: the name 'ana' stands in `people` twice (first in line 6)",
    ),
    "a channel on an account that is not there": (
        "missing-account.yaml",
        "missing-account.yaml:22:14: `account` of channel 'blog' names the account 'webiste', and there is none of that name",
    ),
    "a strategy of a workspace that is not there": (
        "missing-workspace.yaml",
        "missing-workspace.yaml:4:12: the strategy belongs to the workspace 'teem', which is in none of the files read",
    ),
    "an owner who is not there": (
        "missing-person.yaml",
        "missing-person.yaml:5:8: `owner` names the person 'hannah', and there is none of that name",
    ),
    "a goal on a metric that is not there": (
        "missing-metric.yaml",
        "missing-metric.yaml:15:13: `metric` of goal 'returning' names the metric 'visits', and there is none of that name",
    ),
    "a metric from a source that is not there": (
        "missing-source.yaml",
        "missing-source.yaml:26:28: `source` of metric 'orders' names the source 'till-roll', and there is none of that name",
    ),
    "an action on a channel that is not there": (
        "missing-channel.yaml",
        "missing-channel.yaml:29:14: `channel` of action 'post' names the channel 'vlog', and there is none of that name",
    ),
    "a rule pack that is not there": (
        "missing-pack.yaml",
        "missing-pack.yaml:34:9: there is no rule pack 'momentun'",
    ),
    "a rule about a channel that is not there": (
        "missing-subject.yaml",
        "missing-subject.yaml:35:75: `only` of rule 'Quiet' names the channel 'blgo', and there is none of that name",
    ),
    "an expression that names a fact that is not there": (
        "expression-misspelt.yaml",
        "expression-misspelt.yaml:38:11: `expr` of rule 'Slow': there is no fact channel.momentun",
    ),
    "an expression in double quotes over two lines": (
        "expression-in-quotes.yaml",
        "expression-in-quotes.yaml:39:10: `expr` of rule 'Slow': there is no fact channel.posts_28",
    ),
    "an expression in a block of several lines": (
        "expression-in-a-block.yaml",
        "expression-in-a-block.yaml:40:43: `expr` of rule 'Slow': days cannot follow here",
    ),
    "an expression in a folded block": (
        "expression-folded.yaml",
        "expression-folded.yaml:40:27: `expr` of rule 'Slow': goal.progress is a number, but \"half\" is a text",
    ),
    "an expression about goals that reads a fact of channels": (
        "expression-of-another-kind.yaml",
        "expression-of-another-kind.yaml:38:39: `expr` of rule 'Slow': there is no fact channel.posts_28d",
    ),
    "an expression that is no condition": (
        "expression-without-condition.yaml",
        "expression-without-condition.yaml:38:11: `expr` of rule 'Slow': metric.value * 2 is a number, no condition",
    ),
    "a mistake in how an alert recovers": (
        "recover-with-a-typo.yaml",
        "recover-with-a-typo.yaml:39:14: `recover` of rule 'Slow': there is no fact goal.progres",
    ),
    "a mistake in the condition of a severity": (
        "severity-with-a-typo.yaml",
        "severity-with-a-typo.yaml:41:38: `when` of severity number 2: channel.silent_for is a duration, but 14 is a whole number",
    ),
    "a condition of a severity that nobody looks at": (
        "severity-by-the-clock.yaml",
        "severity-by-the-clock.yaml:38:5: `severities` of rule 'Slow': a rule with a clock is judged between two looks at facts, at its very instant",
    ),
    "a mistake in an assumption": (
        "assumption-with-a-typo.yaml",
        "assumption-with-a-typo.yaml:35:60: `holds` of assumption 'forty': there is no fact signal.visit",
    ),
    "a signal of each metric read by a rule about channels": (
        "signal-of-another-kind.yaml",
        "signal-of-another-kind.yaml:37:57: `expr` of rule 'Slow': there is no fact signal.weekly",
    ),
    "a signal of a metric that is not there": (
        "signal-of-no-metric.yaml",
        "signal-of-no-metric.yaml:35:28: `metric` of signal 'visits' names the metric 'visits', and there is none of that name",
    ),
    "a signal of a channel that is not there": (
        "signal-of-no-channel.yaml",
        "signal-of-no-channel.yaml:35:28: `channel` of signal 'posts' names the channel 'vlog', and there is none of that name",
    ),
    "two signals of one name": (
        "signal-twice.yaml",
        "signal-twice.yaml:36:12: the name 'posts' stands in `signals` twice (first in line 35)",
    ),
    "a rule inhibited by one that is not there": (
        "inhibited-by-nothing.yaml",
        "inhibited-by-nothing.yaml:38:20: `inhibited_by` of rule 'Slow' names the rule 'ChannelSilnt', and there is none of that name",
    ),
    "two rules that inhibit each other": (
        "inhibited-in-a-circle.yaml",
        "inhibited-in-a-circle.yaml:38:19: rule 'Slow' inhibits itself: Slow is inhibited by Slower is inhibited by Slow",
    ),
    "a rule inhibited by one of a pack that is left out": (
        "inhibited-by-a-pack-left-out.yaml",
        "inhibited-by-a-pack-left-out.yaml:39:20: `inhibited_by` of rule 'Slow' names the rule 'SourceUnreadable', which is in a pack that this strategy leaves out",
    ),
    "a rule that waits for one that is not there": (
        "unjudged-of-nothing.yaml",
        "unjudged-of-nothing.yaml:35:55: `unjudged.rule` of rule 'Slow' names the rule 'MetricMisssing', and there is none of that name",
    ),
    "an override of a rule that is not there": (
        "override-of-nothing.yaml",
        "override-of-nothing.yaml:35:12: `name` of override 'ChannelSilnt' names the rule 'ChannelSilnt', and there is none of that name",
    ),
    "an override of the strategy's own rule": (
        "override-of-an-own-rule.yaml",
        "override-of-an-own-rule.yaml:37:12: an override changes 'Slow', which is the strategy's own rule (line 35)",
    ),
    "an override about a channel that is not there": (
        "override-of-no-subject.yaml",
        "override-of-no-subject.yaml:35:34: `only` of override 'ChannelSilent' names the channel 'blgo', and there is none of that name",
    ),
    "an override that tells a notifier that is not there": (
        "override-to-nobody.yaml",
        "override-to-nobody.yaml:35:36: `notify` of override 'ChannelSilent' names the notifier 'consol', and there is none of that name",
    ),
    "a rule of pace about a goal that is not there": (
        "only-a-goal-that-is-not-there.yaml",
        "only-a-goal-that-is-not-there.yaml:35:55: `only` of rule 'Slow' names the goal 'retuning', and there is none of that name",
    ),
    "a rule of slots about an action that is not there": (
        "only-an-action-that-is-not-there.yaml",
        "only-an-action-that-is-not-there.yaml:35:70: `only` of rule 'Slow' names the action 'poste', and there is none of that name",
    ),
    "a rule about a person who is not there": (
        "only-a-person-who-is-not-there.yaml",
        "only-a-person-who-is-not-there.yaml:35:86: `only` of rule 'Slow' names the person 'anna', and there is none of that name",
    ),
    "a rule of repeated texts about a channel that is not there": (
        "only-a-channel-for-repeated-texts.yaml",
        "only-a-channel-for-repeated-texts.yaml:35:60: `only` of rule 'Slow' names the channel 'blok', and there is none of that name",
    ),
    "a rule about the strategy that names it": (
        "only-a-strategy.yaml",
        "only-a-strategy.yaml:35:86: `only` of rule 'Slow': the rule judges the strategy itself, so `only` can name none",
    ),
    "a rule about tasks that names one": (
        "only-a-task.yaml",
        "only-a-task.yaml:35:74: `only` of rule 'Slow': the rule judges tasks, which come and go, so `only` can name none",
    ),
    "a rule that calls a review that is not there": (
        "review-that-is-not-there.yaml",
        "review-that-is-not-there.yaml:35:75: `review` of rule 'Slow' names the review 'montly', and there is none of that name",
    ),
    "a rule whose name leaves no room for its follower's": (
        "no-data-of-a-long-name.yaml",
        "no-data-of-a-long-name.yaml:35:11: rule 'A-rule-whose-name-says-everything-that-…' has `no_data`, and A-rule-whose-name-says-everything-that-one-may-want-to-knowNoData would be longer than 63 characters",
    ),
    "a rule that changes a cadence beyond the channel's bounds": (
        "adjust-beyond-bounds.yaml",
        "adjust-beyond-bounds.yaml:39:24: `adjust` of rule 'Slow' sets `at_least` to 9, but channel 'blog' lets rules set from 1 to 3",
    ),
    "a rule that changes a cadence that nobody allowed to change": (
        "adjust-without-bounds.yaml",
        "adjust-without-bounds.yaml:38:24: `adjust` of rule 'Slow' sets `at_least` to 2, but channel 'blog' lets rules set nothing",
    ),
    "a rule about goals that pauses a channel": (
        "adjust-of-a-goal.yaml",
        "adjust-of-a-goal.yaml:38:5: `pause` of rule 'Slow' changes a channel, but the rule judges goals, so there is none to change",
    ),
    "a rule that makes a cadence contradict itself": (
        "adjust-against-itself.yaml",
        "adjust-against-itself.yaml:39:13: `adjust` of rule 'Slow' would have channel 'blog' promise at least 3 and at most 2",
    ),
    "a content folder that is not there": (
        "missing-folder.yaml",
        "missing-folder.yaml:31:23: `content.folder` of action 'post': there is no folder 'posts-that-are-not-there'",
    ),
    "a content folder without Markdown": (
        "content-empty.yaml",
        "content-empty.yaml:31:23: `content.folder` of action 'post': the folder 'empty-content' holds no Markdown file",
    ),
    "content files with broken front matter": (
        "content-broken.yaml",
        "front-matter/1-open.md:1:1: the front matter opened here is never closed",
    ),
    "a rule with two conditions": (
        "two-conditions.yaml",
        "two-conditions.yaml:35:5: rule 'Both': a rule has exactly one condition",
    ),
    "content from a folder and from items": (
        "content-of-two-origins.yaml",
        "content-of-two-origins.yaml:32:7: `content` of action 'post': content comes either from a folder or from items",
    ),
    "a review without a date": (
        "review-without-date.yaml",
        "review-without-date.yaml:35:5: review 'monthly': a review has no date",
    ),
    "a misspelt kind": (
        "unknown-kind.yaml",
        "unknown-kind.yaml:2:7: `kind` is the text 'Stratgy', but it takes one of: Workspace, Strategy, RuleTest",
    ),
    "a document without a kind": (
        "no-kind.yaml",
        "no-kind.yaml:1:1: this document has no `kind`, so nobody knows what it is",
    ),
    "a document of another version": (
        "other-version.yaml",
        "other-version.yaml:1:13: `apiVersion` is the text 'drumbeat/v2', but it takes one of: drumbeat/v1",
    ),
    "a reference that refers to itself": (
        "alias-cycle.yaml",
        "alias-cycle.yaml:7:25: the reference *loop refers to itself from within",
    ),
    "a reference to nothing": (
        "alias-unknown.yaml",
        "alias-unknown.yaml:7:10: the reference *console refers to an anchor that does not exist above it",
    ),
    "a merge key": (
        "merge-key.yaml",
        "merge-key.yaml:12:6: merge keys (<<) are not read: what a plan says stands in one place",
    ),
    "a tag that would run a program": (
        "python-tag.yaml",
        "python-tag.yaml:5:8: the tag !!python/object/apply:os.system is not read: a plan is plain data",
    ),
    "a number as a field's name": (
        "number-as-field.yaml",
        "number-as-field.yaml:6:1: 404 stands where a field's name belongs",
    ),
    "template braces as a field's name": (
        "braces-as-field.yaml",
        "braces-as-field.yaml:6:1: a list, a group or a reference stands where a field's name belongs",
    ),
    "a line indented with a tab": (
        "tabs.yaml",
        "tabs.yaml:14:1: a tab indents this line, and YAML indents with spaces only",
    ),
    "a line indented too far": (
        "wrong-indentation.yaml",
        "wrong-indentation.yaml:17:12: this ': ' is one too many: either the value holds a colon, or the line is indented too far",
    ),
    "a text with an unquoted colon": (
        "colon-in-text.yaml",
        "colon-in-text.yaml:5:13: this ': ' is one too many: either the value holds a colon, or the line is indented too far",
    ),
    "a quote that is never closed": (
        "open-quote.yaml",
        "open-quote.yaml:31:23: this line does not line up with the ones above it",
    ),
    "a list that is never closed": (
        "open-list.yaml",
        "open-list.yaml:7:9: a list is opened here and not closed, or a comma is missing in it",
    ),
    "a word without a colon": (
        "lone-word.yaml",
        "lone-word.yaml:5:1: this line is neither a field nor part of a text: it has no colon",
    ),
    "an escaped null character": (
        "null-character.yaml",
        "null-character.yaml:4:8: this text holds the control character U+0000",
    ),
    "a control character": (
        "control-character.yaml",
        "control-character.yaml:3:9: the control character U+0007 stands here",
    ),
    "a secret instead of a reference to it": (
        "secret-in-plain-sight.yaml",
        "secret-in-plain-sight.yaml:11:51: `secrets.url` of notifier 'console' is not a reference; a plan never holds the secret itself",
    ),
    "an empty file": (
        "empty.yaml",
        "empty.yaml:1:1: the file is empty",
    ),
    "a file of comments": (
        "only-comments.yaml",
        "only-comments.yaml:1:1: the file is empty",
    ),
    "a list instead of a plan": (
        "list.yaml",
        "list.yaml:1:1: a plan is a group of fields, but this is a list",
    ),
    "a sentence instead of a plan": (
        "text.yaml",
        "text.yaml:1:1: a plan is a group of fields, but this is the text 'just a sentence'",
    ),
    "a binary file": (
        "binary.yaml",
        "binary.yaml:2:10: this is a binary file",
    ),
    "a file in Latin-1": (
        "latin1.yaml",
        "latin1.yaml:4:11: the file is not encoded as UTF-8",
    ),
    "a file in UTF-16": (
        "utf16.yaml",
        "utf16.yaml:1:1: the file is encoded as UTF-16 or UTF-32",
    ),
    "a bomb of references": (
        "bomb.yaml",
        "bomb.yaml:5:20: with all its references written out the document has more than 50,000 values",
    ),
    "forty lists in each other": (
        "deep.yaml",
        "deep.yaml:4:42: this is nested deeper than 32 levels",
    ),
    "a folder without a plan": (
        "no-plan",
        "no-plan:1:1: this folder holds no plan file (*.yaml, *.yml)",
    ),
    "two strategies of one name": (
        "twice",
        "twice/c.yaml:3:7: the strategy 'regulars' is there already, in twice/b.yaml:3",
    ),
    "two workspaces of one name": (
        "two-workspaces",
        "two-workspaces/b.yaml:3:7: the workspace 'team' is there already, in two-workspaces/a.yaml:3",
    ),
}
# Not cases: the plan in which nothing is wrong, and folders that cases name.
_HELPERS = {"good", "front-matter", "empty-content"}
_JARGON = ("pydantic", "input should", "tuple", "dict", "nonetype", "traceback", "value error", "instance of")


@pytest.mark.parametrize("case", CASES)
def test_a_broken_plan_is_refused_with_its_place_and_a_mend(case: str) -> None:
    name, first_line = CASES[case]
    path = BROKEN / name
    found = problems(path) if _stands_alone(name) else problems(WORKSPACE, path)

    assert found, "it loaded"
    assert str(found[0]).splitlines()[0].replace(f"{BROKEN}/", "") == first_line
    for problem in found:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.mend.strip()
        assert problem.file.startswith(str(path if path.is_dir() else BROKEN))
        assert not any(word in str(problem).lower() for word in _JARGON)


def test_the_plan_that_the_broken_ones_were_made_from_is_right() -> None:
    assert problems(BROKEN / "good") == []


def test_every_broken_file_is_a_case() -> None:
    assert {path.name for path in BROKEN.iterdir()} == {name for name, _ in CASES.values()} | _HELPERS


def test_a_secret_written_by_mistake_is_not_repeated_in_the_error() -> None:
    assert "hunter2" not in "".join(map(str, problems(BROKEN / "secret-in-plain-sight.yaml")))


def test_all_broken_front_matter_is_told_at_once() -> None:
    found = problems(WORKSPACE, BROKEN / "content-broken.yaml")
    assert [problem.file.rsplit("/", 1)[1] for problem in found] == [
        "1-open.md",
        "2-unknown.md",
        "3-empty.md",
        "5-twice.md",
        "6-toml.md",
        "7-colon.md",
    ]


def _stands_alone(name: str) -> bool:
    path = BROKEN / name
    return path.is_dir() or b"kind: Workspace" in path.read_bytes().replace(b"\0", b"")
