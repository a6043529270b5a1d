"""Front matter: the fields that stand above a text, in YAML, TOML or JSON."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping

Fields = dict[str, object]
"""Keys in small letters; values are strings, lists and mappings of them."""

MAX_FRONT_MATTER = 64 * 1024
MAX_DEPTH = 20
MAX_KEY_PARTS = 100
MAX_HEADER_LINES = 50

# The kind may stand behind the fence: `---json`.
_FENCED = re.compile(
    r"(---|\+\+\+|;;;)[^\S\n]*(\w*)[^\S\n]*\n(.*?)^(?:\1|\.\.\.)[^\S\n]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FENCES = {"---": "yaml", "+++": "toml", ";;;": "json"}
_LINE = re.compile(r"[\"']?(\w[\w-]*)[\"']?[^\S\n]*(?::[^\S\n]+|=[^\S\n]*)(.+)")
_HEADER_LINE = re.compile(r"([A-Za-z][\w -]{0,40})::?[^\S\n]+(\S.*)")
_HEADER_END = re.compile(r"\n(?:---+[^\S\n]*\n|[^\S\n]*\n)")
_TITLE_BLOCK = re.compile(r"%(?!%)[^\S\n]*(.*)\n")
_BODY = re.compile(r"[^\S\n]*\n\s*\S")
# One of these must be there, where text could be meant.
_KEY_WORDS = "title date published created updated author authors tags url link canonical"
_KEYS = frozenset(_KEY_WORDS.split())
# Tables of TOML whose keys say what others say at the top: of Zola, and of Hugo.
_TABLES = ("taxonomies", "extra", "params")


def split_front_matter(text: str) -> tuple[Fields, str]:
    """Part the fields at the very start of a text from its body.

    They stand between lines of `---` (YAML), `+++` (TOML) or `;;;` (JSON), or are a JSON object.
    Scalars are strings as they stand in the file (`no` is no Boolean). What is invalid, such as
    `title: Rome: a history`, is read as lines of `key: value`. Text between two rules that reads
    neither way stays in the body.
    """
    match = _FENCED.match(text, 0, MAX_FRONT_MATTER)
    if match is None:
        return _split_json(text)
    fence, kind, content = match.groups()
    if not content.strip():
        return {}, text[match.end() :]
    read = _READERS.get(kind.lower() or _FENCES[fence])
    fields = None if read is None else read(content)
    if fields is None:
        fields = _read_lines(content)
        if not _KEYS & fields.keys():
            return {}, text
    return fields, text[match.end() :]


def split_header(text: str) -> tuple[Fields, str]:
    """Part the lines without a fence at the start of some Markdown from its body.

    Pandoc has lines of `%` for title, authors and date; MultiMarkdown, Pelican, Hexo and Logseq
    have lines of `Title: words` up to an empty one or a rule.
    """
    fields: Fields = {}
    place = 0
    for key in ("title", "author", "date"):
        if (match := _TITLE_BLOCK.match(text, place)) is None:
            break
        fields[key] = match[1].replace(";", ",") if key == "author" else match[1]
        place = match.end()
    if fields:
        return fields, text[place:]
    end = _HEADER_END.search(text, 0, MAX_FRONT_MATTER)
    if end is None:
        return {}, text
    lines = text[: end.start()].split("\n", MAX_HEADER_LINES)
    matches = [_HEADER_LINE.fullmatch(line) for line in lines]
    fields = {match[1].lower(): _value(match[2]) for match in matches if match}
    if None in matches or "title" not in fields or len(_KEYS & fields.keys()) < 2:
        return {}, text
    return fields, text[end.end() :]


def _split_json(text: str) -> tuple[Fields, str]:
    if not text.startswith("{"):
        return {}, text
    try:
        value, end = json.JSONDecoder().raw_decode(text[:MAX_FRONT_MATTER])
    except (ValueError, RecursionError):
        return {}, text
    fields, body = _plain_fields(value), text[end:]
    # A whole file of JSON is a text, and so is a sentence that begins with an object.
    if fields is None or not _KEYS & fields.keys() or not _BODY.match(body):
        return {}, text
    return fields, body


def _read_yaml(text: str) -> Fields | None:
    import yaml

    # The base loader knows nothing but strings, lists and mappings: no object is built, nothing is
    # merged (so that aliases cannot multiply), and no impossible date raises.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        # Before it is loaded: on thousands of nested lists the C loader overflows the stack.
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return None
        fields = yaml.load(text, Loader=loader)
    except yaml.YAMLError:
        return None
    if not isinstance(fields, dict):
        return None
    return {key.lower(): value for key, value in fields.items() if isinstance(key, str)}


def _read_toml(text: str) -> Fields | None:
    import tomllib

    # tomllib takes n² steps for a key of n parts.
    if any(
        part.count(".") > MAX_KEY_PARTS for line in text.split("\n") for part in line.split("=")
    ):
        return None
    try:
        return _plain_fields(tomllib.loads(text))
    except (ValueError, RecursionError):
        return None


def _read_json(text: str) -> Fields | None:
    """Read JSON, or JavaScript that is written like it, as YAML is."""
    try:
        return _plain_fields(json.loads(text))
    except (ValueError, RecursionError):
        return _read_yaml(text)


def _plain_fields(value: object) -> Fields | None:
    """Return the fields of an object, with those of its tables, or None if it is none."""
    if not isinstance(value, Mapping):
        return None
    fields = {str(key).lower(): _plain(part, MAX_DEPTH) for key, part in value.items()}
    for table in _TABLES:
        inner = fields.get(table)
        if isinstance(inner, dict):
            fields = {str(key).lower(): part for key, part in inner.items()} | fields
    return fields


def _plain(value: object, depth: int) -> object:
    """Return a value with strings for its scalars, and nothing in place of what is deeper."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(part, depth - 1) for key, part in value.items()} if depth else {}
    if isinstance(value, list):
        return [_plain(part, depth - 1) for part in value] if depth else []
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value).lower()


def _read_lines(text: str) -> Fields:
    """Read lines of `key: value` or `key = value`, of one key the first, if need be indented."""
    lines = text.split("\n")
    return _fields_in(map(str.rstrip, lines)) or _fields_in(map(str.strip, lines))


def _fields_in(lines: Iterable[str]) -> Fields:
    fields: Fields = {}
    for match in filter(None, map(_LINE.fullmatch, lines)):
        fields.setdefault(match[1].lower(), _value(match[2].strip().rstrip(",")))
    return fields


def _value(text: str) -> str | list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [_unquoted(part.strip()) for part in text[1:-1].split(",")]
    return _unquoted(text)


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote not in ('"', "'"):
        return value
    if len(value) > 1 and value.endswith(quote):
        return value[1:-1]
    # One that is not closed belongs to no title.
    return value[1:] if value.count(quote) == 1 else value


_READERS: Mapping[str, Callable[[str], Fields | None]] = {
    "yaml": _read_yaml,
    "yml": _read_yaml,
    "toml": _read_toml,
    "json": _read_json,
    "json5": _read_json,
    "js": _read_json,
    "javascript": _read_json,
}
