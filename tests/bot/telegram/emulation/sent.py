"""A message of the bot, as it reads now and as it read before."""

from __future__ import annotations

from dataclasses import dataclass, field

from .texts import cut, detected
from .wire import Json


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says at one time."""

    text: str
    entities: tuple[Json, ...] = ()
    markup: Json | None = None
    preview: Json | None = None


@dataclass(slots=True, eq=False)
class Sent:
    """A message of the bot.

    Attributes:
        params: Of the request that sent it.
        history: What it said, oldest first; the last is what it says now.
        reply_to: None where the bot did not reply or the target was gone.
        thread: The topic.
        deleted: By anybody.
    """

    chat_id: int
    message_id: int
    params: Json = field(repr=False)
    history: list[Content]
    date: int
    reply_to: int | None = None
    thread: int | None = None
    deleted: bool = False
    edit_date: int | None = None

    @property
    def text(self) -> str:
        return self.history[-1].text

    @property
    def entities(self) -> tuple[Json, ...]:
        """As the bot gave them."""
        return self.history[-1].entities

    @property
    def markup(self) -> Json | None:
        return self.history[-1].markup

    @property
    def preview(self) -> Json | None:
        """Link preview options."""
        return self.history[-1].preview

    @property
    def detected(self) -> tuple[tuple[str, str], ...]:
        """(type, text) of what Telegram would make links of on its own."""
        return tuple(detected(self.text, list(self.entities)))

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons, row by row."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        """The texts of the buttons."""
        return [button["text"] for button in self.buttons]

    def button(self, which: str) -> Json:
        """Return the first button with this text."""
        for button in self.buttons:
            if button["text"] == which:
                return button
        raise ValueError(f"no button {which!r} among {self.labels}")

    def parts(self, *types: str) -> list[str]:
        """Return the texts under the entities of these types."""
        return [
            cut(self.text, entity["offset"], entity["length"])
            for entity in self.entities
            if entity["type"] in types
        ]
