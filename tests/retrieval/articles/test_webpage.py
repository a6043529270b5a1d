"""Pages as sites make them: titles among names of sites, menus, hidden text, tables, formulas."""

from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles import UnreadableArticle
from retrieval.types import Article
from tests.retrieval.library import only

STORY = (
    "<p>The lighthouse of Skarn went dark on Friday night. Two keepers climbed the tower and found "
    "the lamp cracked; they lit a fire on the roof, as their grandfathers had done.</p><p>A new "
    "lamp comes by ship from Arbroath within a week, and until then the pilots sail by day.</p>"
)

BEHIND = "<p>Nobody was hurt, the ships that lay in the bay were warned by horn and by bell.</p>"


def page(body: str, head: str = "") -> Article:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return only("some-name.html", html.encode())


def title_of(body: str, head: str = "") -> str | None:
    article = page(f"{body}{STORY}", head)
    return article.source.title if article.titled else None


@pytest.mark.parametrize(
    ("title", "body"),
    [
        # A heading that is not the article's.
        ("Lighthouse goes dark", "<h1>Main menu</h1>"),
        ("Lighthouse goes dark", "<h1>Write a Reply or Comment</h1>"),
        ("Lighthouse goes dark - Skarn Post", "<h1>Skarn Post</h1>"),
        ("Lighthouse goes dark | News | Skarn Post", "<h1>Skarn Post</h1><h2>News</h2>"),
        ("Skarn Post » Lighthouse goes dark", "<h1><a href='/'>Skarn Post</a></h1>"),
        (
            "Lighthouse goes dark › Friends of Skarn",
            "<h1><a href='https://skarn.example/'>Friends of Skarn</a></h1>",
        ),
        ("Skarn Post: Lighthouse goes dark", "<a href='/'>Skarn Post</a>"),
        ("Skarn Post | Lighthouse goes dark", "<h1>Skarn Post</h1><h2>Lighthouse goes dark</h2>"),
        ("Skarn Post: Lighthouse goes dark", "<h1>Skarn Post</h1>"),
        ("Lighthouse goes dark", "<h1>***</h1>"),
        # A title that is not the article's.
        ("Skarn Post", "<a href='/'>Skarn Post</a><h1>Lighthouse goes dark</h1>"),
        ("Welcome!", "<h1>Lighthouse goes dark</h1>"),
        ("---", "<h1>Lighthouse goes dark</h1>"),
        ("", "<h1>Lighthouse goes dark</h1>"),
        ("", "<h2>Lighthouse goes dark</h2>"),
        # One that says both.
        ("Lighthouse goes dark - News - Skarn Post", "<h1>Lighthouse goes dark</h1>"),
        ("Skarn Post | Lighthouse goes dark", "<h1>Lighthouse goes dark</h1>"),
        ("Lighthouse goes dark – skarnpost.example", ""),
    ],
)
def test_title_of_an_article_among_names_of_its_site(title: str, body: str) -> None:
    assert title_of(body, f"<title>{title}</title>") == "Lighthouse goes dark"


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="og:title" content="Lighthouse goes dark | Skarn Post">'
        '<meta property="og:site_name" content="Skarn Post">',
        '<meta name="twitter:title" content="Lighthouse goes dark">',
        '<meta property="x:y og:title" content="Lighthouse goes dark">',
        "</head><body><svg><title>Search</title></svg>"
        '<meta property="og:title" content="Lighthouse goes dark">',
        '<script type="application/ld+json">{"headline": "Lighthouse goes dark"}</script>',
        '<title>Harbour Gazette</title><meta property="og:title" content="Lighthouse goes dark">',
        '<meta property="og:title" content="lighthouse-goes-dark-2">'
        "<title>Lighthouse goes dark</title>",
        '<meta property="og:title" content="Skarn Post"><title>Lighthouse goes dark</title>'
        '<link rel="canonical" href="https://skarn-post.example/2024/dark">',
    ],
)
def test_title_that_a_page_declares(head: str) -> None:
    assert title_of("<h1>Navigation and service</h1>", head) == "Lighthouse goes dark"


