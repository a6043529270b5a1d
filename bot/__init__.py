"""Answers from a folder of articles: in a terminal, in Telegram, on the web and to assistants.

    cli                the table of commands, and the commands of the core
    command            options, settings, printing and exit statuses of all commands
    configuration, copying    the commands `config` and `copy`
    ending             ends a long command in order at SIGTERM

    build              puts encoder, index, search and answerer together, as a `library`
    encoder_choice     which encoder is taken; `loading` loads it beside other work
    refresh_process    refreshes the index in a process of its own, and watches the articles
    small_refresh      refreshes a few small files in the process that answers

    answers            answers a question with excerpts, citations and a confidence
    followups          completes a question that leans on an earlier one
    catalogue          finds an article by its key, its path or words of its title
    documents          makes the JSON documents that commands print

    terminal           draws answers, articles and reports, and holds the chat
    display            what all drawings share: harmless text, and plain text for pipes
    languages          the messages that people are shown, in each language; `language_names`
    records            keeps questions and votes; `gaps` groups those that are not answered
    serving            an HTTP server; `quota`: who may ask how much; `certificates`

The folders `conversation`, `telegram`, `web`, `mcp`, `evaluation`, `fetching`, `writing` and the
module `doctor` are wings: each can be taken out.
"""
