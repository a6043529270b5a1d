"""What is wrong with an index and its articles, and what mends it; nothing is written."""

from retrieval.health.diagnosis import Diagnosis, Patient
from retrieval.health.examination import examine
from retrieval.health.finding import Finding, Kind, Severity

__all__ = ["Diagnosis", "Finding", "Kind", "Patient", "Severity", "examine"]