@pytest.mark.parametrize(
    ("title", "body", "kept"),
    [
        ("Marienkirche", "<h1>Die Marienkirche in Lübeck</h1>", "Die Marienkirche in Lübeck"),
        ("灯台が消えた-海の新聞", "<h1>灯台が消えた</h1>", "灯台が消えた"),
        ("Маяк погас | Новости", "<h1>Меню</h1>", "Маяк погас"),
        (
            "Dark nights | Education - Skarn",
            "<h1>Dark nights</h1><h2>Education</h2>",
            "Dark nights",
        ),
        ("Well-known towers: a list", "", "Well-known towers: a list"),
        ("Towers - a short list", "", "Towers - a short list"),
        ("1984", "<h1>1984</h1>", None),
    ],
)
def test_titles_in_full(title: str, body: str, kept: str | None) -> None:
    assert title_of(body, f"<title>{title}</title>") == kept


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>secret</p>",
        "<div style='color: red; DISPLAY : none'>secret</div>",
        "<p style='visibility:hidden'>secret</p>",
        "<span aria-hidden=true>secret</span>",
        "<section><h2 style='display:none!important'>secret</h2></section>",
    ],
)
@pytest.mark.parametrize("story", [STORY, "<p>The lighthouse of Skarn went dark.</p>"])
def test_hidden_text_is_not_read(hidden: str, story: str) -> None:
    assert "secret" not in page(f"<article>{story}{hidden}</article>").text


@pytest.mark.parametrize(
    "body",
    [
        f"<div hidden>{STORY}</div><p>Loading …</p>",
        f"<main style='visibility: hidden'>{STORY}</main>",
        "".join(f"<div style='display:none'>{part}</div>" for part in (STORY, STORY, STORY)),
        f"<noscript>{STORY}</noscript><p>Loading …</p>",
    ],
)
def test_a_page_that_is_hidden_until_a_script_runs_is_read(body: str) -> None:
    assert "found the lamp cracked" in page(body).text


def test_what_a_button_or_a_link_opens_is_read() -> None:
    body = """<article><button aria-controls="a">May dogs climb the tower?</button>
    <p id="a" hidden>Dogs climb it on a lead.</p><a href="#b">And cats?</a>
    <p id="b" style="display: none">Cats climb it as they please.</p>
    <h3><button>How old is it?</button></h3><p>It is a hundred years old.</p>"""
    text = page(f"{body}{STORY}</article>").text
    assert "May dogs climb the tower?\n\nDogs climb it on a lead." in text
    assert "How old is it?\n\nIt is a hundred years old." in text
    assert "Cats climb it as they please." in text


@pytest.mark.parametrize(
    "folded",
    [
        "<h3>How old is it?</h3><div style='display:none'><p>A hundred years.</p></div>",
        "<dl class=faq><dt>Its age</dt><dd hidden>A hundred years.</dd></dl>",
        "<div class=accordion><h4>Its age</h4><div hidden>A hundred years.</div></div>",
    ],
)
def test_what_a_script_unfolds_is_read(folded: str) -> None:
    assert "A hundred years." in page(f"<article>{STORY}{folded}{STORY}</article>").text


FORMULAS = [
    ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E=mc^2"),
    ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a+b)/2"),
    ("<msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo><msqrt><mi>a</mi><mi>b</mi></msqrt>",
     "x_1<√(ab)"),
    ("<mi>sin</mi><mi>x</mi><mspace/><mtext>if known</mtext>", "sin x if known"),
    ("<semantics><mi>z</mi><annotation encoding='application/x-tex'>\\z</annotation></semantics>",
     "z"),
    ("<semantics><annotation encoding='application/x-tex'>y^2</annotation></semantics>", "y^2"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "text"), [*FORMULAS, ("", "alternative")])
