"""Answers from a folder of articles, in a terminal and in Telegram.

__main__ -> cli: the table of commands; command: what all of them share
build       wires the parts: encoder, index, search, answerer
answers     a question -> excerpts, citations, how sure; followups: what leans on an earlier one
terminal    how things look in a console and in a pipe; documents: what --json prints
telegram, evaluation, fetching, writing, doctor    wings, each of which can be taken out
"""
