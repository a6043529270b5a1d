"""Archives: the members of a ZIP file and the XML in them, within limits.

Nothing is unpacked to the disk: a member's name is a key and never a path.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import unquote
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.text import UnreadableArticle

MAX_MEMBERS = 20_000

_ENCRYPTED = 0x1
_ENTRY = b"PK\x01\x02"
_TOO_DEEP = "Excessive depth"
# How an old or encrypted Office file begins, https://learn.microsoft.com/openspecs/ MS-CFB.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Archive:
    """An archive in memory.

    Attributes:
        unpacked: How many bytes its members have.

    Raises:
        UnreadableArticle: It is damaged, encrypted, or larger unpacked than the limit.
    """

    def __init__(self, data: bytes, limits: ReadingLimits) -> None:
        if data.startswith(_COMPOUND_FILE):
            raise UnreadableArticle("encrypted, or in the format of Office 97; save it anew")
        # Before the archive is opened, which takes a kilobyte for each entry.
        if data.count(_ENTRY) > MAX_MEMBERS:
            raise UnreadableArticle(f"an archive of more than {MAX_MEMBERS:,} files")
        try:
            self._zip = ZipFile(BytesIO(data))
        except (BadZipFile, OSError, ValueError, NotImplementedError) as exc:
            raise UnreadableArticle(f"a damaged archive, or none ({exc})") from exc
        members = self._zip.infolist()
        self.unpacked = sum(member.file_size for member in members)
        if self.unpacked > limits.unpacked_bytes:
            raise UnreadableArticle(
                f"{self.unpacked / 1e6:.1f} MB unpacked, more than "
                f"articles.max_unpacked_megabytes = {limits.unpacked_bytes / 1e6:g}"
            )
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise UnreadableArticle("encrypted")
        self._members: dict[str, ZipInfo] = {member.filename: member for member in members}
        self._keys = {_key(name): name for name in self._members}

    def names(self) -> Iterator[str]:
        """Yield the names of the members."""
        yield from self._members

    def read(self, name: str) -> bytes | None:
        """Return a member's bytes, None if there is none of this name.

        Names are the same that differ in case, in escapes, or in which slash parts them.

        Raises:
            UnreadableArticle: It is damaged.
        """
        member = self._members.get(name) or self._members.get(self._keys.get(_key(name), ""))
        if member is None:
            return None
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise UnreadableArticle(f"a damaged archive ({name!r} is compressed in a rare way)")
        try:
            with self._zip.open(member) as stream:
                # Asked for all there is, it would inflate 2 GB before it cuts them to their size.
                return stream.read(member.file_size)
        # RuntimeError: a local header that says it is encrypted.
        except (BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error) as exc:
            raise UnreadableArticle(f"a damaged archive ({exc})") from exc

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of a member, None if there is none of this name.

        Raises:
            UnreadableArticle: It is damaged, or no XML.
            RecursionError: Elements are nested too deeply.
        """
        data = self.read(name)
        if data is None:
            return None
        try:
            return parse_xml(data)
        except etree.XMLSyntaxError as exc:
            raise UnreadableArticle(f"a damaged file ({name!r} is no XML: {exc.msg})") from exc


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name.replace("\\", "/")).casefold())


def parse_xml(data: bytes) -> etree._Element:
    """Parse XML without comments, instructions and what a DTD declares; nothing else is loaded.

    Raises:
        etree.XMLSyntaxError: It is not well formed.
        RecursionError: Elements are nested deeper than the parser goes (256).
        MemoryError: There is not enough for its elements.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        # Not the exception's own log, which holds what went wrong before as well.
        if any(_TOO_DEEP in entry.message for entry in parser.error_log):
            raise RecursionError("elements are nested too deeply") from exc
        if exc.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from exc
        raise
    etree.strip_elements(root, etree.Entity, with_tail=False)
    return root


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace, of which a format has several versions."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Return the value of an attribute, whatever its namespace."""
    if element is None:
        return None
    return next((one for key, one in element.items() if key.rpartition("}")[2] == name), None)


def text_at(root: etree._Element | None, name: str) -> str | None:
    """Return the text of the first descendant of this name that has some, None without one."""
    return next(texts_at(root, name), None)


def texts_at(root: etree._Element | None, name: str) -> Iterator[str]:
    """Yield the texts of all descendants of this name that have some."""
    if root is None:
        return
    for element in root.iter(f"{{*}}{name}"):
        if text := "".join(element.itertext()).strip():
            yield text
