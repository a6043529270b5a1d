from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.drafting import Draft, Drafted

from .openai_server import pieces


def drafted(text: str, size: int = 3) -> list[Drafted]:
    draft = Draft("en")
    found: list[Drafted] = []
    for piece in pieces(text, size):
        found += draft.add(piece)
        if draft.full:
            break
    return [*found, *draft.end()]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Crows fly [1]. Ravens hop [2].", [("Crows fly [1].", (1,)), ("Ravens hop [2].", (2,))]),
        ("Crows fly. [1] Ravens hop. [2]", [("Crows fly. [1]", (1,)), ("Ravens hop. [2]", (2,))]),
        ("Crows fly.[2][1]\nRavens hop.", [("Crows fly.[2][1]", (1, 2)), ("Ravens hop.", ())]),
        ("Crows fly. [1, 2] Yes.", [("Crows fly. [1, 2]", (1, 2)), ("Yes.", ())]),
        ("Mr. Crow flew 3.5 km [1]. Yes.", [("Mr. Crow flew 3.5 km [1].", (1,)), ("Yes.", ())]),
        ("- **Owls** fly [1]\n- `Owls` hop [2]", [("Owls fly [1]", (1,)), ("Owls hop [2]", (2,))]),
        ("# Birds\n1. Crows fly [1].", [("Birds", ()), ("Crows fly [1].", (1,))]),
        ("<b>Crows</b> fly\x1b[2J\u202e [1].", [("Crows fly [2J [1].", (1,))]),
        ("<think>Crows fly [1]. So</think>\n\nRavens hop [1].", [("Ravens hop [1].", (1,))]),
        ("Crows fly [one] [1-3].", [("Crows fly [one] [1-3].", ())]),
        ("[1]", []),
        ("  \n \n", []),
        ("", []),
        ("<think>Crows fly [1].", []),
    ],
)  # fmt: skip
def test_text_is_cut_into_plain_sentences_with_their_citations(
    text: str, sentences: list[tuple[str, tuple[int, ...]]], size: int
) -> None:
    assert [(one.text, one.citations) for one in drafted(text, size)] == sentences


def test_a_sentence_is_given_away_when_the_next_has_begun() -> None:
    draft = Draft("en")
    assert list(draft.add("Crows fly. ")) == []
    assert list(draft.add("[1")) == []
    assert list(draft.add("] ")) == []
    (sentence,) = draft.add("And")
    assert sentence == Drafted("Crows fly. [1]", "Crows fly.", (1,))
    assert list(draft.end()) == [Drafted("And", "And", ())]


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 9000, "<think>" + "hm. " * 3000])
def test_what_has_no_sentences_is_not_waited_for(text: str) -> None:
    draft = Draft("en")
    found = [one for piece in pieces(text, 50) if not draft.full for one in draft.add(piece)]
    assert draft.full
    assert [*found, *draft.end()] == []


def test_a_draft_takes_only_so_much() -> None:
    draft = Draft("en")
    found = [one for _ in range(10_000) if not draft.full for one in draft.add("Crows fly [1]. ")]
    assert draft.full
    assert 400 < len(found) < 600


@given(st.text(st.sampled_from("ab.!? \n[]12,<>*-\x00")), st.integers(1, 9))
def test_every_letter_comes_once_and_in_order_however_it_is_cut(text: str, size: int) -> None:
    letters = "".join(one.text for one in drafted(text, size))
    wanted = "".join(one.text for one in drafted(text, 1000))
    assert [one for one in letters if one in "ab"] == [one for one in wanted if one in "ab"]
    assert "\n" not in letters
    assert "\x00" not in letters
