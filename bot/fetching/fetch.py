"""Fetching: downloads addresses one after another, and saves them as articles."""

from __future__ import annotations

import asyncio
import codecs
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.fetching.address import FetchError, WebAddress, without_credentials
from bot.fetching.download import SECONDS, ContentKind, Download, download, kind_of
from bot.fetching.fetched_folder import FetchedFolder, compose_page, fetched_day
from bot.fetching.network import Network
from config import ArticlesSettings, SettingsError
from retrieval.articles import Parser, UnreadableArticle, decode, file_at, legacy_codec
from retrieval.types import Article


@dataclass(frozen=True, slots=True)
class Saved:
    """An address that was saved as an article.

    Attributes:
        url: The address as it was given, without credentials.
        article: The file's path under the articles folder.
        title, date: Those of a page; None for a feed or a PDF.
        changed: Whether the file is new or has changed.
    """

    url: str
    article: str
    title: str | None
    date: dt.date | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """An address that could not be fetched.

    Attributes:
        url: The address as it was given, without credentials.
        reason: A clause for the operator.
    """

    url: str
    reason: str


def parse_addresses(urls: Iterable[str]) -> list[WebAddress]:
    """Read addresses, each once.

    Raises:
        SettingsError: One of them cannot be fetched.
    """
    addresses: dict[str, WebAddress] = {}
    for url in urls:
        try:
            address = WebAddress.parse(url)
            addresses.setdefault(address.url, address)
        except ValueError as exc:
            raise SettingsError(f"{without_credentials(url)!r}: {exc}") from None
    return list(addresses.values())


def fetch(
    addresses: Sequence[WebAddress],
    articles: ArticlesSettings,
    seconds: float = SECONDS,
    network: Network | None = None,
) -> Iterator[Saved | Failed]:
    """Fetch addresses, and yield the outcome of each.

    Args:
        addresses: The addresses of pages, feeds and PDFs.
        articles: The folder where they are saved, and how they are read.
        seconds: The time limit of each.
        network: The network that is asked, this machine's if none is given.

    Raises:
        BotError: There is no folder to save them in.
    """
    folder = FetchedFolder(articles.folder, articles.max_bytes)
    with tempfile.TemporaryDirectory() as place:
        here = articles.model_copy(update={"folder": Path(place)})
        with Parser(here) as parser:
            reader = _PageReader(parser, Path(place))
            for address in addresses:
                try:
                    came = asyncio.run(download(address, articles.max_bytes, seconds, network))
                    yield _saved(address, came, folder, reader)
                except (FetchError, UnreadableArticle) as exc:
                    yield Failed(address.url, str(exc))


@dataclass(frozen=True, slots=True)
class _PageReader:
    """Reads a page that lies in no articles folder yet."""

    parser: Parser
    folder: Path

    def read(self, name: str, data: bytes) -> Article:
        path = self.folder / name
        try:
            path.write_bytes(data)
            self.parser.read(file_at(self.folder, name))
            article, *others = self.parser.parse()
            if others:
                raise FetchError(
                    f"{1 + len(others):,} articles in one page, as in an export of Telegram; save "
                    "the file among the articles instead"
                )
            return article
        except OSError as exc:
            raise FetchError(f"cannot write in {self.folder}: {exc.strerror}") from exc
        finally:
            path.unlink(missing_ok=True)


def _saved(
    address: WebAddress, came: Download, folder: FetchedFolder, reader: _PageReader
) -> Saved:
    kind = kind_of(came)
    name = f"{address.stem}{ContentKind.TEXT if kind.is_page else kind}"
    before = folder.read(name)
    if not kind.is_page:
        if changed := came.data != before:
            folder.write(name, came.data, before)
        return Saved(address.url, folder.article(name), None, None, changed)
    day = None if before is None else fetched_day(before)
    article = reader.read(f"{address.stem}{kind}", _as_utf8(came))
    url = _cited(article, came.address)
    # If only the day differs, the file stays: a new one would be read and encoded again.
    if changed := day is None or compose_page(article, url, day) != before:
        today = dt.datetime.now().astimezone().date()
        folder.write(name, compose_page(article, url, today.isoformat()), before)
    source = article.source
    return Saved(address.url, folder.article(name), source.title, source.date, changed)


def _as_utf8(came: Download) -> bytes:
    """Return a page's bytes so that its reader finds the header's encoding and no other."""
    codec = legacy_codec((came.charset or "").encode())
    if codec is None:
        return came.data
    return codecs.BOM_UTF8 + decode(came.data, codec).encode(errors="replace")


def _cited(article: Article, address: WebAddress) -> str:
    """Return the address that a page calls its own, if it is on the same host, or the last one."""
    try:
        own = WebAddress.parse(article.source.url or "")
    except ValueError:
        return address.url
    return own.url if own.host == address.host else address.url
