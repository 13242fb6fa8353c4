"""Who or what a verdict is about, and the tier of the evidence behind it."""

from enum import StrEnum


class Tier(StrEnum):
    """How much the record lets us see. Ordered: T0 < T1 < T2 (compare with `>=`)."""

    T0 = "T0"
    """Minute counters and texts without identity."""
    T1 = "T1"
    """Account events inside one session."""
    T2 = "T2"
    """Cross-session accounts, devices, addresses, orders, logistics, money."""


class Question(StrEnum):
    """The three questions every verdict answers."""

    AUDIENCE = "audience"
    ENGAGEMENT = "engagement"
    SALES = "sales"


class Outcome(StrEnum):
    """The answers, in rising order; `rank` gives the order."""

    UNLIKELY = "unlikely"
    INSUFFICIENT = "insufficient"
    SUSPECT = "suspect"
    LIKELY = "likely"

    @property
    def rank(self) -> int:
        """0 for unlikely … 3 for likely."""
        return list(Outcome).index(self)


FAMILIES = ("counters", "timing", "text", "identity", "groups", "orders", "money")
"""Evidence families; members of one family are dependent and share a cap."""

METRICS = ("viewers", "likes", "comments", "follows", "shares", "orders")
"""The shown metrics of which fakes are counted."""
