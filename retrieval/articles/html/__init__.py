"""From a web page to its article.

    webpage.read -> clutter (what is hidden goes) -> main_text (trafilatura, and what it drops)
        -> clutter (menus go, where the page is short) -> headline: the title of the article

What pages share with books and feeds is in `markup` and `formulas`, beside this folder.
"""

from retrieval.articles.html.webpage import read

__all__ = ["read"]
