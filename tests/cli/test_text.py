"""Text for terminals: widths, columns, wrapping, instants; and what a stranger's title cannot do."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from engine.cli import output, text
from engine.cli.times import parse_instant, parse_moment

NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)


@given(st.text(max_size=200), st.integers(min_value=20, max_value=100))
def test_no_wrapped_line_is_wider_than_the_room_unless_one_word_is(told: str, room: int) -> None:
    for line in text.wrapped(told, room, first="  - "):
        assert text.cells(line) <= room or len(line[4:].split()) <= 1


@given(st.text(max_size=80), st.integers(min_value=2, max_value=60))
def test_clipped_text_fits_its_room(told: str, room: int) -> None:
    assert text.cells(text.clipped(told, room)) <= room


@given(st.text())
def test_nothing_that_steers_a_terminal_is_printed_but_our_colours(told: str) -> None:
    cleaned = text.clean(told)
    assert text.clean(cleaned) == cleaned
    rest = cleaned.replace("\n", "")
    while "\x1b[" in rest:
        before, _, after = rest.partition("\x1b[")
        assert after.lstrip("0123456789;").startswith("m")
        rest = before + after.lstrip("0123456789;")[1:]
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in rest)


def test_a_title_cannot_clear_the_screen_or_turn_the_text_around() -> None:
    assert text.clean("a\x1b[2Jb\x07\u202ec") == "a[2Jbc"


def test_wide_letters_and_colours_are_counted_as_they_look() -> None:
    assert text.cells("日本") == 4
    assert text.cells("e\u0301") == 1
    assert text.cells("\x1b[31mred\x1b[0m") == 3


def test_columns_line_up_and_the_last_one_wraps_under_itself() -> None:
    rows = [["blog", "steady", "posted every Monday morning"], ["日本", "\x1b[31msilent\x1b[0m", "x"]]
    assert text.columns(rows, 36) == [
        "  blog  steady  posted every Monday",
        "                morning",
        "  日本  \x1b[31msilent\x1b[0m  x",
    ]
    assert text.columns([], 80) == []


def test_instants_are_written_in_the_strategys_zone() -> None:
    assert text.stamp(NOW, "Europe/Berlin") == "Sat 28 Mar 2026 13:00"
    assert text.short_stamp(NOW, "Europe/Berlin", NOW) == "Sat 28 Mar 13:00"
    assert text.short_stamp(NOW.replace(year=2027), "UTC", NOW) == "Sun 28 Mar 2027 12:00"


@pytest.mark.parametrize(
    ("away", "told"),
    [
        (timedelta(), "now"),
        (timedelta(days=-3, hours=-5), "3 days ago"),
        (timedelta(minutes=61), "in 1 hour"),
    ],
)
def test_distances_are_told_with_their_largest_unit(away: timedelta, told: str) -> None:
    assert text.ago(NOW + away, NOW) == told


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-03-29T09:00Z", datetime(2026, 3, 29, 9, tzinfo=UTC)),
        ("2026-03-29T09:00+01:00", datetime(2026, 3, 29, 8, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_the_zone_also_where_clocks_change(typed: str, instant: datetime) -> None:
    assert parse_instant(typed, "Europe/Berlin") == instant


def test_distances_go_forward_or_back() -> None:
    assert parse_moment("36h", "UTC", NOW, option="--until") == NOW + timedelta(hours=36)
    assert parse_moment("7d", "UTC", NOW, past=True, option="--since") == NOW - timedelta(days=7)


@pytest.mark.parametrize("typed", ["soon", "2026-13-01", "3 parsecs", "999999w"])
def test_what_is_no_time_is_a_usage_error_with_an_example(typed: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_moment(typed, "UTC", NOW, past=True, option="--since")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_and_never_against_the_readers_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Terminal())
    assert output.paint("late", "red") == "\x1b[31mlate\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.paint("late", "red") == "late"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert output.paint("late", "red") == "late"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert output.paint("late", "red") == "late"


def test_width_is_eighty_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: __import__("os").terminal_size(fallback))
    assert text.terminal_width() == 80
