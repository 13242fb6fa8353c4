"""The desk of claims, measured: `python bench/claims.py [CLAIMS] [SEED]` prints the figures of docs/guarantee.md."""

import resource
import sys
import time
from collections import Counter

from zhenbo.act.guarantee import desk, signs
from zhenbo.act.guarantee.decide import last
from zhenbo.pipeline.claims import guarantees
from zhenbo.worlds.claims import DESK_OPEN, ClaimDesk, claim_desk


def outcome(one: desk.Settled) -> str:
    """What a claim came to: pay, perform, refuse, or open."""
    final = last(one.decision)
    if one.decided_at is None:
        return "open"
    return "perform" if final.outcome == "pay" and final.remedy == "replace_or_repair" else final.outcome


def against_truth(made: ClaimDesk, settled: list[desk.Settled]) -> Counter[str]:
    """Claims by what was due, what they came to, and who asked."""
    told: Counter[str] = Counter()
    for one in settled:
        truth, got = made.truth[one.claim], outcome(one)
        who = "honest" if truth.honest else truth.story
        told[f"{who}: {truth.due} due, {got}"] += 1
        if got == truth.due == "pay" and last(one.decision).amount != truth.amount:
            told[f"{who}: another amount"] += 1
    return told


def rings(made: ClaimDesk, found: signs.Signs) -> tuple[int, int, int, int]:
    """Rings there are and are found (half their buyers in one); honest buyers, and those beside whom a sign stands."""
    members: dict[str, set[str | None]] = {}
    for claim in made.claims:
        if made.truth[claim.id].ring:
            members.setdefault(made.truth[claim.id].ring, set()).add(claim.buyer)
    hit = sum(any(len(m & set(r.buyers)) * 2 >= len(m) for r in found.rings) for m in members.values())
    honest = {c.buyer for c in made.claims if made.truth[c.id].honest}
    accused = {c.buyer for c in made.claims if c.id in found.of and made.truth[c.id].honest}
    return len(members), hit, len(honest), len(accused)


def main(claims: int, seed: int) -> None:
    """Print the figures."""
    made = claim_desk(seed, claims)
    rules, began = guarantees(), time.process_time()
    found = signs.read(made.claims)
    seen = time.process_time()
    settled = list(desk.run(made.claims, rules, found, DESK_OPEN))
    done = time.process_time()
    told = desk.summary(settled, found)
    print(f"{len(made.claims):,} claims, seed {seed}: signs {seen - began:.0f} s, decisions {done - seen:.0f} s of one core, "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB with the world")  # fmt: skip
    print(
        f"outcomes {dict(told.outcomes)}; within three minutes {told.soon} of {told.shown}; held {told.held}"
    )
    for line, n in sorted(against_truth(made, settled).items()):
        print(f"  {n:>8,} {line}")
    print("rings {} found {}; honest buyers {:,}, beside a sign {}".format(*rings(made, found)))


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["180000", "7"][len(sys.argv) - 1 :])[:2]))
