"""Evidence bundles (K45): one signed HTML file that holds what a verdict rests on, and says which of its bytes were changed."""

from zhenbo.act.bundle.casefile import CaseFile, CaseMade, concerned
from zhenbo.act.bundle.container import Finding, Opened, close, fingerprint, head_of, opened
from zhenbo.act.bundle.contents import Contents, Made, Source

__all__ = [
    "CaseFile", "CaseMade", "Contents", "Finding", "Made", "Opened", "Source", "close", "concerned", "fingerprint", "head_of", "opened",
]  # fmt: skip
