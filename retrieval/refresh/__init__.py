"""Bringing the index in line with the articles.

    folder -> plan.plan -> indexer.Indexer: read, chunk, encode, store -> the draft of a generation
           -> gate.KnownItemGate -> refresh.refresh publishes it

`watch.FolderChanges` tells when the folder changed; `plan.preview` says what a refresh would do.
"""
