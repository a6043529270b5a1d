"""From a PDF to the text of its pages.

    document.read, page by page:
        words (letters between blanks) -> lines, parted by rules, with what forms and notes add
        -> without running_heads -> rows -> layout (columns, and tables or grids) -> paragraphs

Where things stand is known to the point and what they are is not: a title, a column, a row of a
table is what looks like one. Each module names the measures by which it judges.
"""

from retrieval.articles.pdf.document import read

__all__ = ["read"]
