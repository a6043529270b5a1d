from __future__ import annotations

import datetime as dt
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from bot.answers import Answer
from bot.display import json_text, plain, visible
from bot.languages import LANGUAGES
from bot.terminal import (
    AnswerDrawing,
    ArticleDrawing,
    SourcesDrawing,
    ValuesDrawing,
    articles_named,
    preview_text,
    report_text,
    skipped_text,
)
from bot.terminal.answers import ExcerptsDrawing
from retrieval.articles import Skipped
from retrieval.questions import Correction
from retrieval.refresh import Preview, RefreshReport
from retrieval.types import Article, Excerpt, Source
from tests.bot.terminal.drawn import HARMLESS, drawn

SOURCE = Source("corvids.md", "On corvids", dt.date(2024, 5, 3), "https://example.org/corvids")
TEXT = "Crows recognise faces. They hold grudges\nfor years. So do magpies."
ANYTHING = st.text(st.characters(exclude_categories=()))


def excerpt(
    text: str = TEXT,
    highlights: tuple[tuple[int, int], ...] = ((23, 51),),
    paragraph: int = 4,
    source: Source = SOURCE,
) -> Excerpt:
    return Excerpt(source, paragraph, 0, len(text), text, highlights, 1.0)


def answer(*excerpts: Excerpt, answered: bool = True, confidence: float = 0.93) -> Answer:
    return Answer("What is a corvid?", excerpts, answered, confidence, 1, 12.3)


def coloured(renderable: RenderableType) -> str:
    return drawn(renderable, color_system="256", no_color=False)


def report(**changed: Any) -> RefreshReport:  # noqa: ANN401
    values = {
        "generation": 2,
        "added": 0,
        "modified": 0,
        "deleted": 0,
        "unchanged": 0,
        "renamed": 0,
        "skipped": (),
        "chunks": 1,
        "encoded": 0,
        "elapsed_s": 0.04,
    }
    return RefreshReport(**{**values, **changed})


def test_an_answer_as_text() -> None:
    second = excerpt("Two.", (), 1, Source("other.md", "Other"))
    assert plain(AnswerDrawing(answer(excerpt(), second))) == (
        "“Crows recognise faces. They hold grudges for years. So do magpies.”\n"
        "[1] On corvids · 2024-05-03 · paragraph 4 · https://example.org/corvids\n"
        "\n"
        "“Two.”\n"
        "[2] Other · paragraph 1\n"
        "\n"
        "12 ms · confidence 93 %"
    )


@pytest.mark.parametrize(
    ("last", "place"), [(None, "page 1,012, paragraph 4"), (5, "page 1,012, paragraphs 4–5")]
)
def test_a_citation_names_the_page_if_there_is_one(last: int | None, place: str) -> None:
    one = replace(excerpt("One.", ()), page=1_012, last_paragraph=last)
    text = plain(AnswerDrawing(answer(one)))
    assert text.splitlines()[1].startswith(f"[1] On corvids · 2024-05-03 · {place} · ")


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["Other"], "also in Other"),
        (["A\x1b", "B\nC", "D"], "also in A␛, B C, D"),
        (list("ABCDE"), "also in A, B, C (+2)"),
        (["A", "On corvids", "A"], "also in 0.md, 1.md, 2.md"),
    ],
)
def test_other_articles_of_the_same_words_are_named(titles: list[str], said: str) -> None:
    also = tuple(Source(f"{n}.md", title) for n, title in enumerate(titles))
    text = plain(AnswerDrawing(answer(replace(excerpt("One.", ()), also=also))))
    assert text.splitlines()[1].endswith(f"https://example.org/corvids · {said}")


def test_a_citation_is_in_the_language_of_what_is_said_around_it() -> None:
    one = replace(excerpt("One.", ()), last_paragraph=5, also=(Source("a.md", "Other"),))
    text = plain(AnswerDrawing(answer(one), language=LANGUAGES["uk"]))
    assert "абзаци 4–5" in text
    assert "також у Other" in text


