"""From Markdown to its text, in whatever dialect it is written.

    templates (tags of site generators, taken out before the parser sees them)
        -> document.read: markdown-it with containers (blocks) and inline_marks, or else, where
           there are too many marks for it, line by line -> text

Each step leaves code as it stands.
"""

from retrieval.articles.markdown.document import read

__all__ = ["read"]
