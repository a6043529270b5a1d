"""Formulas: MathML, and that of Word, as one line of text, such as `E=mc^2` or `(a+b)/2`."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute, local

# What stands before each part of an element but the first.
_SIGNS = {
    "mfrac": "/",
    "msup": "^",
    "msub": "_",
    "msubsup": "_^",
    "munder": "_",
    "munderover": "_^",
    "mroot": ";",
}
_ROOTS = frozenset({"msqrt", "mroot"})
_PAUSES = {"mspace": " ", "mtd": " ", "mtr": "; "}
_ANNOTATIONS = frozenset({"annotation", "annotation-xml"})

# What stands before a part, by its name.
_PART_SIGNS = {"den": "/", "sup": "^", "sub": "_", "lim": "_"}
_GROUPED = frozenset({"num", *_PART_SIGNS})
_PARTS = frozenset({"e", "deg", "fName", "mr", *_GROUPED})
# What stands between parts of the same name.
_BETWEEN = {"mr": " ", "m": "; ", "eqArr": "; "}


def is_formula(element: etree._Element) -> bool:
    """Tell whether an element is a formula; in books it may have a prefix."""
    return _name(element) == "math"


def formula_text(formula: etree._Element) -> str:
    """Return a formula's text or, where it has none, what it declares as its text."""
    text = ""
    parts: list[str] = []
    ends: list[str] = []
    walk = etree.iterwalk(formula, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            parts.append(ends.pop())
        elif _name(element) in _ANNOTATIONS:
            ends.append("")
            walk.skip_subtree()
        else:
            start, end = _signs_around(element)
            token = " ".join((element.text or "").split())
            if token and not start and len(token) + len(text) > 2 and (text + token).isalpha():
                start = " "  # two names, or a function and its argument
            parts.append(start + token)
            ends.append(end)
            text = token
    text = " ".join("".join(parts).split()).strip("; ")
    return text or _declared(formula)


def _signs_around(element: etree._Element) -> tuple[str, str]:
    """Return what is written before and behind an element to tell it from its neighbours."""
    name, parent = _name(element), element.getparent()
    signs = _SIGNS.get(_name(parent)) if parent is not None else None
    start = _PAUSES.get(name, "")
    if signs is not None and (before := element.getprevious()) is not None:
        start += signs[0] if before.getprevious() is None else signs[-1]
    start += "√" * (name in _ROOTS)
    if len(element) > 1 and (signs is not None or name in _ROOTS):
        return f"{start}(", ")"
    return start, ""


def _declared(formula: etree._Element) -> str:
    declared = [formula.get("alttext"), *(one.text for one in formula.iter() if _is_tex(one))]
    return next((" ".join(text.split()) for text in declared if text and text.strip()), "")


def _is_tex(element: etree._Element) -> bool:
    return _name(element) == "annotation" and "tex" in element.get("encoding", "")


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def office_formula_text(formula: etree._Element) -> str:
    """Return the text of a formula of Word."""
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
        return _PART_SIGNS.get(name, "") + _grouped(text) if text else ""
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