def test_more_is_offered_only_where_it_can_be_asked_for() -> None:
    refused = replace(answer(excerpt()), answered=False)
    assert "more" not in plain(AnswerDrawing(refused))
    assert "Say “more”" in plain(AnswerDrawing(refused, goes_on=True))


def test_what_was_searched_in_place_of_the_question_is_said() -> None:
    leaning = replace(answer(excerpt("One.", ())), understood="Why?\x1b[2J And why?")
    text = plain(AnswerDrawing(leaning))
    assert text.startswith("Understood as: Why?␛[2J And why?\n\n“One.”")


def test_what_was_searched_instead_of_misspelt_words_is_said() -> None:
    repairs = (Correction("minefeilds", "minefields"), Correction("sap\x1bers", "sappers"))
    text = plain(AnswerDrawing(replace(answer(excerpt("One.", ())), corrections=repairs)))
    assert text.startswith(
        "Searched for “minefields” instead of “minefeilds”. "
        "Searched for “sappers” instead of “sap␛ers”.\n\n“One.”"
    )


def test_an_answer_on_a_terminal_has_a_bar_and_is_wrapped() -> None:
    assert drawn(AnswerDrawing(answer(excerpt())), width=40) == (
        "▎ “Crows recognise faces. They hold\n"
        "▎ grudges for years. So do magpies.”\n"
        "[1] On corvids · 2024-05-03 · paragraph \n"
        "4 · https://example.org/corvids\n"
        "\n"
        "12 ms · confidence 93 %\n"
    )


def test_without_an_answer_the_closest_sentence_is_marked_as_such() -> None:
    text = plain(
        AnswerDrawing(answer(excerpt("One.", ()), answered=False, confidence=0.06), goes_on=True)
    )
    assert text == (
        "The articles do not answer this.\n"
        "\n"
        "Closest, but not an answer:\n"
        "“One.”\n"
        "[1] On corvids · 2024-05-03 · paragraph 4 · https://example.org/corvids\n"
        "\n"
        "Say “more” for the closest excerpts.\n"
        "\n"
        "12 ms · confidence 6 %"
    )


def test_what_may_answer_is_quoted_as_a_whole() -> None:
    found = answer(excerpt("One. Two.", ((5, 9),)), answered=False, confidence=0.42)
    text = plain(AnswerDrawing(replace(found, perhaps=True)))
    assert text == (
        "Perhaps this answers it:\n"
        "“One. Two.”\n"
        "[1] On corvids · 2024-05-03 · paragraph 4 · https://example.org/corvids\n"
        "\n"
        "12 ms · confidence 42 %"
    )


def test_nothing_found_is_said_in_one_line() -> None:
    assert plain(AnswerDrawing(answer(answered=False))) == "The articles do not answer this."


def test_the_best_sentence_is_emphasised_in_an_answer_only() -> None:
    assert "\x1b[1;38;5;32mThey hold grudges for years.\x1b[0m" in coloured(
        AnswerDrawing(answer(excerpt()))
    )
    dimmer = coloured(AnswerDrawing(answer(excerpt(), answered=False)))
    assert "38;5;32" not in dimmer
    assert "\x1b[2m“They hold" in dimmer


def test_more_goes_on_with_the_numbers() -> None:
    text = plain(
        ExcerptsDrawing(answer(excerpt("One.", ()), excerpt("Two.", ()), excerpt("3.", ())), 1)
    )
    assert re.findall(r"^(“.*”|\[\d\])", text, re.MULTILINE) == ["“Two.”", "[2]", "“3.”", "[3]"]
    assert text.startswith("“Two.”")
    assert "confidence" not in text


