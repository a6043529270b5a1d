from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import UnreadableArticle, parse
from retrieval.types import Article, Source
from tests.retrieval.articles.samples_feeds import ATOM, RDF, RSS
from tests.retrieval.library import only

NO_FEED = r"^XML that is no RSS or Atom feed$"


def rss(items: str, channel: str = "", attributes: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {attributes} '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel>{channel}{items}</channel></rss>"
    ).encode()


def item(fields: str, channel: str = "") -> Article:
    return only("a.rss", rss(f"<item>{fields}</item>", channel))


def entry(fields: str, feed: str = "") -> Article:
    text = f'<feed xmlns="http://www.w3.org/2005/Atom">{feed}<entry>{fields}</entry></feed>'
    return only("a.atom", text.encode())


TEXT = "<description>Crows recognise faces.</description>"


def test_an_rss_feed() -> None:
    first, second = parse("news.rss", RSS)
    assert first.source == Source(
        path=first.source.path,
        title="Crows & their grudges",
        date=dt.date(2024, 5, 1),
        url="https://example.org/crows",
        author="A. Crow",
        language="en",
        tags=("corvids", "faces"),
    )
    assert first.text == "Crows recognise faces.\n\nThey hold grudges for years."
    assert second.source.title == "Magpies"
    assert second.source.url == "https://example.org/magpies?a=1&b=2"
    assert second.text == "Magpies are smart & shy."


def test_an_atom_feed() -> None:
    (one,) = parse("news.atom", ATOM)
    assert one.source == Source(
        path=one.source.path,
        title="Krähen & Raben",
        date=dt.date(2024, 5, 1),
        url="https://example.org/blog/krähen.html",
        author="A. Krähe, B. Rabe",
        language="de",
        tags=("Vögel",),
    )
    assert one.text == "Krähen erkennen Gesichter.\n\n• lange\n\n• genau"


def test_a_feed_of_rss_1() -> None:
    (one,) = parse("news.xml", RDF)
    assert one.source.title == "Crows"
    assert one.source.date == dt.date(2024, 5, 1)
    assert one.source.url == "https://example.org/crows"
    assert one.source.author == "A. Crow"
    assert one.text == "Crows recognise faces."


def test_an_entry_keeps_its_name_when_others_come_and_its_text_changes() -> None:
    one = "<item><guid>urn:1</guid><title>A</title><description>One.</description></item>"
    other = "<item><guid>urn:2</guid><title>B</title><description>Two.</description></item>"
    (before,) = parse("a.rss", rss(one))
    _, after = parse("a.rss", rss(other + one.replace("One.", "One, mended.")))
    assert before.source.path == after.source.path
    assert len(before.source.path) == len("a.rss#") + 16
    assert (before.text, after.text) == ("One.", "One, mended.")


@pytest.mark.parametrize(
    ("fields", "other"),
    [
        ("<link>https://a.org/1</link>", "<link>https://a.org/2</link>"),
        ("<title>One</title>", "<title>Two</title>"),
        ("<pubDate>Wed, 01 May 2024</pubDate>", "<pubDate>Thu, 02 May 2024</pubDate>"),
    ],
)
def test_entries_without_an_id_are_told_apart(fields: str, other: str) -> None:
    items = f"<item>{fields}{TEXT}</item><item>{other}{TEXT}</item><item>{fields}{TEXT}</item>"
    assert len(parse("a.rss", rss(items))) == 2


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("<pubDate>Wed, 01 May 2024 10:00:00 +0200</pubDate>", dt.date(2024, 5, 1)),
        ("<pubDate>1 May 24 23:59 EST</pubDate>", dt.date(2024, 5, 1)),
        ("<dc:date>2024-05-01T10:00:00Z</dc:date>", dt.date(2024, 5, 1)),
        ("<dc:date>2024-05-01T23:59:00-07:00</dc:date>", dt.date(2024, 5, 1)),
        ("<pubDate>some day</pubDate>", None),
        ("<pubDate>99 Foo 0000</pubDate>", None),
        ("<pubDate/>", None),
    ],
)
def test_dates(date: str, day: dt.date | None) -> None:
    assert item(date + TEXT).source.date == day


