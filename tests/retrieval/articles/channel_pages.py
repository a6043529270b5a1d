"""Writes an export in HTML, laid out as Telegram Desktop does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

# An entity's element and attributes by its type; {0} is the text, {1} the text without its sign.
_ELEMENTS = {
    "plain": "{0}",
    "bank_card": "{0}",
    "bold": "<strong>{0}</strong>",
    "italic": "<em>{0}</em>",
    "underline": "<u>{0}</u>",
    "strikethrough": "<s>{0}</s>",
    "code": "<code>{0}</code>",
    "pre": "<pre>{0}</pre>",
    "blockquote": "<blockquote>{0}</blockquote>",
    "spoiler": '<span class="spoiler hidden" onclick="ShowSpoiler(this)">'
    '<span aria-hidden="true">{0}</span></span>',
    "link": '<a href="{0}">{0}</a>',
    "text_link": '<a href="https://example.org/far">{0}</a>',
    "email": '<a href="mailto:{0}">{0}</a>',
    "phone": '<a href="tel:{0}">{0}</a>',
    "mention": '<a href="https://t.me/{1}">{0}</a>',
    "mention_name": '<a href="" onclick="return ShowMentionName()">{0}</a>',
    "hashtag": '<a href="" onclick="return ShowHashtag(&quot;{1}&quot;)">{0}</a>',
    "cashtag": '<a href="" onclick="return ShowCashtag(&quot;{1}&quot;)">{0}</a>',
    "bot_command": '<a href="" onclick="return ShowBotCommand(&quot;{1}&quot;)">{0}</a>',
    "custom_emoji": '<a href="stickers/1.webp">{0}</a>',
}
_FACE = """
      <div class="pull_left userpic_wrap">
       <div class="userpic userpic1" style="width: 42px; height: 42px">
        <div class="initials" style="line-height: 42px">
B
        </div>
       </div>
      </div>
"""
_PHOTO = """
       <div class="media_wrap clearfix">
        <div class="media clearfix pull_left media_photo">
         <div class="fill pull_left">
         </div>
         <div class="body">
          <div class="title bold">
Photo
          </div>
          <div class="description">
Not included, change data exporting settings to download.
          </div>
          <div class="status details">
1280x720, 90.1 KB
          </div>
         </div>
        </div>
       </div>
"""
_AFTER = """
       <table class="bot_buttons_table"><tr><td>
        <div class="bot_button">Subscribe</div>
       </td></tr></table>
       <span class="reactions"><span class="reaction"><span class="emoji">
👍
       </span><span class="count">
3
       </span></span></span>
"""


def page(name: str, messages: Iterable[Mapping[str, Any]], zone: str = " UTC+02:00") -> bytes:
    """Write messages that have the fields of the export in JSON; `joined` leaves names out."""
    day: dt.date | None = None
    parts: list[str] = []
    for message in messages:
        date = dt.datetime.fromisoformat(message["date"])
        if date.date() != day:
            day = date.date()
            parts.append(_service(-len(parts) - 1, f"{day.day} {day:%B %Y}"))
        if message["type"] == "service":
            parts.append(_service(message["id"], f"{escape(name)} pinned <a>this message</a>"))
        else:
            parts.append(_message(message, f"{date:%d.%m.%Y %H:%M:%S}{zone}"))
    return f"""<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <link href="css/style.css" rel="stylesheet"/>
  <script src="js/script.js" type="text/javascript">

  </script>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
{escape(name)}
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
     <a class="pagination block_link" href="messages.html">
Previous messages
     </a>
{"".join(parts)}
    </div>
   </div>
  </div>
 </body>
</html>
""".encode()


def _service(number: int, text: str) -> str:
    return (
        f'\n     <div class="message service" id="message{number}">\n\n      '
        f'<div class="body details">\n{text}\n      </div>\n\n     </div>\n'
    )


def _message(message: Mapping[str, Any], time: str) -> str:
    joined = message.get("joined")
    parts = [
        f'\n     <div class="message default clearfix{" joined" if joined else ""}" '
        f'id="message{message["id"]}">\n',
        "" if joined else _FACE,
        f'\n      <div class="body">\n\n       <div class="pull_right date details" '
        f'title="{time}">\n{time[11:16]}\n       </div>\n',
        "" if joined else _block("from_name", escape(message["from"] or "Deleted Account") + " "),
    ]
    if origin := message.get("forwarded_from"):
        parts.append('\n       <div class="forwarded body">\n')
        details = ' <span class="date details" title="01.01.2020 09:00:00"> 01.01.2020</span>'
        parts.append("" if joined else _block("from_name", escape(origin) + details))
    if "reply_to_message_id" in message:
        parts.append(
            _block("reply_to details", 'In reply to <a href="#go_to_message1">this message</a>')
        )
    if "photo" in message:
        parts.append(_PHOTO)
    if poll := message.get("poll"):
        parts.append(_poll(poll))
    if text := _text(message["text"]):
        parts.append(_block("text", text))
    if "reactions" in message:
        parts.append(_AFTER)
    if author := message.get("author"):
        parts.append(_block("signature details", escape(author)))
    parts.append("\n       </div>\n" if origin else "")
    return "".join([*parts, "\n      </div>\n\n     </div>\n"])


def _poll(poll: Mapping[str, Any]) -> str:
    answers = (
        f'- {escape(one["text"])} <span class="details">{one["voters"]} votes</span>'
        for one in poll["answers"]
    )
    return (
        '\n       <div class="media_wrap clearfix">\n\n        <div class="media_poll">\n'
        + _block("question bold", escape(poll["question"]))
        + _block("details", "Anonymous poll")
        + "".join(_block("answer", one) for one in answers)
        + _block("total details\t", "9 votes")
        + "\n        </div>\n\n       </div>\n"
    )


def _block(kind: str, content: str) -> str:
    return f'\n       <div class="{kind}">\n{content}\n       </div>\n'


def _text(text: str | list[Any]) -> str:
    pieces = [text] if isinstance(text, str) else text
    return "".join(
        _entity(one, "plain") if isinstance(one, str) else _entity(one["text"], one["type"])
        for one in pieces
    )


def _entity(text: str, kind: str) -> str:
    return _ELEMENTS[kind].format(_escaped(text), _escaped(text[1:]))


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br>")