def test_confidence_never_claims_to_be_certain() -> None:
    assert "confidence 99 %" in plain(AnswerDrawing(answer(excerpt(), confidence=1.0)))


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a", True),
        ("javascript:alert(1)", False),
        ("https://example.org/\x1b]8;;", False),
        ("https://example.org/\x07", False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, linked: bool) -> None:
    out = coloured(AnswerDrawing(answer(excerpt(source=Source("a.md", "A", url=url)))))
    assert ("\x1b]8;" in out) is linked
    assert "\x07" not in out


@pytest.mark.parametrize(
    "drawing",
    [
        AnswerDrawing(answer(excerpt())),
        ArticleDrawing(Article(SOURCE, "One.")),
        SourcesDrawing([SOURCE]),
    ],
)
def test_titles_are_links_where_a_terminal_takes_them(
    drawing: RenderableType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    link = re.compile(r"\x1b\]8;id=\d+;https://example\.org/corvids\x1b\\(\x1b\[1m)?On corvids")
    assert link.search(coloured(drawing))
    assert link.search(drawn(drawing, color_system="256", no_color=True))
    assert "\x1b]" not in plain(drawing) + drawn(drawing)
    monkeypatch.setenv("TERM", "linux")
    assert "\x1b]" not in coloured(drawing)


def test_markup_and_emoji_codes_are_text() -> None:
    text = "[bold]not bold[/bold] [link=https://a.org]a[/link] :smile:"
    source = Source("[red]a.md", "[/]")
    out = drawn(AnswerDrawing(answer(excerpt(text, (), 1, source))), width=90)
    assert f"“{text}”" in out
    assert "[1] [/] · paragraph 1" in out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain — “text” é 日本 🐦‍⬛", "plain — “text” é 日本 🐦‍⬛"),
        ("a\nb\tc\r\x1b[31m\x7f", "a␊b␉c␍␛[31m␡"),
        ("\x9b1m\udcff", "\ufffd1m\ufffd"),
        ("a\u202eb\u2066c\u200bd\ufeffe\u00adf", "abcdef"),
    ],
)
def test_what_steers_a_terminal_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain — “text” é 日本 \\u", '"plain — “text” é 日本 \\\\u"'),
        ("क्\u200dष می\u200cخواهم", '"क्\u200dष می\u200cخواهم"'),
        ("\x1b[31m\n\x7f", r'"\u001b[31m\n\u007f"'),
        ("\x9b31m\x85", r'"\u009b31m\u0085"'),
        ("\u202egpj.exe\u2066\u061c\u200f", r'"\u202egpj.exe\u2066\u061c\u200f"'),
        ("\u2028\u200b\ufeff\xad", r'"\u2028\u200b\ufeff\u00ad"'),
        ("\U000e0041", r'"\udb40\udc41"'),
        ("\udcff", r'"\ufffd"'),
    ],
)
def test_json_is_readable_but_for_what_steers_a_terminal(text: str, written: str) -> None:
    assert json_text({"text": text}) == f'{{"text": {written}}}'


@given(ANYTHING, ANYTHING)
def test_any_text_comes_back_from_json_and_steers_no_terminal(name: str, text: str) -> None:
    def whole(text: str) -> str:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)

    written = json_text({name: [text]})

    assert HARMLESS.fullmatch(written)
    assert json.loads(written) == {whole(name): [whole(text)]}
    written.encode()


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_no_text_steers_the_terminal(
    text: str, title: str, path: str, url: str, span: tuple[int, int]
) -> None:
    source = Source(path, title, url=url, author=title, tags=(url, path))
    found = answer(excerpt(text, ((min(span), max(span)),), 1, source), answered=bool(span[0]))
    article = Article(source, text)
    skipped = [Skipped(path, title)]
    texts = [
        plain(AnswerDrawing(found)),
        plain(ExcerptsDrawing(found, 0)),
        plain(SourcesDrawing([source])),
        plain(ArticleDrawing(article, range(1, 2))),
        plain(ValuesDrawing({title: path})),
        skipped_text(skipped),
    ]
    renderables: list[RenderableType] = [
        AnswerDrawing(found),
        ExcerptsDrawing(found, 0),
        SourcesDrawing([source]),
        ArticleDrawing(article, range(1, 2)),
        ValuesDrawing({title: path}),
    ]
    for out in [*texts, *map(drawn, renderables)]:
        assert HARMLESS.fullmatch(out)


