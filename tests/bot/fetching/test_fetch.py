from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.command import WORLD_AT_FAULT, WRONG_USAGE
from bot.errors import BotError
from bot.fetching import Failed, Saved, fetch, parse_addresses
from bot.fetching.address import FetchError
from bot.fetching.fetched_folder import FetchedFolder
from config import ArticlesSettings, Settings, SettingsError
from retrieval.articles import Parser, walk
from retrieval.types import Article
from tests.bot.fetching.web_server import Web, leads, sends, serving, stalls
from tests.bot.http_server import Handler, repeats

PROSE = (
    "The new bridge over the river opened on Monday after six years of work, and it was crowded. "
    "Nobody had expected so many people to walk across it on the very first day of all."
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>The bridge: "open" at last</title>
<meta name="author" content="Ada Lovelace"><meta name="keywords" content="bridge, the town">
<meta property="article:published_time" content="2024-03-05T10:00:00Z"></head>
<body><nav>Menu</nav><article><h1>The bridge: "open" at last</h1><p>{PROSE}</p>
<p>{PROSE.replace("bridge", "ferry")}</p></article></body></html>"""
RSS = '<?xml version="1.0"?>\n<!-- news --><rss version="2.0"><channel/></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title></feed>'
PDF = b"%PDF-1.7\n\x00\xff rest"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
def articles(tmp_path: Path) -> ArticlesSettings:
    folder = tmp_path / "articles"
    folder.mkdir()
    return Settings.load(None, {"articles": {"folder": folder, "max_megabytes": 1}}).articles


def fetched(url: str, articles: ArticlesSettings, seconds: float = 20) -> Saved:
    [outcome] = fetch(parse_addresses([url]), articles, seconds)
    assert isinstance(outcome, Saved), outcome
    return outcome


def refused(url: str, articles: ArticlesSettings, seconds: float = 20) -> str:
    [outcome] = fetch(parse_addresses([url]), articles, seconds)
    assert isinstance(outcome, Failed), outcome
    assert files(articles) == []
    return outcome.reason


def files(articles: ArticlesSettings) -> list[str]:
    return [
        path.relative_to(articles.folder).as_posix()
        for path in sorted(articles.folder.rglob("*"))
        if path.is_file() and path.suffix != ".sha256"
    ]


def content(saved: Saved, articles: ArticlesSettings) -> bytes:
    return (articles.folder / saved.article).read_bytes()


def read_back(saved: Saved, articles: ArticlesSettings) -> Article:
    with Parser(articles) as parser:
        found = walk(articles.folder, articles.max_bytes)
        [file] = found.files
        assert (file.path, found.skipped) == (saved.article, [])
        parser.read(file)
        [article] = parser.parse()
    return article


# What is saved


def test_a_page_becomes_an_article_with_its_date_and_source(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages["/news/bridge.html"] = sends(PAGE)
    saved = fetched(web.url("/news/bridge.html"), articles)
    assert saved.changed
    assert (saved.title, saved.date) == ('The bridge: "open" at last', dt.date(2024, 3, 5))
    article = read_back(saved, articles)
    source = article.source
    assert (source.title, source.date, source.url) == (
        'The bridge: "open" at last',
        dt.date(2024, 3, 5),
        web.url("/news/bridge.html"),
    )
    assert (source.author, source.language) == ("Ada Lovelace", "en")
    assert source.tags == ("bridge", "the town")
    assert article.text == f"{PROSE}\n\n{PROSE.replace('bridge', 'ferry')}"
    today = dt.datetime.now().astimezone().date()
    assert f"\nfetched: {today}\n" in content(saved, articles).decode()


def test_a_page_without_a_date_gets_none(web: Web, articles: ArticlesSettings) -> None:
    web.pages["/"] = sends(f"<title>Undated</title><p>On 5 May 2020 it rained. {PROSE}</p>")
    saved = fetched(web.url(), articles)
    assert saved.date is None
    assert read_back(saved, articles).source.date is None


def test_text_and_markdown_are_pages_too(web: Web, articles: ArticlesSettings) -> None:
    text = f"---\ntitle: Own\ndate: 2021-02-03\n---\n\n{PROSE} *Loud.*\n"
    web.pages["/a"] = sends(text, "text/plain")
    web.pages["/b.md"] = sends(text, "text/plain")
    web.pages["/c"] = sends(text, "text/markdown")
    web.pages["/d"] = sends(text, "")
    one, *others = (fetched(web.url(path), articles) for path in ("/a", "/b.md", "/c", "/d"))
    assert (one.title, one.date) == ("Own", dt.date(2021, 2, 3))
    ends = [b"*Loud.*" in content(saved, articles) for saved in (one, *others)]
    assert ends == [True, False, False, True]


@pytest.mark.parametrize(
    ("kind", "body", "suffix"),
    [
        ("application/rss+xml", RSS, ".rss"),
        ("text/xml; charset=utf-8", ATOM, ".atom"),
        ("text/html", f"\ufeff {RSS}", ".rss"),
        ("", ATOM, ".atom"),
        ("application/xml", RSS.encode("utf-16"), ".rss"),
        ("application/pdf", PDF, ".pdf"),
        ("application/octet-stream", PDF, ".pdf"),
    ],
)
def test_a_feed_or_a_pdf_is_saved_as_it_comes(
    web: Web, articles: ArticlesSettings, kind: str, body: str | bytes, suffix: str
) -> None:
    web.pages["/latest"] = sends(body, kind)
    saved = fetched(web.url("/latest"), articles)
    assert Path(saved.article).suffix == suffix
    assert (saved.title, saved.date) == (None, None)
    assert content(saved, articles) == (body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    ("header", "meta", "codec"),
    [("windows-1251", "utf-8", "cp1251"), ("koi8-r", "windows-1251", "koi8-r")],
)
def test_the_charset_of_the_header_goes_before_that_of_the_page(
    web: Web, articles: ArticlesSettings, header: str, meta: str, codec: str
) -> None:
    text = "Новый мост через реку открыли в понедельник, и на нём было много людей."
    page = f'<meta charset="{meta}"><title>Мост</title><p>{text}</p>'.encode(codec)
    web.pages["/"] = sends(page, f"text/html; charset={header}")
    assert text in read_back(fetched(web.url(), articles), articles).text


def test_compressed_pages_are_unpacked(web: Web, articles: ArticlesSettings) -> None:
    web.pages["/"] = sends(gzip.compress(PAGE.encode()), Content_Encoding="gzip")
    assert read_back(fetched(web.url(), articles), articles).text.startswith(PROSE)


def test_the_pages_own_address_is_cited_if_it_is_on_its_host(
    web: Web, articles: ArticlesSettings
) -> None:
    for path, canonical in {
        "/own?from=mail": web.url("/article/7"),
        "/foreign": "https://elsewhere.example/article/7",
    }.items():
        link = f'<link rel="canonical" href="{canonical}">'
        web.pages[path] = sends(PAGE.replace("</head>", f"{link}</head>"))
    own = content(fetched(web.url("/own?from=mail"), articles), articles)
    assert f'\nurl: "{web.url("/article/7")}"\n' in own.decode()
    foreign = content(fetched(web.url("/foreign"), articles), articles)
    assert f'\nurl: "{web.url("/foreign")}"\n' in foreign.decode()


# Where it is saved


PATHS = [
    "/../../../etc/passwd",
    "/%2e%2e/%2e%2e/x",
    "/..%2f..%2fx",
    "/a%00b%0a",
    "/" + "long-" * 300,
    "/" + quote("мост/..\\..\\x"),
    "/CON.txt/.hidden",
    "/?" + "q=../" * 20,
]


def test_whatever_the_path_the_file_lies_in_its_folder_under_a_plain_name(
    web: Web, articles: ArticlesSettings
) -> None:
    addresses = parse_addresses(map(web.url, PATHS))
    for one in addresses:
        asked = one.url.removeprefix(f"http://{web.host}")
        web.pages[asked] = sends(PAGE, Content_Disposition='attachment; filename="../../x.txt"')
    saved = list(fetch(addresses, articles, 20))
    names = [one.article for one in saved if isinstance(one, Saved)]
    assert files(articles) == sorted(names)
    assert len(names) == len(PATHS)
    for name in names:
        assert re.fullmatch(r"fetched/[a-z0-9]+(-[a-z0-9]+)*\.txt", name)
        assert len(Path(name).name) <= 80
    assert list(articles.folder.parent.iterdir()) == [articles.folder]


def test_addresses_of_the_same_words_get_files_of_their_own() -> None:
    urls = ["http://a.example/b-c", "http://a.example/b/c", "https://a.example/b/c"]
    urls += ["http://a.example/B/C", "http://a.example/b/c?d", "http://a.example:81/b/c"]
    assert len({one.stem for one in parse_addresses(urls)}) == len(urls)
    same = ["HTTP://A.example:80/b/c#d", "http://user:secret@a.example/b/c", urls[1]]
    assert len(parse_addresses(same)) == 1
    assert parse_addresses(same)[0].stem.startswith("a-example-b-c-")
    assert parse_addresses(["http://bücher.example/straße"])[0].url == (
        "http://xn--bcher-kva.example/stra%C3%9Fe"
    )


def test_fetched_again_a_page_is_touched_only_if_it_changed(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages["/"] = sends(PAGE)
    web.pages["/feed"] = sends(RSS, "application/rss+xml")
    first = fetched(web.url(), articles)
    path = articles.folder / first.article
    # As if it had been fetched on an earlier day, and then copied without hidden files.
    path.write_bytes(re.sub(rb"fetched: .*", b"fetched: 2020-01-01", path.read_bytes()))
    path.with_name(f".{path.name}.sha256").unlink()
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    again = fetched(web.url(), articles)
    assert (again.article, again.changed) == (first.article, False)
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    web.pages["/"] = sends(PAGE.replace("crowded", "empty"))
    assert fetched(web.url(), articles).changed
    assert b"it was empty" in path.read_bytes()
    assert b"2020-01-01" not in path.read_bytes()
    changes = [fetched(web.url("/feed"), articles).changed for _ in range(2)]
    assert changes == [True, False]


@pytest.mark.parametrize(
    ("served", "kind", "own", "kept"),
    [
        (PAGE, "text/html", b"Mine.\n", True),
        (PAGE, "text/html", b"---\nurl: http://x.example\n---\nMine.\n", False),
        (PAGE, "text/html", b"", False),
        (PAGE, "text/html", b"\0", True),
        (RSS, "application/rss+xml", RSS.replace("news", "mine").encode(), True),
        (RSS, "application/rss+xml", RSS.encode(), False),
        (PDF, "application/pdf", PDF + b" and mine", True),
        (PDF, "application/pdf", PDF + b" and mine", False),
    ],
)
def test_a_file_of_the_operators_is_left_alone(
    web: Web, articles: ArticlesSettings, served: str | bytes, kind: str, own: bytes, kept: bool
) -> None:
    """Whether it took the place of a fetched one, or was there before."""
    web.pages["/"] = sends(served, kind)
    path = articles.folder / fetched(web.url(), articles).article
    record = path.with_name(f".{path.name}.sha256")
    if not kept:
        record.unlink()
    path.write_bytes(own)
    [outcome] = fetch(parse_addresses([web.url()]), articles)
    assert isinstance(outcome, Failed)
    assert re.search(r"is no file of an earlier fetch: .*; move it", outcome.reason)
    assert path.read_bytes() == own


def test_what_somebody_corrected_in_a_fetched_page_is_kept(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages["/"] = sends(PAGE)
    path = articles.folder / fetched(web.url(), articles).article
    corrected = path.read_bytes().replace(b"2024-03-05", b"2024-03-06")
    path.write_bytes(corrected)
    web.pages["/"] = sends(PAGE.replace("crowded", "empty"))
    [outcome] = fetch(parse_addresses([web.url()]), articles)
    assert isinstance(outcome, Failed)
    assert "it was changed since; move it" in outcome.reason
    assert path.read_bytes() == corrected
    path.unlink()
    assert fetched(web.url(), articles).changed


def test_what_comes_while_it_is_written_is_not_replaced(articles: ArticlesSettings) -> None:
    folder = FetchedFolder(articles.folder, articles.max_bytes)
    folder.write("a.pdf", b"one", None)
    path = articles.folder / "fetched" / "a.pdf"
    with pytest.raises(FetchError, match=r"it was put there just now; move it"):
        folder.write("a.pdf", b"two", None)
    path.write_bytes(b"mine")
    with pytest.raises(FetchError, match=r"it was changed since; move it"):
        folder.write("a.pdf", b"two", b"one")
    assert path.read_bytes() == b"mine"


def test_a_crash_between_record_and_file_leaves_a_fetched_file(articles: ArticlesSettings) -> None:
    folder = FetchedFolder(articles.folder, articles.max_bytes)
    folder.write("a.pdf", b"one", None)
    folder.write("a.pdf", b"two", b"one")
    (articles.folder / "fetched" / "a.pdf").write_bytes(b"one")
    assert folder.read("a.pdf") == b"one"
    folder.write("a.pdf", b"three", b"one")
    assert folder.read("a.pdf") == b"three"


def test_no_link_leads_out_of_the_folder(
    web: Web, articles: ArticlesSettings, tmp_path: Path
) -> None:
    web.pages["/"] = sends(PAGE)
    outside = tmp_path / "outside.txt"
    path = articles.folder / fetched(web.url(), articles).article
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)
    [outcome] = fetch(parse_addresses([web.url()]), articles)
    assert isinstance(outcome, Failed)
    assert "a symbolic link" in outcome.reason
    path.unlink()
    path.parent.rename(tmp_path / "old")
    path.parent.symlink_to(tmp_path)
    with pytest.raises(BotError, match="fetched is no folder, or a link to one"):
        fetched(web.url(), articles)


def test_without_an_articles_folder_nothing_is_asked(web: Web, articles: ArticlesSettings) -> None:
    articles.folder.rmdir()
    with pytest.raises(BotError, match=r"no such folder; make it, or .* --articles DIR"):
        fetched(web.url(), articles)
    articles.folder.write_text("a file")
    with pytest.raises(BotError, match=r" is a file; name a folder with --articles DIR"):
        fetched(web.url(), articles)
    assert web.asked == []


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages["/a"] = sends(PDF, "application/pdf")
    saved = fetched(web.url("/a"), articles)
    web.pages["/a"] = sends(PDF + bytes(500_000), "application/pdf")
    # As on a full disk: no file may grow beyond 100 KB.
    done = excerpta(articles, web.url("/a"), before=["bash", "-c", 'ulimit -f 100; exec "$@"', "-"])
    assert done.returncode == WORLD_AT_FAULT
    assert f"{saved.article}: File too large" in done.stderr
    assert files(articles) == [saved.article]
    assert content(saved, articles) == PDF


# What is refused


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("image/png", b"\x89PNG", "found image/png; wanted a page"),
        ("application/json", b"{}", "found application/json; wanted a page"),
        ("application/xml", b"<urlset/>", "called application/xml and is something else"),
        ("application/pdf", b"no pdf", "called application/pdf and is something else"),
        ("application/octet-stream", b"\x89PNG\0", "found bytes of no known kind"),
        ("application/zip", b"PK", r"a feed \(RSS, Atom\) or a PDF"),
        ("text/html", b"", "an empty file|no text in it"),
        ("text/html", b"<p> </p>", "no text in it"),
        ("text/plain", b"a\0b", "a binary file"),
        ("text/html; charset=nonsense", b"\0", "a binary file"),
    ],
)
def test_what_is_no_article_is_refused(
    web: Web, articles: ArticlesSettings, kind: str, body: bytes, said: str
) -> None:
    web.pages["/"] = sends(body, kind)
    assert re.search(said, refused(web.url(), articles))


def test_a_page_of_many_articles_is_refused(web: Web, articles: ArticlesSettings) -> None:
    message = '<div class="message default" id="message{0}"><div class="text">Hello.</div></div>'
    history = "".join(map(message.format, (1, 2)))
    web.pages["/"] = sends(f'<div class="history">{history}</div>')
    assert "2 articles in one page" in refused(web.url(), articles)


@pytest.mark.parametrize(
    ("status", "said"), [(404, "404 Not Found"), (500, "500 Int"), (204, "204")]
)
def test_a_status_other_than_ok_is_told(
    web: Web, articles: ArticlesSettings, status: int, said: str
) -> None:
    web.pages["/"] = sends("" if status == 204 else PAGE, status=status)
    assert f"HTTP status {said}" in refused(web.url(), articles)


def test_what_is_too_large_is_refused_when_it_is_known_to_be(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages["/large"] = sends(b"word " * 300_000, "text/plain")
    web.pages["/bomb"] = sends(gzip.compress(bytes(200_000_000)), Content_Encoding="gzip")
    web.pages["/twice"] = sends(
        gzip.compress(gzip.compress(PAGE.encode())), Content_Encoding="gzip, gzip"
    )
    web.pages["/endless"] = repeats(b"word " * 10_000, kind="text/plain")
    web.pages["/broken"] = sends(b"no gzip", Content_Encoding="gzip")
    for path in ("/large", "/bomb", "/endless"):
        assert refused(web.url(path), articles) == "more than articles.max_megabytes = 1"
    assert "compressed in a way that was not asked" in refused(web.url("/twice"), articles)
    assert "cannot be unpacked" in refused(web.url("/broken"), articles)


def test_a_slow_server_is_given_up(web: Web, articles: ArticlesSettings) -> None:
    web.pages["/stalls"] = stalls
    web.pages["/drips"] = repeats(b"a", 0.05, "text/plain")
    for path in ("/stalls", "/drips"):
        began = time.monotonic()
        reason = refused(web.url(path), articles, seconds=0.5)
        assert reason in ("not done within 0.5 s", "the server kept silent")
        assert time.monotonic() - began < 20


def test_nobody_there_is_told(articles: ArticlesSettings) -> None:
    with serving() as gone:
        url = gone.url()
    assert "no connection" in refused(url, articles)
    assert "no connection" in refused(f"http://{'a' * 70}.localhost/", articles)


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/\xff; charset=\xff\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: x; charset*=\xff''%ff\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\xff\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
    ],
)
def test_an_answer_that_is_none_is_refused(
    web: Web, articles: ArticlesSettings, answer: bytes
) -> None:
    def behave(handler: Handler, _over: threading.Event) -> None:
        handler.wfile.write(answer)

    web.pages["/"] = behave
    assert refused(web.url(), articles)


# Redirects


def test_redirects_are_followed_and_the_last_address_is_cited(
    web: Web, articles: ArticlesSettings
) -> None:
    web.pages |= {
        "/1": leads("2", 301, Set_Cookie="seen=1"),
        "/2": leads(web.url("/3"), 303),
        "/3": leads("//" + web.host + "/4#part", 307),
        "/4": leads("/5", 308),
        "/5": leads("?page=6"),
        "/5?page=6": sends(PAGE),
    }
    saved = fetched(web.url("/1"), articles)
    assert saved.url == web.url("/1")
    assert saved.article.startswith("fetched/127-0-0-1-1-")
    assert read_back(saved, articles).source.url == web.url("/5?page=6")
    assert [path for path, _ in web.asked] == ["/1", "/2", "/3", "/4", "/5", "/5?page=6"]
    assert not any("cookie" in headers for _, headers in web.asked)
    assert all(headers["user-agent"].startswith("excerpta/") for _, headers in web.asked)


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/", "more than 5 redirects"),
        ("", "a redirect to nowhere"),
        ("file:///etc/passwd", "http:// or https://"),
        ("ftp://127.0.0.1/x", "http:// or https://"),
        ("//a b/", "its host"),
        ("http://x:99999/", "its port"),
        ("/" + "a" * 3000, "characters, more than 2,000"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_refused(
    web: Web, articles: ArticlesSettings, location: str, said: str
) -> None:
    web.pages["/"] = leads(location)
    assert said in refused(web.url(), articles)
    assert len(web.asked) == (6 if location == "/" else 1)


# Credentials


def test_credentials_are_sent_to_their_origin_only_and_kept_nowhere(
    web: Web, articles: ArticlesSettings
) -> None:
    with serving({"/b": sends(PAGE)}) as other:
        web.pages = {"/a": leads("/again"), "/again": leads(other.url("/b"))}
        url = web.url("/a").replace("http://", "http://user:s3cret@")
        saved = fetched(url, articles)
        sent = [headers.get("authorization") for _, headers in web.asked]
        assert sent == ["Basic dXNlcjpzM2NyZXQ="] * 2
        assert "authorization" not in other.asked[0][1]
    assert saved.url == web.url("/a")
    assert b"s3cret" not in content(saved, articles)
    assert "s3cret" not in repr(parse_addresses([url]))


@pytest.mark.parametrize(
    "url",
    [
        "example.org/a",
        "user:s3cret@example.org",
        "ftp://user:s3cret@example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://user:s3cret@/",
        "http://user:s3cret@a b/",
        "http://user:s3/cret@a/",
        "http://user:s3cret@a:x/",
        "http://a:0/",
        "http://a/\0",
        "http://a/" + "b" * 2000,
        "",
    ],
)
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(SettingsError, match=r"host|http://|web address|port|characters") as raised:
        parse_addresses([url])
    assert "s3" not in str(raised.value)


# The command


def excerpta(
    articles: ArticlesSettings, *arguments: str, before: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    main = [sys.executable, "-m", "bot", "fetch", "--articles", str(articles.folder)]
    return subprocess.run(
        [*before, *main, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, **environment},
    )


def test_one_that_fails_does_not_stop_the_others(web: Web, articles: ArticlesSettings) -> None:
    web.pages["/a"] = sends(PAGE)
    web.pages["/c"] = sends(RSS, "application/rss+xml")
    urls = [web.url("/a").replace("//", "//u:s3cret@"), web.url("/b"), web.url("/c")]
    done = excerpta(articles, "--json", "-v", *urls)
    assert done.returncode == WORLD_AT_FAULT
    document = json.loads(done.stdout)
    page, feed = files(articles)
    assert document == {
        "saved": [
            {
                "url": web.url("/a"),
                "article": page,
                "title": 'The bridge: "open" at last',
                "date": "2024-03-05",
                "changed": True,
            },
            {
                "url": web.url("/c"),
                "article": feed,
                "title": None,
                "date": None,
                "changed": True,
            },
        ],
        "failed": [{"url": web.url("/b"), "reason": "HTTP status 404 Not Found"}],
    }
    assert f"excerpta: {web.url('/b')}: HTTP status 404 Not Found\n" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    again = excerpta(articles, *urls[::2])
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines() == [
        f'unchanged {page}: The bridge: "open" at last · 2024-03-05',
        f"unchanged {feed}",
    ]
    web.pages["/a"] = sends(PAGE.replace("crowded", "empty"))
    assert "Run excerpta refresh to index them" in excerpta(articles, *urls[:1]).stdout


def test_a_wrong_address_is_told_before_any_is_fetched(
    web: Web, articles: ArticlesSettings
) -> None:
    done = excerpta(articles, web.url(), "gopher://u:s3cret@example.org/")
    assert done.returncode == WRONG_USAGE
    assert done.stderr == (
        "excerpta: 'example.org/': wanted an address that begins with http:// or https://\n"
    )
    assert web.asked == []


def test_a_public_host_does_not_lead_to_a_private_one(articles: ArticlesSettings) -> None:
    # What is public is asked through a proxy, so that this test leaves the machine alone.
    public = "http://1.1.1.1/"
    with serving({public: leads("http://[::ffff:127.0.0.1]/secret")}) as proxy:
        done = excerpta(articles, public, HTTP_PROXY=proxy.url(), NO_PROXY="")
        assert [path for path, _ in proxy.asked] == [public]
    assert done.returncode == WORLD_AT_FAULT
    assert "on this machine or in a private network" in done.stderr
    assert done.stdout == ""


def test_a_public_host_may_lead_to_another(articles: ArticlesSettings) -> None:
    pages = {"http://1.1.1.1/": leads("http://8.8.8.8/"), "http://8.8.8.8/": sends(PAGE)}
    with serving(pages) as proxy:
        done = excerpta(articles, "http://1.1.1.1/", HTTP_PROXY=proxy.url(), NO_PROXY="")
    assert done.returncode == 0, done.stderr
    assert b'url: "http://8.8.8.8/"' in (articles.folder / files(articles)[0]).read_bytes()


def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    web: Web, articles: ArticlesSettings
) -> None:
    done = excerpta(articles, "http://1.1.1.1/", HTTP_PROXY="gopher://u:s3cret@x", NO_PROXY="")
    assert done.returncode == WORLD_AT_FAULT
    assert "the proxy that the environment names cannot be used" in done.stderr
    assert "s3cret" not in done.stderr
