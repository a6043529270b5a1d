"""The editor's page: who gets in, and what is shown of questions, votes and the index."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.library import Library
from bot.records import WEB, ChatPlace, open_state
from bot.web import Doctor, Refreshes, hash_password
from config import SettingsError
from retrieval.refresh import RefreshOptions, refresh_index
from tests.fakes import ReadsHere

from .servers import CROWS, NOTHING, TIDES, open_articles, serving
from .test_pages import Page

pytestmark = pytest.mark.anyio

PASSWORD, TOKEN = "correct horse ü", "a-token-of-twenty-four-x"
HASH = hash_password(PASSWORD)
BOT = 4_000_000_001


def written(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return written(tmp_path / "token", f"{TOKEN}\n")


async def log_in(client: httpx.AsyncClient, word: str, **headers: str) -> httpx.Response:
    return await client.post("/editor/login", data={"word": word}, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# Who gets in


async def test_there_is_no_such_page_unless_it_is_set(small: Library) -> None:
    async with serving(small) as client:
        assert (await client.get("/editor")).status_code == 404
        assert (await log_in(client, "")).status_code == 404


async def test_the_password_opens_it_until_the_editor_logs_out(
    small: Library, tmp_path: Path
) -> None:
    async with serving(small, state=tmp_path, editor_password=HASH) as client:
        closed = Page(await client.get("/editor"))
        wrong = Page(await log_in(client, f"{PASSWORD}!"))
        assert (closed.status, wrong.status) == (401, 401)
        assert (await client.get("/editor")).headers["WWW-Authenticate"] == "Bearer"
        assert "This is not the password." in wrong.html
        assert "Left open" not in closed.html + wrong.html
        right = await log_in(client, PASSWORD)
        assert right.headers["Location"] == "/editor"
        for flag in ("HttpOnly", "SameSite=strict", "Path=/editor"):
            assert flag in right.headers["Set-Cookie"]
        opened = await client.get("/editor")
        assert "Left open" in opened.text
        assert opened.headers["Cache-Control"] == "no-store"
        await client.post("/editor/logout")
        assert (await client.get("/editor")).status_code == 401
        stale = {"Cookie": right.headers["Set-Cookie"].partition(";")[0]}
        assert (await client.get("/editor", headers=stale)).status_code == 401


async def test_a_password_cannot_be_guessed_for_long(small: Library) -> None:
    async with serving(small, editor_password=HASH) as client:
        found = [(await log_in(client, str(n))).status_code for n in range(6)]
        assert found == [401] * 5 + [429]
        assert (await log_in(client, PASSWORD)).status_code == 429


async def test_a_form_of_another_site_neither_logs_in_nor_out(small: Library) -> None:
    async with serving(small, editor_password=HASH) as client:
        for origin in ("https://evil.example", "null"):
            sent = await log_in(client, PASSWORD, Origin=origin)
            assert sent.status_code == 403
            out = await client.post("/editor/logout", headers={"Origin": origin})
            assert out.status_code == 403


async def test_the_token_opens_it_as_password_and_as_bearer(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    async with serving(small, state=tmp_path, editor_token_file=token_file) as client:
        for given, status in ((TOKEN, 200), (TOKEN[:-1], 401), ("x", 401)):
            assert (await client.get("/editor", headers=bearer(given))).status_code == status
        strange = {b"Authorization": "Bearer ü".encode()}
        assert (await client.get("/editor", headers=strange)).status_code == 401
        assert (await log_in(client, TOKEN)).status_code == 303


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [(TOKEN, 0o644, "chmod 600"), ("short", 0o600, "at least 16"), ("two words of it", 0o600, "")],
)
async def test_a_file_that_holds_no_good_token_is_refused(
    small: Library, token_file: Path, content: str, mode: int, said: str
) -> None:
    written(token_file, content, mode)
    with pytest.raises(SettingsError, match=f"web.editor_token_file.*{said}"):
        async with serving(small, editor_token_file=token_file):
            pass


async def test_the_header_is_believed_from_a_proxy_that_is_trusted(
    small: Library, tmp_path: Path
) -> None:
    named = {"Remote-User": "ann", "X-Forwarded-For": "203.0.113.7"}
    for proxy, status in (("127.0.0.1", 200), ("203.0.113.7", 401)):
        header = "Remote-User"
        async with serving(small, state=tmp_path, editor_header=header, proxy=proxy) as client:
            assert (await client.get("/editor", headers=named)).status_code == status
            assert (await client.get("/editor", headers={"Remote-User": ""})).status_code == 401
    with pytest.raises(SettingsError, match=r"web.editor_header.*web.proxy"):
        async with serving(small, editor_header="Remote-User"):
            pass


# What it shows


def ask(folder: Path, name: int | str, *questions: tuple[str, bool, bool | None]) -> None:
    """Keep questions, each with whether it was answered, and a vote if there is one."""
    with closing(open_state(folder, name, keep_days=9, conversation_minutes=9)) as state:
        for number, (question, answered, vote) in enumerate(questions):
            kept = state.add_answer(ChatPlace(7, None, 7), number, question, (), answered)
            if vote is not None:
                state.vote(kept, 7, vote)


async def shown(library: Library, folder: Path, token_file: Path, **more: Any) -> Page:  # noqa: ANN401
    async with serving(library, state=folder, editor_token_file=token_file, **more) as client:
        return Page(await client.get("/editor", headers=bearer(TOKEN)))


async def test_questions_of_page_and_bots_are_shown_together(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    evil = "<script>alert(1)</script> parliament?"
    ask(tmp_path, WEB, (CROWS, True, True), (NOTHING, False, None), (evil, False, None))
    ask(tmp_path, BOT, (NOTHING.lower(), False, False), (TIDES, True, False))
    page = await shown(small, tmp_path, token_file)
    assert "5 questions · 40% answered" in page.html
    assert "Telegram: 2" in page.html
    assert "Web page: 3" in page.html
    groups = page.tree.xpath("//ol[@class='groups']/li")
    asked = [group.xpath("./ul[not(@class)]/li/text()") for group in groups]
    assert sorted(asked[0]) == [NOTHING, NOTHING.lower()]
    assert page.texts(".//p[@class='count']")[0] == "2 × · No: 1"
    assert sorted(asked[1:]) == [[evil], [TIDES]]
    assert all(group.xpath(".//a[starts-with(@href, '/articles/')]") for group in groups)
    assert page.texts(".//ul[@class='votes']/li/bdi") == [TIDES, NOTHING.lower(), CROWS]
    (day,) = page.tree.xpath("//tbody/tr")
    assert [cell.text_content() for cell in day.xpath("./td")] == ["5", "4"]
    shares = page.tree.xpath("//ul[@class='shares']//*[local-name()='rect']/@width")
    assert sum(map(float, shares)) == pytest.approx(100)
    bars = page.tree.xpath("//figure//*[local-name()='rect']")
    assert [(bar.get("class"), float(bar.get("y"))) for bar in bars] == [("all", 0), ("open", 24)]
    assert page.links(".//script") == [None]
    assert not page.tree.xpath("//style | //*[@style] | //*[@onclick]")


async def test_where_nobody_asked_it_says_so(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    page = await shown(small, tmp_path / "none", token_file)
    assert page.status == 200
    assert "0 questions" in page.html
    assert "No question was left open in the last 30 days." in page.html


async def test_a_memory_that_is_damaged_is_named(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    (tmp_path / f"{BOT}.sqlite").write_bytes(b"no database" * 1000)
    page = await shown(small, tmp_path, token_file)
    assert any(str(BOT) in text for text in page.texts(".//p[@class='fault']"))
    assert "3 articles" in page.html


async def test_refreshes_and_what_the_gate_refused_are_shown(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    refreshes = Refreshes()
    skipped = [{"article": "<b>.pdf", "reason": "a scan without text"}]
    counts = {"added": 3, "modified": 0, "deleted": 1, "unchanged": 7}
    refreshes.note({**counts, "skipped": skipped})
    page = await shown(small, tmp_path, token_file, refreshes=refreshes)
    assert "Refreshed: 3 new, 0 changed, 1 deleted, 7 unchanged." in page.html
    assert "<b>.pdf: a scan without text" in page.texts(".//section/ul/li")
    assert "The index holds the articles as they are." in page.html
    refreshes.note_failure(ValueError("refused by the gate"))
    page = await shown(small, tmp_path, token_file, refreshes=refreshes)
    assert "The refresh failed: refused by the gate" in page.texts(".//p[@class='fault']")
    assert "The index holds the articles as they are." not in page.html


async def test_without_watching_index_and_articles_are_compared(
    tmp_path: Path, token_file: Path
) -> None:
    library = open_articles(tmp_path)
    articles, index = library.settings.articles, library.settings.index

    async def said() -> str:
        page = await shown(library, tmp_path / "state", token_file, watch=False)
        (section,) = page.tree.xpath("//section[@aria-labelledby='index']")
        return " ".join(section.text_content().split())

    assert "The index holds the articles as they are." in await said()
    (articles.folder / "crows.md").write_text("# Crows\n\nThey warn each other.")
    (articles.folder / "rooks.md").write_text("# Rooks\n\nRooks rest.")
    (articles.folder / "a.pdf").write_bytes(b"no PDF")
    (articles.folder / "old.txt").unlink()
    text = await said()
    assert "The index holds the articles as they are." not in text
    assert "Files that wait for a refresh: 3 new or changed, 1 deleted." in text
    # Another process refreshes.
    options = RefreshOptions(parser=ReadsHere)
    refresh_index(articles, index, library.encoder, options=options)
    text = await said()
    assert "The index holds the articles as they are." in text
    assert "One file was skipped: a.pdf: " in text
    assert library.store.writer().rollback().number
    assert "Somebody went back to this generation." in await said()
    shutil.rmtree(articles.folder)
    assert str(articles.folder) in await said()


async def test_what_the_doctor_finds_is_shown_when_it_has_finished(
    small: Library, tmp_path: Path, token_file: Path
) -> None:
    found = {"severity": "warning", "found": "two <i>copies</i>", "mend": "delete one"}
    ready, calls = asyncio.Event(), []

    async def examine() -> dict[str, Any]:
        calls.append(1)
        await ready.wait()
        return {"findings": [{**found, "about": ["crows.md"]}]}

    doctor = Doctor(examine, patience_s=0.01)
    async with serving(
        small, state=tmp_path, doctor=doctor, editor_token_file=token_file
    ) as client:
        pages = []
        for _ in range(3):
            pages.append(Page(await client.get("/editor", headers=bearer(TOKEN))))
            ready.set()
            await asyncio.sleep(0.01)
        await doctor.close()
    assert "being examined" in pages[0].html
    assert pages[2].texts(".//ul[@class='findings']/li") == [
        "warning: two <i>copies</i> (crows.md)→ delete one"
    ]
    assert len(calls) == 1


@pytest.mark.parametrize(("code", "said"), [("de", "Offen geblieben"), ("uk", "Без відповіді")])
async def test_it_speaks_the_language_of_the_editor(
    small: Library, tmp_path: Path, token_file: Path, code: str, said: str
) -> None:
    async with serving(small, state=tmp_path, editor_token_file=token_file) as client:
        wanted = {**bearer(TOKEN), "Accept-Language": code}
        page = Page(await client.get("/editor", headers=wanted))
    assert said in page.texts(".//h2")
