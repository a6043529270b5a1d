from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.pdf import HYPHEN, Line, text_of, without_running_heads

POINTS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 800)
TEXTS = st.lists(
    st.sampled_from(["a", "Town", "exam-", f"exam{HYPHEN}", "12", "•", "end.", "河", "ﬁ"])
    | st.text("ab-. •1", min_size=1),
    min_size=1,
).map(lambda words: " ".join(" ".join(words).split()))
LINES = st.lists(
    st.builds(Line, TEXTS.filter(bool), POINTS, POINTS, POINTS, POINTS.map(abs)), max_size=12
)


def line(text: str, base: float) -> Line:
    return Line(text, 72, 500, base, 12)


def letters(text: str) -> str:
    return "".join(text.replace("ﬁ", "fi").replace(HYPHEN, "").replace("-", "").split())


@given(LINES)
def test_wherever_lines_stand_no_letter_of_them_is_lost(lines: list[Line]) -> None:
    text = text_of(lines)
    assert letters(text) == letters("".join(one.text for one in lines))
    assert HYPHEN not in text


@given(st.lists(LINES, max_size=4))
def test_what_stands_on_one_page_is_no_running_head(pages: list[list[Line]]) -> None:
    kept = without_running_heads(pages)
    assert len(kept) == len(pages)
    for page, left in zip(pages, kept, strict=True):
        assert all(one in page for one in left)
    assert without_running_heads(pages[:1]) == pages[:1]


def test_two_pages_of_one_head() -> None:
    pages = [[line("Annals 1", 760), line("One.", 700)], [line("Annals 2", 761), line("Two.", 700)]]
    assert without_running_heads(pages) == [pages[0][1:], pages[1][1:]]


def test_figures_at_one_height_are_no_page_numbers() -> None:
    pages = [[line(f"{n} 2,5{n}0 7.{n}", 700), line(f"{n} of 4", 30)] for n in range(4)]
    assert without_running_heads(pages) == [page[:1] for page in pages]
