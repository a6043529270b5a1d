"""What is wrong with an index and its articles, and what mends it; nothing is ever written.

examine.examine_index -> Examination of findings, the worst first
    checks: articles (the folder, each article), index (database, derived indexes, disk),
    search (near-duplicates, articles that are not found by their titles)
"""

from retrieval.doctor.examine import examine_index
from retrieval.doctor.findings import Examination, Examined, Finding, FindingKind, Severity

__all__ = ["Examination", "Examined", "Finding", "FindingKind", "Severity", "examine_index"]