def test_an_update_is_the_date_of_an_entry_that_has_no_other() -> None:
    text = "<summary>Crows.</summary>"
    updated = "<updated>2024-06-01T00:00:00Z</updated>"
    published = "<published>2024-05-01T00:00:00Z</published>"
    assert entry(updated + text).source.date == dt.date(2024, 6, 1)
    assert entry(updated + published + text).source.date == dt.date(2024, 5, 1)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<link>https://a.org/x</link>", "https://a.org/x"),
        ("<link>/x</link>", "https://home.org/x"),
        ("<link>https://a.org/?a=1&b=2&copy=3</link>", "https://a.org/?a=1&b=2&copy=3"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>file:///etc/passwd</link>", None),
        ("<link>http://[x</link>", None),
        ("<guid>https://a.org/x</guid>", "https://a.org/x"),
        ('<guid isPermaLink="false">https://a.org/x</guid>', None),
        ("<guid>urn:x</guid>", None),
    ],
)
def test_addresses(link: str, url: str | None) -> None:
    assert item(link + TEXT, "<link>https://home.org/feed</link>").source.url == url


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("<description>Short.</description><content:encoded>Long &lt;p&gt;text.</content:encoded>",
         "Long\n\ntext."),
        ("<description>Short.</description><content:encoded> </content:encoded>", "Short."),
        ("<description>AT&amp;amp;T is 3 &lt; 4.</description>", "AT&T is 3 < 4."),
        ("<description>One.\n\nTwo.</description>", "One.\n\nTwo."),
        ("<description>A&nbsp;crow&hellip; &LT;b</description>", "A\xa0crow… <b"),
        ("<description><p>One.</p><p>Two.</p></description>", "One.\n\nTwo."),
        ("<description>&lt;script&gt;x()&lt;/script&gt;&lt;b&gt;One.&lt;/b&gt;</description>",
         "One."),
        ("<media:description>Alt.</media:description><description>One.</description>", "One."),
        ("<description>One.</description><media:description type='plain'>A caption that is longer."
         "</media:description>", "One."),
        ("<media:group><media:description>A video.</media:description></media:group>", "A video."),
        ("<description><div>One.</div><div>Two.</div></description>", "One.\n\nTwo."),
        ("<description>R&D at <b>AT&T</b> &amp; Sons</description>", "R&D at AT&T & Sons"),
        ("<description><![CDATA[R&D &amp; <b>x</b> &nbsp;]]></description>", "R&D & x"),
        ("<description>a &#55357;&#56832; &#0; &#150;</description>", "a \ufffd\ufffd \ufffd –"),
        ("<description>One.<br>Two.</description>", "One.\nTwo."),
        ("<content:encoded>Body.</content:encoded><description>Longer.</description>", "Longer."),
        ("<description>It&#146;s here. It\x92s <![CDATA[it&#146;s, it\x92s]]></description>",
         "It’s here. It’s it’s, it’s"),
        ("<itunes:subtitle>Short.</itunes:subtitle>", "Short."),
        ("<itunes:subtitle>Short.</itunes:subtitle><itunes:summary>Long.</itunes:summary>",
         "Long."),
    ],
)  # fmt: skip
def test_texts(fields: str, text: str) -> None:
    assert item(fields).text == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<content>3 &lt; 4 &amp;amp; 5</content>", "3 < 4 & 5"),
        ('<content type="text">a &lt;b&gt; c</content>', "a <b> c"),
        ('<content type="html">a &lt;b&gt;b&lt;/b&gt; c</content>', "a b c"),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p><p>b</p></div>'
         "</content>", "a\n\nb"),
        ('<content type="image/png">aaaa</content><summary>b</summary>', "b"),
        ('<content type="application/octet-stream">R3LDvMOfZQ==</content>', "Grüße"),
        ('<content type="application/octet-stream">iVBORw0KGgo=</content><summary>b</summary>',
         "b"),
        ('<content type="">a &lt;b&gt;b&lt;/b&gt; c</content>', "a b c"),
        ('<content type="text/markdown">a *b* &lt;c&gt;</content>', "a *b* <c>"),
        ('<content type="video/mp4" src="https://a.org/v"/><summary>b</summary>', "b"),
    ],
)  # fmt: skip
def test_texts_of_atom(content: str, text: str) -> None:
    assert entry(content).text == text


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>crow@example.org (A. Crow)</author>", "A. Crow"),
        ("<dc:creator>A. Crow</dc:creator><dc:creator>B. Raven</dc:creator>", "A. Crow, B. Raven"),
        ("<author>a@crows.online (A. Crow)</author>", "A. Crow"),
        ("<author>a@crows.online</author>", "a@crows.online"),
        ("<author> </author>", None),
    ],
)
def test_authors(author: str, name: str | None) -> None:
    assert item(author + TEXT).source.author == name


