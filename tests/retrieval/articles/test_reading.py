from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.articles import READERS, UnreadableArticle
from retrieval.articles.text import clean, one_line
from retrieval.types import Article, Source
from tests.retrieval.articles.samples import PROSE
from tests.retrieval.library import only
from tests.retrieval.processes import run


def markdown(text: str, path: str = "some-name.md") -> Article:
    return only(path, text.encode(), "en")


def page(body: str, head: str = "", attributes: str = "") -> Article:
    text = f"<!DOCTYPE html><html {attributes}><head>{head}</head><body>{body}</body></html>"
    return only("some-name.html", text.encode(), "en")


# Decoding


@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.html"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ein Café – naïve „Fragen“ €5", "utf-8"),
        ("Ein Café – naïve „Fragen“ €5", "utf-8-sig"),
        ("Ein Café – naïve „Fragen“ €5", "utf-16"),
        ("\ufeffEin Café – naïve", "utf-16-be"),
        ("\ufeffEin Café – naïve", "utf-16-le"),
        ("\ufeffEin Café – naïve", "utf-32-le"),
        ("café – naïve", "cp1252"),
        ("Élève à l’école", "cp1252"),
        ("L'année dernière, le café était fermé.", "latin-1"),
        ("Der Bär heißt Jürgen, „schön“ sagt er.", "cp1252"),
        ("Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi.", "cp1250"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "cp1251"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "koi8_r"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "cp866"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "iso8859_5"),
        ("Всі люди народжуються вільними і рівними у своїй гідності.", "koi8_u"),
        ("Всі люди народжуються вільними і рівними у своїй гідності.", "cp1125"),
        ("Вони наділені розумом і совістю і повинні діяти в дусі братерства. " * 2, "mac_cyrillic"),
        ("すべての人間は、生れながらにして自由であり、かつ平等である。", "cp932"),
        ("人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。", "gb18030"),
    ],
)
def test_encodings(path: str, text: str, encoding: str) -> None:
    data = f"{text}\n\nA second line.".encode(encoding)
    assert only(path, data, "en").text.startswith(text.strip("\ufeff "))


def test_accents_far_from_the_start() -> None:
    data = b"word and word " * 100_000 + "le café d'été est fermé".encode("cp1252")
    assert only("a.txt", data, "en").text.endswith("le café d'été est fermé")


@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.html"])
def test_damaged_utf8_keeps_the_rest(path: str) -> None:
    data = "Zoë saw Chloë and François.\n".encode() + b"Broken \xff\xc3 here.\n" + "Noël.".encode()
    text = only(path, data, "en").text
    assert "Zoë saw Chloë and François." in text
    assert "Broken \ufffd\ufffd here." in text
    assert text.endswith("Noël.")


def test_an_unknown_encoding_is_refused() -> None:
    data = "Prom odpływa o dziewiątej, jeśli pogoda jest dobra. Święta są już.".encode("cp852")
    with pytest.raises(UnreadableArticle, match=r"^text in an encoding that is not recognised: "):
        only("a.txt", data, "en")


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("iso-8859-1", "cp1252"), ("windows-1251", "cp1251"), ("iso-2022-jp", "iso2022_jp")],
)
def test_declared_charset_of_a_page(charset: str, encoding: str) -> None:
    text = {"cp1252": "“Así” – señor", "cp1251": "Да", "iso2022_jp": "日本語"}[encoding]
    for meta in (
        f'<meta charset="{charset}">',
        f"<META http-equiv=Content-Type content='text/html; charset={charset}'>",
    ):
        data = f"<html><head>{meta}</head><body><p>{text}</p></body></html>".encode(encoding)
        assert only("a.html", data, "en").text == text


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "rot13", "nonsense", "unicode_escape"])
def test_wrong_charset_does_not_spoil_utf8(charset: str) -> None:
    assert page("<p>naïve café</p>", f'<meta charset="{charset}">').text == "naïve café"


