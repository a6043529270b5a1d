"""Answers from a folder of articles, in a terminal and in Telegram.

    cli                the table of commands, and the commands of the core
    command            options, settings, printing and exit statuses of all commands
    build              puts encoder, index, search and answerer together
    answers            answers a question with excerpts, citations and a confidence
    followups          completes a question that leans on an earlier one
    refresh_process    refreshes the index in a process of its own, and watches the articles
    small_refresh      refreshes a few small files in the process that answers
    gaps               groups the questions that the articles do not answer
    terminal           draws answers, articles and reports, and holds the chat
    documents          makes the JSON documents that commands print
    configuration      shows settings and where they are from, and writes a file of them

The folders `telegram`, `web`, `mcp`, `evaluation`, `fetching`, `writing` and the module `doctor`
are wings: each can be taken out.
"""
