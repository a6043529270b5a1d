"""What the tests of loading share: a file of settings, and the message that refuses one."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from config import Settings, SettingsError


def local(text: str, mode: int = 0o600) -> Path:
    """Write the file of settings that is read where none is named."""
    file = Path("excerpta.toml")
    file.write_text(text)
    file.chmod(mode)
    return file


def refused(
    config_file: Path | None = None,
    overrides: dict[str, dict[str, object]] | None = None,
    *,
    hidden: str = "\n",
) -> str:
    """Load and return the message of the refusal, once nothing of it shows what is hidden."""
    with pytest.raises(SettingsError, match=r"\S") as caught:
        Settings.load(config_file, overrides)
    error: BaseException | None = caught.value
    assert hidden == "\n" or hidden not in "".join(traceback.format_exception(error))
    while error is not None:
        assert hidden not in f"{error} {error!r} {error.args}"
        error = error.__context__
    return str(caught.value)