@given(ANYTHING, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=3))
def test_an_excerpt_is_shown_in_full(text: str, spans: list[tuple[int, int]]) -> None:
    inside = [(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    shown = plain(AnswerDrawing(answer(excerpt(text, tuple(inside)))))
    assert shown.startswith(f"“{visible(' '.join(text.split()))}”\n[1] ")


# A joiner stands in its cluster only: of a stray one rich takes off what it joins to.
CLUSTERS = [*"日本語🐦 éword\u0301", "👩\u200d👩\u200d👧"]


@given(
    st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=80).map("".join),
    st.integers(12, 50),
)
def test_the_bar_stays_whatever_the_width_of_characters(text: str, width: int) -> None:
    lines = drawn(ExcerptsDrawing(answer(excerpt(text, ())), 0), width=width).split("[1]")[0]
    for line in lines.splitlines():
        assert line.startswith("▎ ")
        assert cell_len(line) <= width


def test_an_encoding_without_the_bar_gets_another() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    Console(width=60, file=file, force_terminal=True, color_system=None).print(
        AnswerDrawing(answer(excerpt()))
    )
    file.seek(0)
    assert file.read().startswith("| ?Crows recognise faces.")


def test_articles_are_listed_with_what_is_known_of_them() -> None:
    both = [SOURCE, Source("a\nb.md", "  Two\n lines ")]
    text = "On corvids · 2024-05-03 · corvids.md\nTwo lines · a␊b.md"
    assert plain(SourcesDrawing(both)) == text
    assert drawn(SourcesDrawing(both)) == f"{text}\n\n2 articles\n"


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("a/ferry.md", ["a/ferry.md"]),
        ("A/Ferry.md", ["a/ferry.md"]),
        ("the  FERRY", ["a/ferry.md"]),
        ("ferry", ["a/ferry.md", "b/ferry.md"]),
        ("times", ["b/ferry.md"]),
        ("b␊d.md", ["b\nd.md"]),
        ("road", []),
        (" ", []),
        ("a\udcff", []),
    ],
)
def test_an_article_is_named_by_its_path_or_a_part_of_its_title(
    name: str, paths: list[str]
) -> None:
    sources = [
        Source("a/ferry.md", "The ferry"),
        Source("b/ferry.md", "Times of the ferry"),
        Source("b\nd.md", "Broken"),
    ]
    assert [one.path for one in articles_named(sources, name)] == paths


def test_an_article_is_shown_with_numbered_paragraphs() -> None:
    source = Source("poem.md", "A poem", author="Nobody", tags=("verse", "short"))
    article = Article(source, "First.\n\nSecond line\nand\tits sequel\n\nThird.")
    assert plain(ArticleDrawing(article, range(2, 3))) == (
        "A poem\n"
        "Nobody · en · verse, short · poem.md\n"
        "\n"
        "¶ 1  First.\n"
        "\n"
        "> ¶ 2  Second line\n"
        "and its sequel\n"
        "\n"
        "¶ 3  Third."
    )
    lines = [line.rstrip() for line in drawn(ArticleDrawing(article, range(2, 3))).splitlines()]
    assert lines == [
        "A poem",
        "Nobody · en · verse, short · poem.md",
        "",
        "  ¶ 1  First.",
        "",
        "> ¶ 2  Second line",
        "       and its sequel",
        "",
        "  ¶ 3  Third.",
    ]
    assert "\x1b[1;38;5;32m> ¶ 2\x1b[0m" in coloured(ArticleDrawing(article, range(2, 3)))
    assert "38;5;32" not in coloured(ArticleDrawing(article))


