"""Sampling inspection (K42): plans of the standard, operating characteristic, switching, allocation, chain of custody."""

from zhenbo.act.inspection.allocation import Allocation, Draw, allocate, stated
from zhenbo.act.inspection.curve import accepted, accepted_lot, detection, model_of, quality_at
from zhenbo.act.inspection.custody import GAPS, Chain, Gap, acted, chain_of, chains, recorded
from zhenbo.act.inspection.plans import SEVERITIES, Standard, read_standard
from zhenbo.act.inspection.switching import Inspected, Scheme, State, series, step

__all__ = [
    "GAPS",
    "SEVERITIES",
    "Allocation",
    "Chain",
    "Draw",
    "Gap",
    "Inspected",
    "Scheme",
    "Standard",
    "State",
    "accepted",
    "accepted_lot",
    "acted",
    "allocate",
    "chain_of",
    "chains",
    "detection",
    "model_of",
    "quality_at",
    "read_standard",
    "recorded",
    "series",
    "stated",
    "step",
]
