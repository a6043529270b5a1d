"""What goes with a text: inline keyboards and link previews, and whether Telegram takes them."""

from __future__ import annotations

from .texts import is_link, malformed, violations
from .wire import Json, bad, check_object

PARSE_MODES = {"HTML", "Markdown", "MarkdownV2"}

DATA_BYTES = 64
ROW_BUTTONS, ALL_BUTTONS = 8, 100
COPIED_CHARACTERS = 256

KINDS = {"url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat"}
KINDS |= {"switch_inline_query_chosen_chat", "copy_text"}
LOOKS = {"text", "style", "icon_custom_emoji_id"}

PREVIEW = {"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"}


def check_text(text: object, entities: object, parse_mode: object = None) -> None:
    """Refuse a text that Telegram would refuse, or would send otherwise than it was meant."""
    if parse_mode is not None and parse_mode not in PARSE_MODES:
        raise bad("unsupported parse_mode")
    if not isinstance(text, str):
        raise bad("message text must be a string")
    for flaw in malformed(entities):
        raise bad(flaw)
    assert isinstance(entities, list)
    for violation in violations(text, entities):
        raise bad(violation)


def check_markup(markup: object, *, inline_only: bool = False) -> Json | None:
    """Return a reply markup that Telegram takes; an empty inline keyboard is none."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("can't parse reply keyboard markup JSON object")
    if not inline_only and (markup.get("remove_keyboard") or markup.get("force_reply")):
        return markup
    if markup.keys() != {"inline_keyboard"}:
        raise bad("inline keyboard expected")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("field inline_keyboard must be an array of arrays")
    for row in rows:
        if not 1 <= len(row) <= ROW_BUTTONS:
            raise bad(f"a row has 1 to {ROW_BUTTONS} buttons, not {len(row)}")
        for button in row:
            _check_button(button)
    if sum(map(len, rows)) > ALL_BUTTONS:
        raise bad("reply markup is too long")
    return markup if rows else None


def _check_button(value: object) -> None:
    button = check_object(value, "inline keyboard button", KINDS | LOOKS)
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad("inline keyboard button text is empty")
    kinds = button.keys() & KINDS
    if not kinds:
        raise bad("text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"inline keyboard button is of several kinds: {', '.join(sorted(kinds))}")
    if "callback_data" in kinds:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= DATA_BYTES:
            raise bad("BUTTON_DATA_INVALID")
    if "url" in kinds and not is_link(button["url"]):
        raise bad("BUTTON_URL_INVALID")
    if "copy_text" in kinds:
        copied = check_object(button["copy_text"], "copy_text", {"text"}).get("text", "")
        if not 1 <= len(copied) <= COPIED_CHARACTERS:
            raise bad("BUTTON_COPY_TEXT_INVALID")


def check_preview(value: object) -> Json | None:
    """Return link preview options that Telegram takes."""
    if value is None:
        return None
    preview = check_object(value, "link preview options", PREVIEW)
    for name in preview.keys() - {"url"}:
        if not isinstance(preview[name], bool):
            raise bad(f"can't parse link preview options: {name} must be a boolean")
    if "url" in preview and not is_link(preview["url"], ("http", "https")):
        raise bad("link preview URL is invalid")
    if preview.get("prefer_small_media") and preview.get("prefer_large_media"):
        raise bad("link preview media cannot be both small and large")
    return preview