@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.markdown", "a.html", "a.HTM"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no text in it"),
        (b" \r\n\t\n", "no text in it"),
        (b'* * *\n\n"..."', "no text in it"),
        (b"\xef\xbb\xbf", "no text in it"),
        ("\u200b\u202e\ufeff".encode(), "no text in it"),
        (b"\0" * 1000, "a binary file: NUL bytes"),
        (b"some text\0and more", "a binary file: NUL bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a binary file: NUL bytes"),
        ("no byte order mark".encode("utf-16-le"), "a binary file: NUL bytes"),
    ],
)
def test_no_article(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableArticle, match=f"^{reason}$"):
        only(path, data, "en")


@pytest.mark.parametrize(
    "data",
    [
        b"<html></html>",
        b"<html><head><title>Only a title</title></head></html>",
        b"<html><body></body></html>",
        b"<!-- nothing -->",
        b"<html><body><script>let text = 1</script><style>p {}</style></body></html>",
        b"<frameset><frame src=x></frameset>",
    ],
)
def test_page_without_text(data: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=r"^no text in it$"):
        only("a.html", data, "en")


@pytest.mark.parametrize(
    "data", [b"---\ntitle: A\n---\n", b"![](a.png)", b"<!-- hidden -->", b"***"]
)
def test_markdown_without_text(data: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=r"^no text in it$"):
        only("a.md", data, "en")


def test_unknown_suffix() -> None:
    with pytest.raises(ValueError, match=r"'a\.exe': wanted a file name that ends in .*\.txt"):
        only("a.exe", b"text", "en")


# Cleaning


def test_line_ends_and_blanks() -> None:
    text = only("a.txt", "\n A\tb \r\nc\rd\u2028e\u0085f\f\n\n\n\n g\u00a0 \n".encode(), "en").text
    assert text == "A b\nc\nd\ne\nf\n\n g"


def test_invisible_characters_are_removed() -> None:
    raw = "w\u00adord \x1b[31mred\x07 a\u202eb\u2066c\u200bd\ufeffe \ud800f e\u0301"
    assert clean(raw) == "word [31mred abcde f é"


def test_letters_are_composed_however_many_marks_follow() -> None:
    assert clean("Zu\u0308rich") == "Zürich"
    assert clean("a" + "\u0301\u0316" * 1_000_000 + "b — " + "─" * 60) == "ab — " + "─" * 60


def test_one_line() -> None:
    assert one_line(" A\n\n title\t here ") == "A title here"
    assert one_line("word " * 100) == ("word " * 60).strip()
    assert one_line("x" * 301) == "x" * 300
    assert len(one_line("word " * 3 + "x" * 300)) == 14


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    assert "\n\n\n" not in once
    assert not {unicodedata.category(char) for char in once.replace("\n", "")} & {"Cc", "Cs"}


PIECES = """\
# ~- ~> ~* ~**~[~](~)~!~`~```~  ~---~...~title: ~date: ~: ~a~<~>~<p>~</div>~<table><td>~<li>~<pre>
<ol start=x>~<br>~<title>~<script>~<!--~-->~&#0;~&lt;~\\~|~1. ~é~<meta charset=~<html lang=
<meta name=date content=~<time pubdate datetime=~\xa0~\t~\x1b~\x85~+++~[[~]]~|~{{~}}~{%~%}~{{<~>}}
:::~==~%%~[^1]~:~^[~> [!a]~!!! a~    ~{: .a~}~- [x] ~^a1~#a ~raw ~endraw ~highlight ~import """
MARKUP = st.lists(
    st.sampled_from([*PIECES.replace("\n", "~").split("~"), "\n", "\n\n", "\r", "~~"])
)


@settings(max_examples=100, deadline=None)
@given(
    suffix=st.sampled_from(sorted(READERS)),
    data=st.binary()
    | st.text().map(str.encode)
    | MARKUP.map(lambda pieces: "".join(pieces).encode("latin-1")),
)
def test_any_bytes_give_an_article_or_a_reason(suffix: str, data: bytes) -> None:
    try:
        article = only(f"a{suffix}", data, "en")
    except UnreadableArticle:
        return
    assert article.text
    assert clean(article.text) == article.text
    assert article.source.title
    assert one_line(article.source.title) == article.source.title


# Text


