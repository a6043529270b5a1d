"""Tables of a Word document: which rows are of headings, and what cells span."""

from __future__ import annotations

from itertools import islice
from typing import TypedDict

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute, local
from retrieval.articles.word.styles import Styles, integer, is_on, value

# Of a bit mask of what is drawn in another way, as older files have it.
_FIRST_ROW = 0x20
# Runs of a row that are looked at.
_MAX_RUNS = 200


class Spans(TypedDict):
    """How many columns and rows a cell spans; see `Cell`."""

    columns: int
    rows: int


def spans(cell: etree._Element) -> Spans:
    """Return what a cell spans; of those below each other all but the first say that it goes on."""
    properties = cell.find("{*}tcPr")
    merged = None if properties is None else properties.find("{*}vMerge")
    goes_on = merged is not None and attribute(merged, "val") != "restart"
    return {"columns": integer(value(properties, "gridSpan"), 1) or 1, "rows": 0 if goes_on else 1}


def is_head(row: etree._Element, styles: Styles) -> bool:
    """Tell whether a row is of headings: it says so, or it is the first, and drawn as one."""
    if is_on(row.find("{*}trPr/{*}tblHeader")):
        return True
    table = row.getparent()
    if local(table) != "tbl" or next(table.iterchildren("{*}tr")) is not row:
        return False
    properties = table.find("{*}tblPr")
    if styles.of(properties, "tblStyle").first_row and _is_first_drawn(properties):
        return True
    second = next(row.itersiblings("{*}tr"), None)
    return _is_bold(row) and second is not None and not _is_bold(second)


def _is_first_drawn(properties: etree._Element | None) -> bool:
    """Tell whether a table has its first row drawn as its style says."""
    look = None if properties is None else properties.find("{*}tblLook")
    if look is None:
        return False
    own = attribute(look, "firstRow")
    if own is not None:
        return own in {"1", "true", "on"}
    try:
        return bool(int(attribute(look, "val") or "0", 16) & _FIRST_ROW)
    except ValueError:
        return False


def _is_bold(row: etree._Element) -> bool:
    runs = [run for run in islice(row.iter("{*}r"), _MAX_RUNS) if run.find("{*}t") is not None]
    return bool(runs) and all(is_on(run.find("{*}rPr/{*}b")) for run in runs)