@pytest.mark.parametrize("story", [STORY, ""])
def test_formulas(formula: str, text: str, story: str) -> None:
    math = (
        f'<math alttext="alternative">{formula}</math>'
        if not formula
        else f"<math>{formula}</math>"
    )
    body = f"<article>{story}<p>The height follows from {math}, said the keeper.</p></article>"
    assert f"The height follows from {text}, said the keeper." in page(body).text


def test_a_formula_that_is_hidden_behind_its_picture() -> None:
    math = "<math><mi>h</mi><mo>=</mo><mn>40</mn></math>"
    body = f"<p>Its height is <span style='display: none'>{math}</span><img src=h.png>.</p>"
    assert "Its height is h=40." in page(f"<article>{STORY}{body}</article>").text


def test_stray_nul_bytes_are_passed_over() -> None:
    html = f"<title>Dark</title><body>{STORY}<p>A\0rbroath\0".encode()
    assert only("a.html", html).text.endswith("\n\nArbroath")


def test_characters_that_no_text_may_have_are_passed_over() -> None:
    title = "Da&#1;rk &#x0;nights&#xFFFF;"
    html = f"<title>{title}</title><body><h1>{title}</h1>{STORY}<p>Ar&#000000000002;broath"
    article = only("a.html", f"{html}, he\x0csaid&#;\uffff</p>".encode())
    assert article.source.title == "Dark nights"
    assert article.text.endswith("\n\nArbroath, he said&#;")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, bytes(range(256)) * 9])
def test_a_binary_file_is_no_page(data: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=r"^a binary file"):
        only("a.html", data)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark(codec: str) -> None:
    assert "Maßstab" in only("a.html", f"<html><body><p>Maßstab{STORY}".encode(codec)).text


MENU = "".join(f"<li><a href=/{name}>{name}</a></li>" for name in ("Home", "News", "Contact"))


@pytest.mark.parametrize(
    "body",
    [
        f"<nav><ul>{MENU}</ul></nav><main>{{}}</main><footer>Imprint</footer>",
        f"<ul>{MENU}</ul>{{}}<div class='footer'>Imprint</div>",
        "<div><a href=/>Home</a> | <a href=/n>News</a> | <a href=/c>Contact</a></div>{}",
        "<div role=navigation>Home News</div>{}<aside>Rain.</aside>",
        f"<table><tr><td><ul>{MENU}</ul></td><td>{{}}</td></tr></table>",
    ],
)
def test_a_short_page_comes_without_its_menu(body: str) -> None:
    story = "<h1>Ferry stops</h1><p>The ferry rests on Monday.</p><ul><li>Boats sail.</li></ul>"
    article = page(body.format(story), "<title>Ferry stops</title>")
    assert article.text == "The ferry rests on Monday.\n\n• Boats sail."


@pytest.mark.parametrize("body", [f"<ul>{MENU}</ul>", f"<nav>{MENU}</nav>", "<aside>Rain.</aside>"])
def test_a_page_of_nothing_else_keeps_its_links(body: str) -> None:
    assert page(body).text


