"""The index on a Milvus server, or in a file of Milvus Lite: a wing that does what `index` does.

    index.MilvusIndex     its address: opened, created, made again; the lease to write
    store.MilvusStore     what readers see: articles, chunks, dense
    writer.MilvusWriter   the next generation; published, rolled back, purged (encodings: those
                          of passages; visibility: which rows a generation has)
    generations           what both are made of: state (one row), listing (of one generation)
    connection            calls with time-outs; tables: what is stored, and how

`retrieval.backends` finds it by the address. BM25, rarity and vocabulary come from tantivy, as for
an index in a folder: each machine makes that index of the generation's passages and keeps it.
"""

from retrieval.milvus.index import MilvusIndex

__all__ = ["MilvusIndex"]
