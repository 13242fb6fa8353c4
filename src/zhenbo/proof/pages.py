"""Signal pages come alive: run a signal on a story and say in one line what it found."""

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue


def look(signal_id: str, story: str) -> None:
    """Print what a signal finds in a story: whether it accuses (p < 1 %), clears (p > 50 %) or is undecided."""
    signal = catalogue()[signal_id]
    for found in signal.look(read(story).session(), baselines(signal_id)):
        if not isinstance(found, Evidence):
            print(f"{signal_id}: asks for {found.record}")  # noqa: T201 - pages show what they print
            continue
        stance = "accuses" if found.p < 0.01 else "clears" if found.p > 0.5 else "is undecided"
        named = {"orders": found.orders} if found.orders else {"accounts": found.accounts}
        unit, weights = next(iter(named.items()))
        members = sum(w > 20 - 10 for w in weights.values())
        print(f"{signal_id}: {stance}, names {members} {unit}, says {found.says}")  # noqa: T201
