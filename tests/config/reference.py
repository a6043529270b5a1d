"""The file of defaults and the page of settings, made from what the sections of `config` declare.

python -m tests.config.reference
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic.fields import FieldInfo

import config
from config import Settings
from config.loading import is_secret, schema_of, variable

COMMAND = "python -m tests.config.reference"
FOLDER = Path(config.__file__).parent

_FILE = f"""\
# The settings of Excerpta and their defaults, made by
# {COMMAND}
#
# Copy the lines that you change into excerpta.toml in the folder where you start Excerpta, or into
# any file that you name with --config. A setting is taken from the first of these that has it:
#
#   1. the command line             --articles news
#   2. the environment              EXCERPTA_ARTICLES__FOLDER=news   (empty: counts as not set)
#   3. --config FILE, or else ./excerpta.toml
#   4. excerpta.toml in the user's folder of settings, such as ~/.config/excerpta
#   5. the defaults, as in this file
#
# A relative path is relative to the folder where Excerpta is started, wherever it is written;
# a leading ~ stands for the home folder.
# A line that starts with "# key =" shows a setting that may be left out, with an example.
"""
_PAGE = f"""\
<!-- Made by {COMMAND} -->
# Settings

[Back to Excerpta](../README.md)

Every setting has a default or may be left out. Write those that you change into `excerpta.toml` in
the folder where you start Excerpta, or into any file that you name with `--config`. With
`excerpta config init` you get one that has all settings as comments.

```toml
[articles]
folder = "~/articles"

[search]
excerpts = 5
```

A setting is taken from the first of these that has it:

1. the command line: `--articles ~/articles`;
2. the environment: `EXCERPTA_SEARCH__EXCERPTS=5`, which is the section and the key in capitals with
   two underscores between them, and `EXCERPTA_TELEGRAM__USERS=1,2` for a list; an empty variable
   counts as not set;
3. the file that `--config` names, or else `./excerpta.toml`;
4. the user's own `excerpta.toml`, which lies in `~/.config/excerpta` on Linux, in
   `~/Library/Application Support/excerpta` on a Mac, and in `%LOCALAPPDATA%\\excerpta\\excerpta` on
   Windows; `excerpta config init --user` writes it;
5. the defaults, which [`default.toml`](default.toml) has in the form of a file, to copy from.

`excerpta config show` prints every value and where it is from.

A relative path is relative to the folder where Excerpta is started, wherever it is written, and a
leading `~` stands for the home folder. A name that does not exist and a value that does not fit are
refused in one line, which says where they were found and what is wanted.
"""
_HEAD = """\
| setting | default | meaning |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A setting in words.

    Attributes:
        name: Its name within the section.
        default: Its default in TOML; None if it may be left out.
        example: A value in TOML where there is no default.
        meaning: What it is for, and its bounds.
    """

    name: str
    default: str | None
    example: str
    meaning: str


def sections() -> Iterator[tuple[str, str, list[Key]]]:
    """Yield the name of each section, what it is for, and its keys."""
    for section, fields in schema_of(Settings).items():
        model = Settings.model_fields[section].annotation
        assert isinstance(model, type)
        texts = _texts(model)
        keys = [
            Key(
                name=key,
                default=None if field.default is None else _toml(field.default),
                example=_toml((field.examples or [None])[0]),
                meaning=" ".join([texts[key], *_bounds(field), *_care(section, key, field)]),
            )
            for key, field in fields.items()
        ]
        yield section, inspect.getdoc(model) or "", keys


def file() -> str:
    """Return default.toml."""
    parts = [_FILE]
    for section, purpose, keys in sections():
        parts.append(f"\n{_comment(purpose)}\n[{section}]\n")
        for key in keys:
            line = f"{key.name} = {key.default or key.example}"
            parts.append(f"{_comment(key.meaning)}\n{line if key.default else f'# {line}'}\n")
    return "".join(parts)


def page() -> str:
    """Return README.md."""
    parts = [_PAGE]
    for section, purpose, keys in sections():
        parts.append(f"\n## {section}\n\n{purpose}\n\n{_HEAD}")
        for key in keys:
            default = "none" if key.default is None else f"`{key.default}`"
            parts.append(f"| `{section}.{key.name}` | {default} | {key.meaning} |\n")
    return "".join(parts)


def _texts(model: type) -> dict[str, str]:
    """Read the text below each key, which stays in the source."""
    (tree,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(tree, ast.ClassDef)
    return {
        key.target.id: " ".join(text.value.value.split())
        for key, text in itertools.pairwise(tree.body)
        if isinstance(key, ast.AnnAssign)
        and isinstance(key.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _bounds(field: FieldInfo) -> Iterator[str]:
    found = {
        name: bound
        for constraint in field.metadata
        for name in ("gt", "ge", "le")
        if (bound := getattr(constraint, name, None)) is not None
    }
    if "gt" in found:
        yield f"Above {found['gt']:,} and up to {found['le']:,}."
    elif found:
        yield f"From {found['ge']:,} to {found['le']:,}."


def _care(section: str, key: str, field: FieldInfo) -> Iterator[str]:
    if is_secret(field):
        what = "It" if is_secret(field, "a word") else "Such an address"
        yield (
            f"{what} is safest in the environment, as {variable(section, key)}; a file that holds "
            "it must have mode 600."
        )


def _toml(value: object) -> str:
    if type(value) is int and value >= 100_000:
        return f"{value:_}"
    return json.dumps(value, default=lambda other: str(other) if isinstance(other, Path) else [])


def _comment(text: str) -> str:
    return textwrap.fill(
        text, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


FILES = {FOLDER / "default.toml": file, FOLDER / "README.md": page}


def main() -> None:
    for path, made in FILES.items():
        path.write_text(made(), encoding="utf-8")
        print(path.name)


if __name__ == "__main__":
    main()
