"""Web addresses: they are checked, lose their credentials, and give their files names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import httpx

from retrieval.articles import MAX_URL

# With a digest and the longest suffix, a file name has at most 80 characters.
_MAX_WORDS = 62
_DIGITS = 12

_HOST = re.compile(r"[a-z0-9_.-]{1,253}|[0-9a-f:.]{2,45}")
_WORD = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A web address.

    Attributes:
        url: The address in ASCII, its host in lower case, without credentials and fragment.
        credentials: The user and the password, if the address had them.
    """

    url: str
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> WebAddress:
        """Read an address.

        Raises:
            ValueError: It cannot be fetched; the message does not repeat it.
        """
        try:
            url = httpx.URL(text.strip())
        except httpx.InvalidURL:
            raise ValueError("not a web address") from None
        if url.scheme not in ("http", "https"):
            raise ValueError("wanted an address that begins with http:// or https://")
        if not _HOST.fullmatch(url.raw_host.decode("ascii")):
            raise ValueError("the name of its host cannot be one")
        if url.port is not None and not 0 < url.port < 65536:
            raise ValueError("its port is not one of 1 to 65535")
        bare = str(url.copy_with(username=None, password=None, fragment=None))
        if len(bare) > MAX_URL:
            raise ValueError(f"it has {len(bare):,} characters, more than {MAX_URL:,}")
        return cls(bare, (url.username, url.password) if url.userinfo else None)

    def joined(self, reference: str) -> WebAddress:
        """Read an address that this one refers to; credentials are kept for the same origin only.

        Raises:
            ValueError: It cannot be fetched; the message does not repeat it.
        """
        try:
            there = WebAddress.parse(str(httpx.URL(self.url).join(reference)))
        except httpx.InvalidURL:
            raise ValueError("not a web address") from None
        return WebAddress(there.url, self.credentials if there._origin == self._origin else None)

    @property
    def host(self) -> str:
        """The host, without a port, and without brackets if it is of IPv6."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """The path, in percent-encoding."""
        return urlsplit(self.url).path

    @property
    def stem(self) -> str:
        """The name of its file without the suffix: words of the address, then a digest."""
        folded = unicodedata.normalize("NFKD", unquote(f"{self.host} {self.path}").lower())
        words = "-".join(_WORD.findall(folded))[:_MAX_WORDS].strip("-")
        return f"{words}-{hashlib.sha256(self.url.encode()).hexdigest()[:_DIGITS]}"

    @property
    def _origin(self) -> tuple[str, str, int | None]:
        parts = urlsplit(self.url)
        return parts.scheme, self.host, parts.port


def without_credentials(text: str) -> str:
    """Return the part of a text that holds no credentials, even if it is no address."""
    return text.rpartition("@")[2]


class FetchError(Exception):
    """Nothing could be fetched; the message is a clause for the operator, without credentials."""