@pytest.mark.parametrize("name", ["links", "authors", "tags", "title_detail", "aside", "image"])
def test_elements_that_are_no_feed_s(name: str) -> None:
    fields = f"<link>https://a.org/x</link><author>A. Crow</author><title>Crows</title>{TEXT}"
    for odd in (f"<{name}>odd</{name}>", f"<{name} a='1'>odd</{name}>"):
        for one in (item(odd + fields), item(fields + odd)):
            source = one.source
            assert (source.title, source.author, source.url, one.text) == (
                "Crows",
                "A. Crow",
                "https://a.org/x",
                "Crows recognise faces.",
            )


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    text = "Ворони пам'ятають." if encoding != "iso-8859-1" else "Die Krähe hört."
    feed = f'<?xml version="1.0" encoding="{encoding}"?><rss><channel><item><description>{text}'
    data = f"{feed}</description></item></channel></rss>".encode(encoding)
    assert only("a.xml", data).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark(encoding: str) -> None:
    feed = f'<?xml version="1.0" encoding="{encoding[:6]}"?><rss><channel><item>{TEXT}</item>'
    assert only("a.xml", feed.encode(encoding)).text == "Crows recognise faces."


@pytest.mark.parametrize(
    "root",
    [
        '<rss version="2.0" xmlns="http://backend.userland.com/rss2">{}</rss>',
        '<rss version="2.0" xmlns="http://example.org/any">{}</rss>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://my.netscape.com/rdf/simple/0.9/">{}</rdf:RDF>',
        '\n\n<?xml version="1.0"?><RSS>{}</RSS>',
    ],
)
def test_roots_and_namespaces(root: str) -> None:
    data = root.format(f"<channel><item><title>Crows</title>{TEXT}</item></channel>")
    one = only("a.xml", data.encode())
    assert (one.source.title, one.text) == ("Crows", "Crows recognise faces.")


def test_an_encoding_that_is_not_declared() -> None:
    text = "Вороны узнают лица людей и помнят обиды годами, а сороки тоже умны."
    data = f"<rss><channel><item><description>{text}</description></item></channel></rss>"
    assert only("a.xml", data.encode("cp1251")).text == text


def test_prefixes_that_are_not_declared() -> None:
    fields = "<dc:creator>A. Crow</dc:creator><content:encoded>Crows.</content:encoded>"
    one = only("a.rss", f"<rss><channel><item>{fields}</item></channel></rss>".encode())
    assert (one.source.author, one.text) == ("A. Crow", "Crows.")


def test_a_feed_that_breaks_off_keeps_what_came_before() -> None:
    data = rss(f"<item><guid>1</guid>{TEXT}</item><item><guid>2</guid>{TEXT}</item>")
    assert parse("a.rss", data[: data.rindex(b"<guid>")])[0].text == "Crows recognise faces."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no XML",
        b"<html><body><p>One.</p></body></html>",
        b"<?xml version='1.0'?><opml><body><outline text='a'/></body></opml>",
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url/></urlset>",
        b'{"items": []}',
        b"<",
    ],
)
def test_xml_that_is_no_feed(data: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=NO_FEED):
        parse("a.xml", data)


def test_a_feed_without_texts() -> None:
    with pytest.raises(UnreadableArticle, match=r"^no text in it$"):
        parse("a.rss", rss("<item><title>A</title><link>https://a.org/</link></item>"))


