"""The written answer: what a model makes of the excerpts, sentence by sentence.

An answer's way:

    writer       asks the model, and yields its sentences, each with whether it is supported
    completion   the stream of a server
    drafting     sentences out of the stream, each with its citations
    claims       what a sentence claims
    support      whether the excerpts that it cites bear that out
    printing     the sentences as they are printed, or as a JSON document
"""

from __future__ import annotations

from bot.writing.printing import print_written, written_document
from bot.writing.writer import Writer, Written

__all__ = ["Writer", "Written", "print_written", "written_document"]