def test_an_article_without_text_has_a_head() -> None:
    assert plain(ArticleDrawing(Article(Source("a.md", "A"), ""))) == "A\nen · a.md"


def test_a_status_is_a_line_per_value() -> None:
    values = {"index_folder": "a\nb", "chunks": "7", "published": ""}
    assert plain(ValuesDrawing(values)) == "index folder: a␊b\nchunks: 7"
    assert drawn(ValuesDrawing(values)).split() == ["index", "folder", "a␊b", "chunks", "7"]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"added": 1_201, "renamed": 1, "modified": 1, "deleted": 2, "chunks": 40_000}
            | {"encoded": 1_234, "elapsed_s": 61.25, "skipped": (Skipped("a", "b"),)},
            "1,202 articles: 1,200 added, 1 renamed, 1 modified, 1 deleted, 1 file skipped\n"
            "40,000 chunks, 1,234 encoded · 61.2 s",
        ),
        (
            {"unchanged": 1, "rebuilt": True},
            "1 article: 1 unchanged\n1 chunk, 0 encoded, made again from nothing · 0.0 s",
        ),
        (
            {"added": 1, "skipped": (Skipped("a", "b"), Skipped("c", "d"))},
            "1 article: 1 added, 2 files skipped\n1 chunk, 0 encoded · 0.0 s",
        ),
    ],
)
def test_a_report_counts(changed: dict[str, Any], text: str) -> None:
    assert report_text(report(**changed)) == text


def test_a_preview_counts_what_changes() -> None:
    skipped = [Skipped("a.md", "it is empty"), Skipped("b.pdf", "too large")]
    renamed = [("old.md", "new.md")]
    seen = Preview(["c.md", "new.md"], ["d.md"], ["old.md"], renamed, 7, skipped)
    assert preview_text(seen).splitlines() == [
        "renamed old.md -> new.md",
        "added c.md",
        "modified d.md",
        "skipped a.md: it is empty",
        "skipped b.pdf: too large",
        "3 changes, 7 files unchanged; nothing was written",
    ]
    nothing = Preview([], [], [], [], 7, skipped)
    assert preview_text(nothing).endswith("\n0 changes, 7 files unchanged; nothing was written")


def test_skipped_files_have_a_line_each() -> None:
    skipped = [Skipped("a\x1b.md", "it is empty"), Skipped("b.pdf", "too large")]
    assert skipped_text(skipped) == ("skipped a␛.md: it is empty\nskipped b.pdf: too large")


ARABIC = Source("جدول.md", "جدول العبّارة 2025 (PDF)", dt.date(2025, 3, 4))


def test_a_title_from_right_to_left_does_not_mix_with_the_date_behind_it() -> None:
    quoted = replace(excerpt("Six.", (), source=ARABIC), also=(replace(SOURCE, title="הספינה"),))
    assert plain(ExcerptsDrawing(answer(quoted), 0)).splitlines()[1] == (
        "[1] \u2068جدول العبّارة 2025 (PDF)\u2069 · 2025-03-04 · paragraph 4"
        " · also in \u2068הספינה\u2069"
    )
    assert plain(SourcesDrawing([ARABIC])) == (
        "\u2068جدول العبّارة 2025 (PDF)\u2069 · 2025-03-04 · \u2068جدول.md\u2069"
    )
    assert skipped_text([Skipped("جدول.pdf", "an empty file")]) == (
        "skipped \u2068جدول.pdf\u2069: an empty file"
    )


def test_each_line_of_an_excerpt_runs_as_its_first_letter_does() -> None:
    text = "2025 عام العبّارة الجديدة. Red Island هي محطتها الأخيرة كل يوم."
    arabic, english = (
        drawn(ExcerptsDrawing(answer(excerpt(text, ())), 0), 40).splitlines()
        for text in (text, f"Boats: {text}")
    )
    assert [line[2] + line.rstrip()[-1] for line in arabic[:2]] == ["\u2067\u2069"] * 2
    assert not any("\u2067" in line for line in english)
