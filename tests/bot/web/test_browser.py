"""The page in Chromium: asked, followed up and read, on a phone, in the dark, without a mouse."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.web import hash_password
from tests.bot.shell import Shell
from tests.bot.writing import openai_server as model

from .browsers import browser, needs_chromium
from .servers import MARKUP, TIDES, open_articles, served, serving

pytestmark = [pytest.mark.slow, needs_chromium]

ARABIC, CROWS_IN_ARABIC = "الغربان تتذكر وجوه الناس سنوات طويلة.", "الغربان تتذكر"
HOME, TALKS = "Where is Artem Kariakin's home?", "And what does he feel about the talks?"
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True}
# A page may come late where other tests take the processors.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def url(seeds: Shell) -> Iterator[str]:
    with served(seeds, EXCERPTA_WEB__QUESTIONS_PER_MINUTE="1000") as server:
        yield server.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as chromium:
        yield chromium


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser writes into the console of a page; nothing, unless a test clears it."""
    complaints: list[str] = []
    yield complaints
    assert complaints == []


@pytest.fixture
def opened(chromium: Browser, url: str, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser of its own, as it were."""
    contexts = []

    def open_page(path: str = "/", **context: Any) -> Page:  # noqa: ANN401
        contexts.append(chromium.new_context(base_url=url, **context))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """Serve a folder as a site of its own, and yield its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        # Under another name than that of the other server, as browsers tell sites apart.
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def ask(page: Page, question: str) -> None:
    page.get_by_label(re.compile("Ask it in a few words")).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


@pytest.mark.parametrize("scripts", [True, False])
def test_ask_follow_up_and_open_the_article_at_its_paragraph(
    opened: Callable[..., Page], scripts: bool
) -> None:
    page = opened(java_script_enabled=scripts)
    ask(page, HOME)
    expect(page.locator("mark").first).to_contain_text("Luhansk")
    ask(page, TALKS)
    expect(page.get_by_text("Understood as:")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_text([HOME, TALKS])
    before = page.locator("blockquote").count()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("heading", level=2)).to_have_count(3)
    assert page.locator("blockquote").count() > before
    assert page.get_by_role("button", name="More").count() <= 1
    page.locator("#turn-1 figcaption a").first.click()
    expect(page.locator(".paragraph:target mark")).to_contain_text("Luhansk")
    expect(page.locator(".paragraph:target mark")).to_be_in_viewport()
    # The link can be shared with somebody who has asked nothing.
    other = opened(page.url)
    expect(other.locator(".paragraph:target mark")).to_be_in_viewport()
    page.goto("/")
    page.get_by_role("button", name="Erase mine").click()
    expect(page.get_by_role("status")).to_contain_text("I remember nothing of you")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("button", name="Erase mine")).to_be_hidden()
    ask(page, HOME)
    expect(page.locator("#turn-1")).to_be_visible()
    expect(page.get_by_role("button", name="Erase mine")).to_be_visible()


def test_the_keyboard_is_enough(opened: Callable[..., Page]) -> None:
    page = opened()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    question = page.locator("#question")
    for _ in range(20):
        page.keyboard.press("Tab")
        if question.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.type(HOME)
    page.keyboard.press("Enter")
    expect(page.locator("#turn-1 mark").first).to_be_visible()
    expect(question).to_be_focused()
    expect(question).to_have_value("")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="More")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#turn-2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/articles/[\w-]+\?mark=\d+-\d+#p\d+$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_and_nothing_is_hard_to_use(
    opened: Callable[..., Page],
    scheme: Any,  # noqa: ANN401
) -> None:
    page = opened(color_scheme=scheme, **PHONE)
    for path in ("/", "/articles", "/articles/leaving-sudzha-a-soldiers-account.md#p12"):
        page.goto(path)
        if path == "/":
            ask(page, f"{HOME} https://example.org/{'a-long-address/' * 20}")
            expect(page.locator("#turn-1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


def test_right_to_left_text_and_markup_are_shown_as_they_are_written(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "articles").mkdir()
    text = f"---\ntitle: {CROWS_IN_ARABIC}\nlanguage: ar\n---\n{ARABIC}\n\nCrows (2024), too.\n"
    (tmp_path / "articles" / "arabic.md").write_text(text, encoding="utf-8")
    library = open_articles(tmp_path)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving(library)) as client,
    ):
        page = opened(str(client.base_url), **PHONE)
        ask(page, TIDES)
        expect(page.locator("mark").first).to_contain_text("<img src=x onerror=alert(1)> tides")
        expect(page.locator("figcaption").first).to_contain_text(MARKUP)
        page.locator("figcaption a").first.click()
        expect(page.locator("h1")).to_have_text(MARKUP)
        expect(page).to_have_title(f"{MARKUP} – Excerpta")
        assert page.locator("main :is(img, b, script)").count() == 0
        assert Axe().run(page).violations_count == 0
        page.goto(f"{client.base_url}/articles")
        expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
        page.get_by_role("link", name=CROWS_IN_ARABIC).click()
        expect(page.locator("h1")).to_have_text(CROWS_IN_ARABIC)

        def direction(path: str) -> str:
            return str(page.locator(path).evaluate("one => getComputedStyle(one).direction"))

        found = [direction(one) for one in ("h1", "#p1", "#p2", "nav")]
        assert found == ["rtl", "rtl", "ltr", "ltr"]
        number, words = (page.locator(f"#p1 > {one}").bounding_box() for one in ("a", "p"))
        assert number
        assert words
        # The number stands at the end of the line, which is at the left.
        assert number["x"] < words["x"] + words["width"] / 2
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert Axe().run(page).violations_count == 0


