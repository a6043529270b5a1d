"""A section of the settings: its keys are known, it is frozen, and refused values stay secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """The keys of one section."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # Otherwise pydantic's messages repeat refused values, which may be secrets.
        hide_input_in_errors=True,
        validate_default=True,
    )
