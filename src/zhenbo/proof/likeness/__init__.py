"""Are simulated honest rooms like real ones? The same statistics, measured on recordings and on made-up evenings.

    python -m zhenbo.proof.likeness [--data ../shared/data] [--seed 1] [--sessions 30]

Writes `docs/likeness.md` and `docs/likeness.svg`. Where the recordings are present their figures are measured anew and
kept in `worlds/recordings.toml` (aggregates only: no id, name or text leaves this package); elsewhere the kept figures
are compared.
"""

from zhenbo.proof.likeness.measure import STATISTICS, measure
from zhenbo.proof.likeness.rooms import KINDS, Compared, compare, kept, recorded, simulate

__all__ = ["KINDS", "STATISTICS", "Compared", "compare", "kept", "measure", "recorded", "simulate"]