def test_an_editor_sees_what_was_asked_and_voted_on_a_phone(
    opened: Callable[..., Page], complaints: list[str], seeds: Shell
) -> None:
    with served(seeds, EXCERPTA_WEB__EDITOR_PASSWORD=hash_password("a password")) as server:
        page = opened(server.url, **PHONE)
        ask(page, HOME)
        no = page.get_by_role("button", name="No", exact=True)
        no.click()
        expect(no).to_have_attribute("aria-pressed", "true")
        expect(no).to_be_focused()
        page.goto(f"{server.url}/editor")
        assert "401" in complaints.pop()
        assert Axe().run(page).violations_count == 0
        page.get_by_label("Password").focus()
        page.keyboard.type("a password")
        page.keyboard.press("Enter")
        expect(page.locator(".groups")).to_contain_text(HOME)
        expect(page.locator(".chart rect").first).to_be_visible()
        for _ in range(30):
            if "being examined" not in page.content():
                break
            page.wait_for_timeout(500)
            page.goto(f"{server.url}/editor")
        expect(page.locator("#doctor ~ *")).to_have_text(re.compile("Nothing was found|note|warn"))
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        schemes: tuple[Any, ...] = ("light", "dark")
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


def test_the_page_says_when_the_server_is_gone(
    opened: Callable[..., Page], complaints: list[str]
) -> None:
    page = opened()
    page.context.set_offline(True)
    ask(page, HOME)
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    expect(page.locator("#question")).to_have_value(HOME)
    complaints.clear()


@pytest.mark.parametrize("listed", [True, False])
def test_a_listed_site_shows_the_widget(
    opened: Callable[..., Page],
    complaints: list[str],
    seeds: Shell,
    tmp_path: Path,
    url: str,
    listed: bool,
) -> None:
    # The server of the other tests lists no site.
    with (
        site(tmp_path) as other,
        served(seeds, EXCERPTA_WEB__ORIGINS=other) if listed else nullcontext() as server,
    ):
        (tmp_path / "index.html").write_text(
            "<!doctype html><html lang=en><link rel=icon href=data:,><title>News</title>"
            f'<h1>News</h1><script src="{server.url if server else url}/static/widget.js" '
            'data-label="Ask us" '
            'data-greeting="Hello <b>reader</b>!" data-color="#7b1fa2" async></script>'
        )
        page = opened(other)
        button = page.get_by_role("button", name="Ask us")
        button.click()
        frame = page.frame_locator("iframe")
        if not listed:
            expect(button).to_have_attribute("aria-expanded", "true")
            expect(frame.locator("#question")).to_have_count(0)
            page.wait_for_timeout(500)
            assert "frame-ancestors" in complaints.pop()
            complaints.clear()
            return
        expect(frame.get_by_text("Hello <b>reader</b>!")).to_be_visible()
        for number, question in enumerate((HOME, TALKS), start=1):
            frame.locator("#question").fill(question)
            frame.get_by_role("button", name="Ask", exact=True).click()
            expect(frame.locator(f"#turn-{number}")).to_be_visible()
        expect(frame.get_by_text("Understood as:")).to_be_visible()
        with page.expect_popup() as article:
            frame.locator("#turn-1 figcaption a").first.click()
        expect(article.value.locator(".paragraph:target mark")).to_contain_text("Luhansk")
        button.click()
        expect(page.locator("iframe")).to_be_hidden()


def test_what_a_model_writes_is_added_below(opened: Callable[..., Page], seeds: Shell) -> None:
    says = model.says("Artem Kariakin's home is in Luhansk [1]. ", "He has 47 cats [1].")
    with (
        model.serving(says) as writer,
        served(
            seeds, EXCERPTA_WRITER__BASE_URL=writer.url, EXCERPTA_WRITER__MODEL="a-model"
        ) as server,
    ):
        page = opened(server.url)
        ask(page, HOME)
        expect(page.get_by_text("Written by a-model")).to_be_visible()
        expect(page.get_by_text("home is in Luhansk [1].")).to_be_visible()
        expect(page.locator(".written[aria-busy]")).to_have_count(0)
        expect(page.get_by_text("47 cats")).to_have_count(0)
