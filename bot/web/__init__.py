"""The web: a page for readers and an HTTP API for programs, over one library.

A request's way through it:

    application   the routes, and what stands around them: hosts, headers, other sites, metrics
    security      refuses hosts that are not ours, and tells browsers what the page may do
    pages         take forms; `rendering` makes the answers of `templates`; `static` has the style
                  and the script
    sessions      keep the conversations of readers in memory
    quotes        parts text of articles into paragraphs with marks, and links to it
    api           decodes a request, and encodes the document that answers it
    schema        the types of requests and documents, and the OpenAPI document made of them
    streams       send what a model writes as server-sent events
    limits        how much an address and a conversation may ask
    answering     asks the library, in threads: a turn is a message and what it got
    editor        shows editors the `report` on questions, and the `upkeep` of the index
    access        lets editors in: a password, a token, or the header of a proxy
    records       keep questions and votes in `bot.records`, without names
    metrics       count requests and answers for Prometheus
    problems      every error of the API as a document of RFC 9457

`command` is `excerpta serve`; `service` starts and stops all of it, and refreshes the index
meanwhile.
"""

from __future__ import annotations

from bot.web.access import hash_password
from bot.web.answering import Answering
from bot.web.application import build
from bot.web.metrics import Metrics
from bot.web.records import Records
from bot.web.schema import AnswerDocument, ArticleDocument, ArticlesDocument, StatusDocument
from bot.web.service import run
from bot.web.upkeep import Doctor, Refreshes

__all__ = [
    "AnswerDocument",
    "Answering",
    "ArticleDocument",
    "ArticlesDocument",
    "Doctor",
    "Metrics",
    "Records",
    "Refreshes",
    "StatusDocument",
    "build",
    "hash_password",
    "run",
]