def test_text_stays_as_it_is() -> None:
    text = "A bridge\n\nIt is *not* [1] <b>markup</b> &amp;\nwrapped   here."
    article = only("some-name.txt", text.encode(), "de")
    assert article == Article(
        Source("some-name.txt", "A bridge", language="de"), text, headings=(0,)
    )


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("a-b.txt", "Who pays for it?\nThe town does.", "Who pays for it?"),
        ("a-b.txt", "This is a sentence.\nThis is another.", "a b"),
        ("a-b.txt", "नाव रोज जाती है।\nवह रात को लौटती है।", "a b"),
        ("a-b.txt", "کشتی روز جاتی ہے۔\nنو بجے واپس آتی ہے۔", "a b"),
        ("a-b.txt", "Լաստանավը մեկնում է։\nԺամը իննին։", "a b"),
        ("a-b.txt", "渡轮时刻表\n渡轮每天早上开。", "渡轮时刻表"),
        ("a-b.txt", "It says the following:\nnothing.", "a b"),
        ("a-b.txt", "The first line of a text that was\nwrapped by hand at some width.", "a b"),
        ("a-b.txt", "Only one line", "a b"),
        ("a-b.txt", "word " * 30 + "\n\nMore.", "a b"),
        ("sub/The_long-way home.txt", "A text.", "The long way home"),
        ("St. Mary.txt", "A text.", "St. Mary"),
        ("2024-03_report.txt", "A text.", "2024 03 report"),
        ("000_494b95f2403b221a.txt", "A text.", "A text."),
        ("000_494b95f2403b221a.txt", "Word " * 30 + ".\nMore.", "Word " * 15 + "Word…"),
    ],
)
def test_title_of_a_text(path: str, text: str, title: str) -> None:
    assert only(path, text.encode(), "en").source.title == title


# Markdown

