"""A paper as it is printed: two pages with a running head, and one without text between them."""

from __future__ import annotations

from tests.retrieval.articles.pdfs import Words, column, pdf

PAGE = column(
    "The new bridge over the river opened on Monday after six years of exam-",
    "ination, work and waiting. Crowds walked across it from the early morning.",
    "It cost four million.",
    "",
    "The old one, which stood here for a century, will be taken down in spring.",
)
HEAD = [Words("Annals of bridges", y=760), Words("1", x=300, y=30)]
INFO = {"Title": "A new bridge", "Author": "A. Crow", "CreationDate": "D:20240503120000+02'00'"}
PAPER = pdf([*HEAD, *PAGE], [], [*HEAD, *column("The old one is gone.")], info=INFO)