def test_entities_that_multiply_are_not_read() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "crow"}">' for n in range(12))
    for use in ("<description>Crows &a11;</description>", f"<title a='&a11;'>A</title>{TEXT}"):
        data = f"<!DOCTYPE rss [{entities}]><rss><channel><item>{use}</item></channel></rss>"
        try:
            (one,) = parse("a.rss", data.encode())
        except UnreadableArticle as error:
            assert "entities that multiply" in str(error)  # noqa: PT017 - either is right
        else:
            assert len(one.text) < 100


def test_no_file_is_read_and_no_address_opened(tmp_path: object) -> None:
    secret = f"{tmp_path}/secret.txt"
    with open(secret, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("the secret")
    data = (
        f'<!DOCTYPE rss SYSTEM "{secret}" [<!ENTITY x SYSTEM "file://{secret}">'
        '<!ENTITY y SYSTEM "http://127.0.0.1:9/">]>'
        "<rss><channel><item><description>Crows &x; and &y;.</description></item></channel></rss>"
    )
    assert only("a.rss", data.encode()).text == "Crows &x; and &y;."


@pytest.mark.parametrize("name", ["secret.xml", "http://127.0.0.1:9/", "file:///etc/hostname"])
def test_a_feed_that_is_a_path_or_an_address_is_not_opened(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.xml").write_bytes(rss(f"<item>{TEXT}</item>"))
    with pytest.raises(UnreadableArticle, match=NO_FEED):
        parse("a.xml", name.encode())


def test_an_entry_that_is_whole_is_read_wherever_the_feed_breaks_off() -> None:
    whole = rss(f"<item><title>A</title>{TEXT}</item>").removesuffix(b"</channel></rss>")
    cut = b"<item><title>B &amp; b</title><description><![CDATA[<p>Ravens]]></description></item>"
    for end in range(len(cut)):
        assert parse("a.rss", whole + cut[:end])[0].text == "Crows recognise faces."


@pytest.mark.parametrize(
    "fields",
    [
        "".join(f"<category>c{n}</category>" for n in range(10_000)),
        "".join(f"<dc:subject><![CDATA[c{n}]]></dc:subject>" for n in range(10_000)),
        "<x " + " ".join(f"a{n}='x'" for n in range(10_000)) + "/>",
    ],
    ids=["categories", "subjects", "attributes"],
)
def test_a_feed_of_any_shape_ends(fields: str) -> None:
    data = b" " * 100_000 + rss(f"<item>{TEXT}{fields}</item><item><title>B</title>{TEXT}</item>")
    assert len(parse("a.rss", data)) == 2


@pytest.mark.parametrize("tag", ["item", "div", "description"])
def test_elements_nested_too_deeply(tag: str) -> None:
    deep = f"<{tag}>" * 10_000 + "crow" + f"</{tag}>" * 10_000
    # Whatever else is no text either: an item in a description is no article.
    with pytest.raises(UnreadableArticle, match=r"elements (are )?nested too deeply|^no text"):
        parse("a.rss", rss(f"<item><description>{deep}</description></item>"))
    html = deep.replace("<", "&lt;")
    with pytest.raises(UnreadableArticle, match=r"nested too deeply"):
        parse("a.rss", rss(f"<item><description>{html}</description></item>"))


PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "<description>", "</description>", "<link>", "a",
     "<link href='http://[' rel='alternate'/>", "<guid>", "&lt;p&gt;", "&amp;", "&nbsp;", "&#0;",
     "<![CDATA[", "]]>", "<pubDate>", "1 May 9999999999", "<category term='x'/>", "<author><name>",
     "<x:y>", "<!-- ", "-->", "<?p ?>", "xml:base='http://['", "\x00", "\ud800", "é", "<content "]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join), st.booleans())
def test_any_xml_gives_articles_or_a_reason(inner: str, wrapped: bool) -> None:
    text = f"<rss><channel><item>{inner}</item></channel></rss>" if wrapped else inner
    try:
        articles = parse("a.xml", text.encode(errors="surrogatepass"))
    except UnreadableArticle:
        return
    assert all(one.text and one.source.title for one in articles)
