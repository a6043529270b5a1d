"""Exports of Telegram Desktop as it writes them, of a channel and of an account."""

from __future__ import annotations

import json
from typing import Any

POSTS: list[Any] = [
    {
        "id": 1,
        "type": "service",
        "date": "2024-05-01T09:00:00",
        "date_unixtime": "1714546800",
        "actor": "Birds",
        "actor_id": "channel1234567890",
        "action": "create_channel",
        "title": "Birds",
        "text": "",
        "text_entities": [],
    },
    {
        "id": 2,
        "type": "message",
        "date": "2024-05-01T10:00:00",
        "date_unixtime": "1714550400",
        "from": "Birds",
        "from_id": "channel1234567890",
        "author": "A. Crow",
        "photo": "photos/photo_1@01-05-2024_10-00-00.jpg",
        "photo_file_size": 1000,
        "width": 640,
        "height": 480,
        "text": [
            {"type": "bold", "text": "Crows and their grudges"},
            "\n\nCrows ",
            {"type": "text_link", "text": "recognise faces", "href": "https://example.org/crows"},
            ". They hold grudges for years.\n\n",
            {"type": "hashtag", "text": "#corvids"},
            " ",
            {"type": "link", "text": "https://example.org/more"},
        ],
        "text_entities": [
            {"type": "bold", "text": "Crows and their grudges"},
            {"type": "plain", "text": "\n\nCrows "},
            {"type": "text_link", "text": "recognise faces", "href": "https://example.org/crows"},
            {"type": "plain", "text": ". They hold grudges for years.\n\n"},
            {"type": "hashtag", "text": "#corvids"},
            {"type": "plain", "text": " "},
            {"type": "link", "text": "https://example.org/more"},
        ],
        "reactions": [{"type": "emoji", "count": 3, "emoji": "👍"}],
    },
    {
        "id": 3,
        "type": "message",
        "date": "2024-05-02T10:00:00",
        "from": "Birds",
        "from_id": "channel1234567890",
        "forwarded_from": "Magpie News",
        "reply_to_message_id": 2,
        "text": "Magpies steal nothing that glitters.",
        "text_entities": [{"type": "plain", "text": "Magpies steal nothing that glitters."}],
    },
    {
        "id": 4,
        "type": "message",
        "date": "2024-05-03T10:00:00",
        "from": "Birds",
        "media_type": "sticker",
        "sticker_emoji": "🐦",
        "text": "",
        "text_entities": [],
    },
]
CHANNEL: dict[str, Any] = {
    "name": "Birds",
    "type": "public_channel",
    "id": 1234567890,
    "messages": POSTS,
}
EXPORT = json.dumps(CHANNEL, indent=1, ensure_ascii=False).encode()
ACCOUNT = json.dumps(
    {
        "about": "Here is the data you requested.",
        "chats": {
            "about": "This page lists all chats from this export.",
            "list": [
                CHANNEL,
                {
                    "name": "B. Raven",
                    "type": "personal_chat",
                    "id": 77,
                    "messages": [
                        {
                            "id": 2,
                            "type": "message",
                            "date": "2024-05-04T10:00:00",
                            "from": "B. Raven",
                            "from_id": "user77",
                            "text": "Do magpies know themselves?",
                        }
                    ],
                },
            ],
        },
    }
).encode()
