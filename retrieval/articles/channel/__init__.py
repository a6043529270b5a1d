"""From the export of a Telegram channel to its posts.

    export.read: result.json, a message at a time | page.read: messages.html
        -> post: a message with its text, date and link, the same from both

An export holds the posts of one chat; without the public name of a channel it has no links.
"""

from retrieval.articles.channel.export import read
from retrieval.articles.channel.page import read as read_page

__all__ = ["read", "read_page"]
