"""From a Word document to its text.

    document.read, part by part:
        styles (what is a heading, a list, hidden) -> text, with the words of each formula
        -> with each embedded document, which is read by its own reader

The numbers of lists are in `symbols`, beside this folder, as OpenDocument texts have them, too.
"""

from retrieval.articles.word.document import read

__all__ = ["read"]