FRONT = """---
Title: A bridge opens
date: 2024-05-06T23:30:00-05:00
URL: https://example.org/bridge?a=1#b
authors:
  - Ann Example
  - name: Bo Example
lang: de-AT
tags: [bridge, "river, wide", bridge]
draft: yes
---
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_front_matter(line_end: str) -> None:
    text = (FRONT + "\n# A bridge opens\n\nIt was crowded.\n").replace("\n", line_end)
    source = Source(
        path="some-name.md",
        title="A bridge opens",
        date=dt.date(2024, 5, 6),
        url="https://example.org/bridge?a=1#b",
        author="Ann Example, Bo Example",
        language="de",
        tags=("bridge", "river, wide"),
    )
    assert markdown(text) == Article(source, "It was crowded.")


LONG = "river " * 60
MANY = [f"{number} {LONG}" for number in range(120)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", f"---\ntitle: {LONG}\nauthor: {LONG}\ntags: {MANY}\n---\nText."),
        (
            "a.rss",
            f"<rss version='2.0'><channel><item><guid>1</guid><title>{LONG}</title>"
            f"<author>{LONG}</author>{''.join(f'<category>{tag}</category>' for tag in MANY)}"
            "<description>The bridge opens.</description></item></channel></rss>",
        ),
    ],
)
def test_what_a_file_declares_is_kept_short(path: str, text: str) -> None:
    source = only(path, text.encode(), "en").source
    assert 0 < len(source.title) <= 300
    assert len(source.author or "") <= 300
    assert 0 < len(source.tags) <= 50
    assert all(len(tag) <= 100 for tag in source.tags)


def test_front_matter_that_is_no_yaml() -> None:
    source = markdown(
        "---\ntitle: Rome: a history\nauthor: 'Ann'\ntags: [a, b]\ndate: 2024-05-06\n---\nText."
    ).source
    assert (source.title, source.author) == ("Rome: a history", "Ann")
    assert (source.tags, source.date) == (("a", "b"), dt.date(2024, 5, 6))


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA text between rules: it stays.\n\n---\n\nMore.",
        "---\nnever: closed\n",
        "---\n[[[\n---\nMore.",
        "text\n---\ntitle: no\n---\n",
        "---\n" + "a: b\n" * 20_000 + "---\n\nMore.",
    ],
)
def test_what_is_no_front_matter_stays(text: str) -> None:
    assert markdown(text).text.endswith(("More.", "title: no", "never: closed"))


@pytest.mark.parametrize(
    "yaml",
    [
        "title: " + "[" * 60_000,
        "title: " + "[" * 30_000 + "]" * 30_000,
        "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\ntags: [*c, *c]",
        "a: &a {x: 1}\nb: &b {<<: [*a, *a]}\ntitle: &t [*t]",
        "title: !!python/object/apply:os.system [exit]",
        "? [a, b]\n: c",
    ],
)
def test_hostile_front_matter(yaml: str) -> None:
    assert markdown(f"---\n{yaml}\n---\n\nThe text.").text.endswith("The text.")


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2025-03-14", dt.date(2025, 3, 14)),
        ('"2025-03-14"', dt.date(2025, 3, 14)),
        ("2025-03-14 10:00:00 +0100", dt.date(2025, 3, 14)),
        ("2025-03-14T23:59:00Z", dt.date(2025, 3, 14)),
        ("14 March 2025", dt.date(2025, 3, 14)),
        ("March 14, 2025", dt.date(2025, 3, 14)),
        ("Mar 14, 2025", dt.date(2025, 3, 14)),
        ("2025/03/14", dt.date(2025, 3, 14)),
        ("14.03.2025", dt.date(2025, 3, 14)),
        ("Fri, 14 Mar 2025 10:00:00 +0100", dt.date(2025, 3, 14)),
        ("", None),
        ("null", None),
    ],
)
def test_dates(value: str, date: dt.date | None, caplog: pytest.LogCaptureFixture) -> None:
    assert markdown(f"---\ndate: {value}\n---\nText.").source.date == date
    assert caplog.text == ""


@pytest.mark.parametrize(
    "value", ["2025", "2025-02-30", "yesterday", "03/04/2025", "20250314000", "9" * 5000]
)
def test_what_is_no_date_is_left_out(value: str, caplog: pytest.LogCaptureFixture) -> None:
    assert markdown(f"---\ndate: {value}\n---\nText.").source.date is None
    shown = value[:100]
    warning = f"some-name.md: date '{shown}' is not a date (YYYY-MM-DD) of the years 1500 to 2050; "
    assert caplog.messages == [f"{warning}indexed without one"]


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/relative",
        "https://",
        "https://exa mple.org",
        '"https://example.org/\\e[31m"',
        "http://[broken",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_what_is_no_web_address_is_left_out(value: str, caplog: pytest.LogCaptureFixture) -> None:
    assert markdown(f"---\nurl: {value}\n---\nText.").source.url is None
    assert "is not a web address" in caplog.text


@pytest.mark.parametrize("key", ["url", "link", "canonical"])
def test_keys_of_a_web_address(key: str) -> None:
    assert markdown(f"---\n{key}: http://a.org/x\n---\nText.").source.url == "http://a.org/x"


def test_scalars_are_read_as_they_stand() -> None:
    source = markdown(
        "---\ntitle: 007\nlanguage: no\nauthor: Yes\ntags: 1984, on\n---\nText."
    ).source
    assert (source.title, source.language, source.author) == ("007", "no", "Yes")
    assert source.tags == ("1984", "on")


@pytest.mark.parametrize(("value", "language"), [("english", "en"), ("DE", "de"), ("fra", "en")])
def test_language(value: str, language: str) -> None:
    assert markdown(f"---\nlang: {value}\n---\nText.").source.language == language


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("# The *title*\n\nText.", "The title", "Text."),
        ("### The title\n\nText.", "The title", "Text."),
        ("The title\n=====\n\nText.", "The title", "Text."),
        ("Text.\n\n# The title\n\nMore.", "The title", "Text.\n\nThe title\n\nMore."),
        ("Text.\n\n## A section\n\nMore.", "some name", "Text.\n\nA section\n\nMore."),
        ("# Alone", "Alone", "Alone"),
        ("First line\n\nText.", "First line", "First line\n\nText."),
    ],
)
def test_title_of_markdown(text: str, title: str, rest: str) -> None:
    article = markdown(text)
    assert (article.source.title, article.text) == (title, rest)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("wrapped\nby hand", "wrapped by hand"),
        ("broken  \nhere\\\nand <br> here", "broken\nhere\nand\nhere"),
        (
            "*a* __b__ ~~c~~ `d  e` [f](http://x) ![g *h*](i.png) <http://j.k>",
            "a b c d e f g h http://j.k",
        ),
        ("Water is H<sub>2</sub>O <!-- hidden --> &amp; 5 < 6 &gt; 4", "Water is H2O & 5 < 6 > 4"),
        (
            "$O(n^2)$ [1][2] a_b_c 2 * 3 * 4 x*y f(x) <y",
            "$O(n^2)$ [1][2] a_b_c 2 * 3 * 4 x*y f(x) <y",
        ),
        ("- a\n- b\n  c\n  - d\n-\n", "• a\n\n• b c\n\n• d"),
        ("3. a\n4. b\n\n   c\n", "3. a\n\n4. b\n\nc"),
        ("> a\n> b\n>> c", "a b\n\nc"),
        ("```py\nif a:\n\tb\n```\n\n    indented", "if a:\n b\n\nindented"),
        ("| a | b |\n|---|---|\n| *c* | d |\n| e | |", "a | b\n\nc | b: d\n\ne"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("<div>\n<p>a<p>b <i>c</i>\n<script>d</script></div>\n\ne", "a\n\nb c\n\ne"),
        ("a <title> b\n\n<script>\n\nc", "a b"),
        ("<style>\n\na\n\n</style>\n\nb", "b"),
    ],
)
def test_markdown_to_text(text: str, plain: str) -> None:
    assert markdown(text).text == plain


@pytest.mark.parametrize(
    "text",
    [
        "word and word. " * 600_000,
        "word and word.\n" * 200_000,
        "[" * 100_000 + "a",
        "![" * 100_000 + "a",
        ">" * 50_000 + " a\n\nb",
        "*" * 100_000 + "a",
        "*a " * 15_000,
        "[a](" * 12_000,
        "<" * 100_000 + "a",
        "a" + " " * 1_000_000 + "b",
    ],
    ids=lambda text: f"{text[:5]!r}",
)
def test_markdown_of_any_shape_ends(text: str) -> None:
    assert markdown(text).text


def test_html_nested_deeply_in_markdown() -> None:
    with pytest.raises(UnreadableArticle, match=r"^its elements are nested too deeply$"):
        markdown("<div>" * 5000 + "text")


# HTML

ARTICLE = f"""<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>A bridge opens</h1><p>{PROSE}</p><h2>Costs</h2><p>It cost <b>12</b> million.<br>More or
less.</p><ul><li>Steel</li><li>Stone<ul><li>granite</li></ul></li></ul>
<table><tr><th>Year</th><th>Cars</th></tr><tr><td>2024</td><td>1,000</td></tr></table>
<p>On 3 March 2019 the work began; nobody knew when it would end, and few believed it.</p></article>
<div class="comments"><p>First comment!</p></div><script>alert(1)</script><footer>© 2011</footer>"""


def test_page() -> None:
    head = """<title>A bridge opens | The Example</title>
    <link rel="canonical" href="https://example.org/2024/bridge">
    <meta name="author" content="Ann Example"><meta name="keywords" content="bridge, river">
    <meta property="article:published_time" content="2024-05-06T10:00:00+02:00">"""
    assert page(ARTICLE, head, 'lang="de-CH"') == Article(
        Source(
            path="some-name.html",
            title="A bridge opens",
            date=dt.date(2024, 5, 6),
            url="https://example.org/2024/bridge",
            author="Ann Example",
            language="de",
            tags=("bridge", "river"),
        ),
        f"{PROSE}\n\nCosts\n\nIt cost 12 million.\nMore or less.\n\n• Steel\n\n• Stone\n\n• granite"
        "\n\nYear | Cars\n\nYear: 2024 | Cars: 1,000\n\nOn 3 March 2019 the work began; nobody "
        "knew when it would end, and few believed it.",
        headings=(93, 164),
    )


def test_page_that_declares_nothing(caplog: pytest.LogCaptureFixture) -> None:
    source = page(ARTICLE).source
    assert source == Source("some-name.html", "A bridge opens")
    assert caplog.text == ""


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="DC.date.issued" content="2024-05-06">',
        '<meta itemprop="datePublished" content="2024-05-06T10:00">',
        '<script type="application/ld+json">{"a": {"datePublished" : "2024-05-06"}}</script>',
        '</head><body><time pubdate datetime="2024-05-06">yesterday</time>',
        '<meta name=date content="soon"><meta name=date content="6 May 2024">',
    ],
)
def test_dates_that_a_page_declares(head: str) -> None:
    assert page(f"<p>{PROSE}</p>", head).source.date == dt.date(2024, 5, 6)


def test_date_of_a_page_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    assert page(f"<p>{PROSE}</p>", "<meta name=date content=soon>").source.date is None
    assert "some-name.html: date 'soon' is not a date" in caplog.text


@pytest.mark.parametrize(
    ("head", "title", "author"),
    [
        ("<title>A page</title><meta name=author content=Reuters>", "A page", "Reuters"),
        ('<meta property="og:title" content="Its name">', "Its name", None),
        ("", "some name", None),
    ],
)
def test_title_and_author_of_a_page(head: str, title: str, author: str | None) -> None:
    source = page(f"<p>{PROSE}</p>", head).source
    assert (source.title, source.author) == (title, author)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<p>Only a piece.", "Only a piece."),
        (b"Just words &amp; more", "Just words & more"),
        (b"<?xml version='1.0' encoding='utf-8'?><html><body>caf\xc3\xa9</body></html>", "café"),
        (b"<body><table><tr><td><p>a</p></td><td>b</td></tr></table>", "a | b"),
        (b"<a href=x>Home</a>", "Home"),
    ],
)
def test_page_with_little_text(data: bytes, text: str) -> None:
    assert only("a.html", data, "en").text == text


@pytest.mark.parametrize(
    "body",
    [
        "<p>word and word. " * 30_000,
        "word and word. " * 150_000,
        "<span>a</span> " * 40_000,
        "<div>" * 1000 + PROSE,
        "<ol>" + "<li>a b c" * 15_000,
        "<img src='data:" + "A" * 5_000_000 + f"'><p>{PROSE}</p>",
    ],
    ids=lambda body: f"{body[:6]!r}",
)
def test_page_of_any_shape_ends(body: str) -> None:
    assert page(body).text


@pytest.mark.parametrize("tag", ["<div>", "<b>x", "<table><tr><td>"])
def test_page_nested_too_deeply(tag: str) -> None:
    with pytest.raises(UnreadableArticle, match=r"^its elements are nested too deeply$"):
        page(tag * 100_000)


def test_long_metadata_does_not_stall() -> None:
    head = "<meta name=author content='" + "&lt;!--" * 100_000 + "'>"
    assert page(f"<p>{PROSE}</p>", head).source.author is None


def test_libraries_are_silent_and_loaded_late(tmp_path: Path) -> None:
    """As in a program that has not configured logging, where warnings go to standard error."""
    code = """
