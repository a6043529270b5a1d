"""The commands `config show` and `config init`: what is set and from where, and a file to edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from bot.command import Run, command
from bot.display import ACCENT, visible
from bot.errors import BotError
from config import LOCAL_FILE, SettingsError, is_secret, user_file

_DEFAULT = "default"
_HEAD = """\
# Settings of Excerpta. Take away the "# " in front of a setting to change it; what stays as it is
# has its default, or needs none. What is set, and from where, is said by: excerpta config show
"""
_SETTING = re.compile(r"^(?=\w+ = )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as it counts.

    Attributes:
        name: Its section and key, "search.excerpts".
        value: Its value for JSON; None if it is left out or secret.
        shown: Its value in TOML, or what is said in its place.
        origin: The file, the environment variable or "the arguments"; else "default".
    """

    name: str
    value: object
    shown: str
    origin: str


@command
def show(run: Run) -> None:
    """Print every setting and where it is from."""
    values = list(values_of(run))
    document = {one.name: {"value": one.value, "from": one.origin} for one in values}
    run.print({"settings": document}, ConfigurationDrawing(values), paged=True)


@command(hidden=("articles", "index", "config"))
def init(
    run: Run,
    user: Annotated[
        bool, typer.Option("--user", help="Write your own file, which counts in every folder.")
    ] = False,
) -> None:
    """Write excerpta.toml with all settings as comments."""
    path = user_file() if user else LOCAL_FILE
    defaults = (files("config") / "default.toml").read_text(encoding="utf-8")
    _, _, sections = defaults.partition("\n\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file that is there is left alone, and one that will hold a secret is the owner's alone.
        path.touch(0o600, exist_ok=False)
        path.write_text(f"{_HEAD}\n{_SETTING.sub('# ', sections)}", encoding="utf-8")
    except FileExistsError:
        raise SettingsError(
            f"{path} is there already; edit it, or move it away and run this again"
        ) from None
    except OSError as exc:
        raise BotError(f"cannot write {path}: {exc.strerror}; try another folder") from exc
    run.print({"written": str(path)}, Text(f"wrote {path}; edit it, then see excerpta config show"))


def values_of(run: Run) -> Iterator[Value]:
    """Yield every setting in the order of the sections."""
    for section, settings in run.settings:
        for key, field in type(settings).model_fields.items():
            value = getattr(settings, key)
            hidden = value is not None and is_secret(field, value)
            plain = None if hidden or isinstance(value, SecretStr) else _plain(value)
            shown = "set, and not shown" if hidden else "" if value is None else json.dumps(plain)
            # The address of a server may be given as the folder.
            made = _DEFAULT if value == field.default else f"{section}.folder"
            name = f"{section}.{key}"
            origin = _DEFAULT if value is None else run.origins.get(name, made)
            yield Value(name, plain, shown, origin)


@dataclass(frozen=True, slots=True)
class ConfigurationDrawing:
    """A line for each setting; in a terminal those that are set stand out."""

    values: list[Value]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for one in self.values:
            name, shown, origin = map(visible, (one.name, one.shown or "not set", one.origin))
            style = "dim" if one.origin == _DEFAULT else ACCENT
            if options.is_terminal:
                table.add_row(Text(name, style), Text(shown, overflow="fold"), Text(origin, style))
            else:
                yield Text(f"{name}: {shown} ({origin})")
        if options.is_terminal:
            yield table


def _plain(value: object) -> Any:  # noqa: ANN401
    """Return a value as JSON and TOML have it."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(map(_plain, value))
    return value if value is None or isinstance(value, bool | int | float) else str(value)


config = TyperGroup(
    name="config",
    commands=[show, init],
    help="Say what is set and from where, or write a file of settings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