@pytest.mark.parametrize(
    "around", ["{}", "<blockquote>{}</blockquote>", "<table><tr><td>{}</table>"]
)
@pytest.mark.parametrize("story", [STORY, ""])
def test_rows_of_tables(around: str, story: str) -> None:
    table = """<table><caption>Summer</caption><tr><th></th><th>First</th><th>Last</th></tr>
    <tr><th>Monday</th><td><p>6:10</p></td><td>22:40</td></tr>
    <tr><th>Sunday</th><td>8:10</td><td><ul><li>20:40</li><li>21:40</li></ul></td></tr></table>"""
    text = page(f"<article>{story}{around.format(table)}</article>").text
    assert text.endswith("Summer\n\nFirst | Last\n\nMonday | First: 6:10 | Last: 22:40\n\n"
                         "Sunday | First: 8:10 | Last: • 20:40 • 21:40")  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "<p>It was on <time datetime=2024-03-05>5 March</time> at noon.</p>",
        "<figure><img src=a.png><figcaption>It was on 5 March at noon.</figcaption></figure>",
        "<figure><img src=a.png><figcaption>It was on <a href=/m>5 March</a> at noon.</figcaption>"
        "</figure>",
        "<div>It was on <b>5 March</b> at noon.<p>The pilots slept.</p></div>",
        "<div><p>The pilots slept.</p>It was on <b>5 March</b> at noon.</div>",
        "<details><summary>When?</summary>It was on 5 March at noon.</details>",
        "<dl><dt>Day</dt><dd>It was on 5 March at noon.</dd></dl>",
        "<div>It was on <b>5 March</b> at noon.</div>",
        "<address>It was on <b>5 March</b> at noon.</address>",
        "<center>It was on <b>5 March</b> at noon.</center>",
        "<section>It was on 5 March at noon.</section>",
        "<fieldset><legend></legend>It was on <b>5 March</b> at noon.</fieldset>",
        "<div><div>It was on 5 March at noon.</div></div>",
        "<div><div><div><span>It was on <b>5 March</b> at noon.</span></div></div></div>",
        "<div>The pilots slept.<div>It was on 5 March at noon.</div>They woke up late.</div>",
        "<section><h2>When</h2><div><div>It was on 5 March at noon.</div></div></section>",
        "<div><div>It was on 5 March at noon.</div><div>The pilots slept.</div></div>",
        "<div><div><img src=a.png></div><div>It was on <i>5 March</i> at noon.</div></div>",
        "<details><summary>When?</summary><div>It was on 5 March at noon.</div></details>",
        "<div><a href=/march>It</a> was on <time>5 March</time> at noon.</div>",
        "<div>It was on <i>5 March</i> at <a href=/noon>noon</a>.</div>",
        "<h2>It was on <time datetime=2024-03-05>5 March</time> at noon.</h2>",
        "<p>It was on <label>5 March</label> at noon.</p>",
        "<p>It was on <q>5 March</q> at noon.</p>",
    ],
)
def test_text_in_other_places_than_paragraphs(body: str) -> None:
    text = page(
        f"<article><h1>Dark</h1>{STORY}{body}{STORY.replace('Skarn', 'Skerry')}</article>"
    ).text
    assert "\n\nIt was on 5 March at noon.\n\n" in text


@pytest.mark.parametrize(
    "body",
    [
        "<div><div><a href=/a>Our ships</a></div><div><a href=/b>Our ships</a></div></div>",
        "<div class=share><div>Tell others of our ships.</div></div>",
        "<div class=related><div><div>Our ships and theirs.</div></div></div>",
        "<nav><div><div>Our ships and theirs.</div></div></nav>",
    ],
)
def test_what_stands_around_the_text_is_not_read(body: str) -> None:
    text = page(
        f"<div class=entry-content>{STORY}{body}{STORY.replace('Skarn', 'Skerry')}</div>"
    ).text
    assert text.endswith("the pilots sail by day.")
    assert "ur ships" not in text


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "<header><h1>Skarn</h1></header>{}",
        "<div>{}</div>",
        "<div class=WordSection1>{}</div>",
        "<div class=container><div class=row><section class=level1>{}</section></div></div>",
        "<table><tr><td><a href=/>Home</a></td><td>{}</td></tr></table>",
        "<main>{}</main>",
    ],
)
def test_lists_and_headings_are_read_whatever_frames_the_text(frame: str) -> None:
    lists = (
        "<h2>Hours</h2><ul><li>Monday: 8 to 17</li><li>Tuesday: closed</li></ul>"
        "<dl><dt>Berth</dt><dd>A place for a boat.</dd></dl>"
    )
    menu = "<ul><li><a href=/a>About us</a><li><a href=/b>Our ships</a><li><a href=/c>News</a></ul>"
    text = page(menu + frame.format(f"{STORY}{lists}{STORY.replace('Skarn', 'Skerry')}")).text
    assert "\n\nHours\n\n• Monday: 8 to 17\n\n• Tuesday: closed\n\nBerth\n\nA place" in text
    assert text.endswith("the pilots sail by day.")
    assert "Our ships" not in text