import sys
from retrieval.articles import parse, UnreadableArticle
assert not {"trafilatura", "markdown_it", "lxml", "yaml", "charset_normalizer"} & set(sys.modules)
for body in (b"<html><body></body></html>", b"<html lang=en></html>", b"<p>text", b"\\xff\\xe9"):
    try:
        parse("a.html", body)
    except UnreadableArticle:
        pass
assert "trafilatura" in sys.modules
"""
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_front_matter_of_a_text_says_what_it_is() -> None:
    text = (
        "---\ntitle: The ferry\ndate: 2024-03-05\nurl: https://example.org/ferry\nauthor: Ada\n"
        "language: de\ntags: [boat, island]\n---\n\nIt leaves at *seven*.\n"
    )
    article = only("a.txt", text.encode(), "en")
    assert article.source == Source(
        path="a.txt",
        title="The ferry",
        date=dt.date(2024, 3, 5),
        url="https://example.org/ferry",
        author="Ada",
        language="de",
        tags=("boat", "island"),
    )
    assert article.text == "It leaves at *seven*."


def test_front_matter_is_found_whatever_the_line_ends() -> None:
    article = only("a.txt", b"\xef\xbb\xbf---\r\ntitle: Ferry\r\n---\r\nIt leaves.\r\n", "en")
    assert (article.source.title, article.text) == ("Ferry", "It leaves.")


@pytest.mark.parametrize(
    "text", ["---\nA rule above, a rule below.\n---\n\nMore.", "It leaves.\n---\ntitle: No\n---"]
)
def test_rules_in_a_text_stay_in_it(text: str) -> None:
    assert only("a.txt", text.encode(), "en").text == text
