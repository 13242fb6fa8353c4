"""The only place that wires flow and edge together: files in, verdicts and reports out."""

from zhenbo.pipeline.audit import (
    Lang,
    Result,
    audit_dataset,
    audit_paths,
    baselines,
    cases,
    default_policy,
    look,
    nothing_read,
    words,
)
from zhenbo.pipeline.packs import Packs, default_packs, overlaid
from zhenbo.pipeline.road import EMBEDDED, Road, is_small
from zhenbo.pipeline.written import html, tables, titles, write

__all__ = [
    "EMBEDDED",
    "Lang",
    "Packs",
    "Result",
    "Road",
    "audit_dataset",
    "audit_paths",
    "baselines",
    "cases",
    "default_packs",
    "default_policy",
    "html",
    "is_small",
    "look",
    "nothing_read",
    "overlaid",
    "tables",
    "titles",
    "words",
    "write",
]
