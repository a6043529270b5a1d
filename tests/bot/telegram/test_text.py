from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.views import text

from .emulator import detected
from .samples import texts, unhurried

folded_texts = texts.map(lambda drawn: text.normalised(drawn)[0])
tamed_texts = texts.map(text.safe)
rooms = st.integers(-5, 600)


def test_white_space_and_controls_become_single_spaces() -> None:
    assert text.normalised(" a\t\nb\u2028c\x00d\x85 ")[0] == "a b c d"


def test_what_reorders_text_is_dropped_and_the_spans_follow() -> None:
    normalised, spans = text.normalised("a \u202egrid\u202c  \ud800b", ((3, 7), (11, 12)))
    assert normalised == "a grid b"
    assert [normalised[start:end] for start, end in spans] == ["grid", "b"]


def test_a_title_from_right_to_left_is_isolated() -> None:
    assert text.one_line("שלום עולם", 50) == "\u2068שלום עולם\u2069"
    assert text.one_line("שלום " * 20, 20).endswith(" …\u2069")
    assert text.one_line("Left to right", 50) == "Left to right"


def test_a_sentence_that_ends_late_is_kept_whole() -> None:
    assert text.shortened("One two. Three four. Five six seven.", 30) == "One two. Three four. …"
    assert text.ending("One two three. Four five. Six.", 22) == "… Four five. Six."


def test_else_a_word_is_kept_whole() -> None:
    assert text.shortened("one two three four", 14) == "one two …"
    assert text.ending("one two three four", 15) == "… three four"


@pytest.mark.parametrize("character", ["👩‍👩‍👧‍👦", "e\u0301", "👍🏽", "鸦"])
def test_else_a_character_is_kept_whole(character: str) -> None:
    many = character * 40
    for room in range(2 * text.units(character) + 4, 60):
        start = text.shortened(many, room).removesuffix(" …")
        end = text.ending(many, room).removeprefix("… ")
        assert start.replace(character, "") == end.replace(character, "") == ""
        assert start
        assert end


def test_a_cut_at_the_start_lays_no_command_bare() -> None:
    for room in range(4, 40):
        assert not list(detected(text.ending(text.safe("x" * 30 + "/command/" * 3), room), []))


def test_a_text_is_cut_on_both_sides_of_what_must_stay() -> None:
    long = "First one here. Second one here. Third one here. Fourth one here. Fifth one here."
    start = long.index("Third")
    short, shift = text.around(long, start, start + 15, 60)
    assert short == "… Second one here. Third one here. Fourth one here. …"
    assert short[start + shift :].startswith("Third")


def test_what_needs_less_leaves_its_room_to_the_other_side() -> None:
    long = "Short. KeptAnswer. " + "Another sentence. " * 9
    assert text.around(long.strip(), 7, 12, 60)[0].count("Another sentence.") == 2


@unhurried
@given(tamed_texts, rooms)
def test_cut_texts_keep_to_their_room(full: str, room: int) -> None:
    for short in (text.shortened(full, room), text.ending(full, room)):
        assert text.units(short) <= max(room, 0) or short == full
        assert not list(detected(short, []))
    assert full.startswith(text.shortened(full, room).removesuffix(" …").rstrip())


@unhurried
@given(tamed_texts, st.integers(50, 600), st.data())
def test_what_must_stay_stays(full: str, room: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(full)))
    end = data.draw(st.integers(start, len(full)))
    short, shift = text.around(full, start, end, room)
    assert text.units(short) <= room
    if text.units(full[start:end]) <= room - 4:
        assert short[max(0, start + shift) :].startswith(full[start:end].rstrip())
    assert short.replace("…", "").strip() in full.replace("…", "") or "/" in short


@unhurried
@given(texts)
def test_harmless_text_stays_as_it_is(anything: str) -> None:
    once = text.safe(anything)
    assert text.safe(once) == once
    assert not list(detected(once, []))
    assert once == once.strip()


@unhurried
@given(texts, st.data())
def test_spans_cover_the_same_words_after_folding(anything: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(anything)))
    end = data.draw(st.integers(start, len(anything)))
    normalised, (span,) = text.normalised(anything, ((start, end),))
    (kept,) = text.within(normalised, (span,)) or ((0, 0),)
    assert normalised[slice(*kept)] == text.normalised(anything[start:end])[0]
