"""The tables of the index's database."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- `published` is NULL for the empty generation 0 and for the draft; `content` is the number of the
-- generation that this one has the articles of: another one after a rollback, else its own.
CREATE TABLE generations (
    number INTEGER PRIMARY KEY, published TEXT, articles INTEGER NOT NULL,
    chunks INTEGER NOT NULL, content INTEGER NOT NULL);
INSERT INTO generations VALUES (0, NULL, 0, 0, 0);
-- What is read of files, each content once; `title` is NULL where an article declares none.
-- AUTOINCREMENT: an id never comes back, for the derived indexes know chunks by theirs.
-- Here and below, `crc` (CRC-32) finds what a disk has changed; here it leaves `text` out, for it
-- is looked at for every chunk that is shown.
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, title TEXT, date TEXT,
    url TEXT, author TEXT, language TEXT NOT NULL, tags TEXT NOT NULL, crc INTEGER NOT NULL,
    text_crc INTEGER NOT NULL, text TEXT NOT NULL);
-- Sentences are int32 (n, 4): start and end in the article's text, paragraph, page. The chunk's own
-- text is kept too: to cut it from the article's, SQLite would read all of that for every chunk.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles,
    text TEXT NOT NULL, sentences BLOB NOT NULL, encoding INTEGER NOT NULL REFERENCES encodings,
    crc INTEGER NOT NULL);
CREATE INDEX chunks_by_article ON chunks (article);
CREATE INDEX chunks_by_encoding ON chunks (encoding);
-- Vectors (float16) apart from the token codes, so that all of them can be read in one sweep.
-- Starts of tokens are uint16, 65535 for the title's.
CREATE TABLE encodings (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, vector BLOB NOT NULL,
    crc INTEGER NOT NULL);
CREATE TABLE tokens (
    encoding INTEGER PRIMARY KEY REFERENCES encodings, codes BLOB NOT NULL, starts BLOB NOT NULL,
    crc INTEGER NOT NULL);
-- What was seen of a file: `reason` tells why it was skipped, `recipe` how it was read and cut.
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL, recipe TEXT NOT NULL, reason TEXT);
CREATE INDEX files_by_path ON files (path);
CREATE INDEX files_by_digest ON files (digest);
-- A name is the path of an article in a file; `title` is what one that declares none is called
-- there.
CREATE TABLE names (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, file INTEGER NOT NULL REFERENCES files, title TEXT,
    article INTEGER NOT NULL REFERENCES articles, crc INTEGER NOT NULL);
CREATE INDEX names_by_path ON names (path);
CREATE INDEX names_by_file ON names (file);
CREATE INDEX names_by_article ON names (article);
-- The files of each generation, with all their names. A generation is a copy of the one before,
-- changed; 100,000 files take 1 MB.
CREATE TABLE members (
    generation INTEGER NOT NULL REFERENCES generations, file INTEGER NOT NULL REFERENCES files,
    PRIMARY KEY (generation, file)) WITHOUT ROWID;
"""