def test_a_caption_of_nothing_but_a_link_is_another_article() -> None:
    teaser = "<figure><img src=a.png><figcaption><a href=/b>Ship aground</a></figcaption></figure>"
    text = page(f"<article>{STORY}{teaser}{STORY.replace('Skarn', 'Skerry')}</article>").text
    assert "aground" not in text


def test_tasks_are_read_and_forms_are_not() -> None:
    tasks = (
        "<ul><li><label><input type=checkbox>Mend the lamp</label> by noon</li><li>Rest</li></ul>"
    )
    form = "<form><p><label>Your name</label> <input></p></form>"
    text = page(f"<article>{STORY}{tasks}{STORY.replace('Skarn', 'Skerry')}{form}</article>").text
    assert "• Mend the lamp by noon\n\n• Rest" in text
    assert "Your name" not in text


def test_what_a_page_says_again_is_read_again() -> None:
    chorus = f"<p>Row, keepers, row, for the lamp is out, and the rocks {'are near, ' * 9}row.</p>"
    text = page(f"<article>{STORY}{chorus}{chorus}{BEHIND}{chorus}</article>").text
    assert text.count("Row, keepers, row") == 3


@pytest.mark.parametrize("tag", ["embed", "source", "track"])
def test_text_behind_an_element_that_is_never_ended(tag: str) -> None:
    text = page(f"<article><div>{STORY}<{tag} src='lamp.mp4'>{BEHIND}</div></article>").text
    assert "Nobody was hurt" in text


def test_terms_are_no_items_of_a_list() -> None:
    terms = "<dl><dt>Keeper</dt><dd>Climbs the tower.</dd><dt>Pilot</dt><dd>Sails.</dd></dl>"
    text = page(f"<article>{STORY}{terms}</article>").text
    assert text.endswith("Keeper\n\nClimbs the tower.\n\nPilot\n\nSails.")


PUBLISHED = '<meta property="article:published_time" content="2024-03-05">'
LD = '<script type="application/ld+json">{{"{}": "{}"}}</script>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:modified_time" content="2024-04-01">' + PUBLISHED, ""),
        (LD.format("dateModified", "2024-04-01") + PUBLISHED, ""),
        ('<meta property="og:updated_time" content="2024-03-05">', ""),
        (LD.format("dateModified", "2024-03-05T10:00:00Z"), ""),
        ('<meta name="date" content="last spring">' + LD.format("datePublished", "2024-03-05"), ""),
        ("", "<span itemprop='datePublished' content='2024-03-05' hidden></span>"),
        ("", "<span itemprop='datePublished'>2024-03-05</span>"),
        ("", "<p class='entry-date'>March 5, 2024</p>"),
        ("", "<time datetime='2024-03-05T08:00:00+01:00'>last spring</time>"),
    ],
)
def test_dates_of_a_page(head: str, body: str, caplog: pytest.LogCaptureFixture) -> None:
    assert page(f"<article>{body}{STORY}</article>", head).source.date == dt.date(2024, 3, 5)
    assert caplog.text == ""


def test_no_date_is_taken_from_the_story() -> None:
    story = STORY.replace("Friday night", "5 March 2024")
    assert page(f"<article>{story}</article>").source.date is None


@pytest.mark.parametrize(
    "body",
    [
        "<div hidden>" * 1900 + "word " * 100_000,
        "<ul>" * 1000 + "<li><a href=x>a</a></li>" * 5_000,
        "<div>" * 900 + "<table><tr><td>x</td></tr></table>" * 4_000,
        "<math>" + "<msup>" * 1900 + "x",
    ],
    ids=lambda body: f"{body[:6]!r}",
)
def test_pages_nested_deeply_end(body: str) -> None:
    assert page(f"<p>word</p>{body}").text
