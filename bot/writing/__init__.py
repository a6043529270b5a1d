"""The written answer: sentences that a model writes from the excerpts, each checked.

An answer passes through:

    writer       asks the model, and yields its sentences, supported or not
    completion   streams the text from a server
    drafting     cuts the stream into sentences with their citations
    claims       finds numbers, names, addresses and negations in a sentence
    support      checks a sentence against the excerpts that it cites
    printing     prints the sentences, or makes a JSON document of them
"""

from __future__ import annotations

from bot.writing.printing import print_written, written_document
from bot.writing.writer import Writer, Written

__all__ = ["Writer", "Written", "print_written", "written_document"]
