"""Formulas of Word (Office Math Markup), written as one line of text, such as `(a+b)/2`."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute, local

# What stands before a part, by its name.
_SIGNS = {"den": "/", "sup": "^", "sub": "_", "lim": "_"}
_GROUPED = frozenset({"num", *_SIGNS})
_PARTS = frozenset({"e", "deg", "fName", "mr", *_GROUPED})
# What stands between parts of the same name.
_BETWEEN = {"mr": " ", "m": "; ", "eqArr": "; "}


def formula_text(formula: etree._Element) -> str:
    """Return a formula's text."""
    texts: list[list[str]] = [[]]  # of the formula, of a part of it, of a part of that
    walk = etree.iterwalk(formula, events=("start", "end"))
    for event, element in walk:
        name = local(element)
        if name.endswith("Pr"):
            if event == "start":
                walk.skip_subtree()
        elif event == "end":
            if name in _PARTS:
                part = "".join(texts.pop())
                texts[-1].append(_written(element, name, part))
            elif name in {"d", "acc"}:
                texts[-1].append(_sign(element, name, "endChr" if name == "d" else "chr"))
        elif name in _PARTS:
            texts.append([])
        elif name == "t":
            texts[-1].append(element.text or "")
        elif name in {"d", "nary"}:
            texts[-1].append(_sign(element, name, "begChr" if name == "d" else "chr"))
    return "".join(texts[0]).strip()


def _written(element: etree._Element, name: str, text: str) -> str:
    """Return the text of a part with what tells it from its neighbours."""
    parent, previous = local(element.getparent()), element.getprevious()
    if name in _GROUPED:
        return _SIGNS.get(name, "") + _grouped(text) if text else ""
    if parent == "rad" and name == "e":
        return "√" + _grouped(text)
    if name == "fName":
        return f"{text} "
    if previous is not None and local(previous) == name:
        return _BETWEEN.get(parent, ", ") + text
    return text


def _grouped(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def _sign(element: etree._Element, name: str, key: str) -> str:
    """Return a bracket, or the sign of a sum, of which a formula says only what is unusual."""
    usual = {"begChr": "(", "endChr": ")", "chr": "∫" if name == "nary" else ""}
    said = element.find(f"{{*}}{name}Pr/{{*}}{key}")
    return usual[key] if said is None else (attribute(said, "val") or "")[:2]
