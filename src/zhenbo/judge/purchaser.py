"""Who bought it? Three hypotheses, weighed by stated likelihoods: nobody has labelled purchasers, so this is judgement, kept wide.

That something is fabricated says nothing about who paid. Facts of the record shift three hypotheses against one
another: the *host* or its agency, for a slot fee, a rank or a pledge; the *merchant*, for its own shop; a *rival*, so
that the room be punished or the shop harmed. Every ratio stands in a pack with its source; no fact counts for more than
ten to one, neither do all of them together, and below a stated share the answer is "cannot tell". Facts that one habit brings along
together (what is praised is kept) are one fact told twice and count once. The answer never moves an outcome.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from zhenbo.core.errors import PackError

Purchaser = Literal["host", "merchant", "rival"]
PURCHASERS: tuple[Purchaser, ...] = ("host", "merchant", "rival")


@dataclass(frozen=True)
class Fact:
    """What an observable fact says of each hypothesis.

    Args:
        id: name of the fact.
        least: units (accounts, orders, comments …) from which its share is looked at.
        at: share of them from which the fact holds.
        db: 10·log10 likelihood of the fact under each hypothesis, up to a common constant.
        source: where the judgement comes from.
        family: facts that one habit brings along together; of one family only the most telling counts.
    """

    id: str
    least: int
    at: float
    db: Mapping[Purchaser, float]
    source: str
    family: str

    @property
    def reach(self) -> float:
        """How far it moves one hypothesis against another, dB."""
        return max(self.db.values()) - min(self.db.values())


@dataclass(frozen=True)
class Hypotheses:
    """The pack: prior, facts and limits.

    Args:
        id: id@version of the pack.
        prior: probability of each before any fact.
        facts: by id.
        most: largest ratio that one fact, or all together, may make between two hypotheses, dB.
        leans: share from which one is named.
        complaint: words of complaint.
    """

    id: str
    prior: Mapping[Purchaser, float]
    facts: Mapping[str, Fact]
    most: float
    leans: float
    complaint: tuple[str, ...] = ()

    def shares(self, told: Iterable[str]) -> dict[Purchaser, float]:
        """Posterior share of each hypothesis given the facts that hold, by id."""
        held = [self.facts[name] for name in sorted(told)]
        families = sorted({f.family for f in held})
        facts = [max((f for f in held if f.family == one), key=lambda f: f.reach) for one in families]
        total = {who: math.fsum(f.db[who] for f in facts) for who in PURCHASERS}
        top = max(total.values())
        odds = {who: self.prior[who] * 10 ** (max(db - top, -self.most) / 10) for who, db in total.items()}
        whole = math.fsum(odds.values())
        return {who: odds[who] / whole for who in PURCHASERS}


def parse_hypotheses(text: str) -> Hypotheses:
    """Read a pack of stated likelihoods from TOML text.

    Raises:
        PackError: naming what is missing or beyond the limit.
    """
    try:
        p = tomllib.loads(text)
        most = float(p["limit"]["ratio_db"])
        facts = {
            name: Fact(
                name,
                int(f["least"]),
                float(f["at"]),
                {who: float(f[who]) for who in PURCHASERS},
                f["source"],
                f.get("family", name),
            )
            for name, f in p["fact"].items()
        }
        made = Hypotheses(
            f"{p['id']}@{p['version']}", {who: float(p["prior"][who]) for who in PURCHASERS}, facts, most, float(p["limit"]["leans"]),
            tuple(p["words"]["complaint"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, tomllib.TOMLDecodeError) as error:
        raise PackError(
            f"This pack of purchasers cannot be read: {error!r}. Compare it with packs/attribution/default.toml."
        ) from error
    beyond = [f.id for f in facts.values() if f.reach > most]
    if beyond:
        raise PackError(f"Pack {made.id}: {', '.join(beyond)} say more than the {most:g} dB it allows.")
    if abs(math.fsum(made.prior.values()) - 1) > 1e-6 or min(made.prior.values()) <= 0:
        raise PackError(f"Pack {made.id}: the prior must be positive and sum to 1, it is {dict(made.prior)}.")
    return made
