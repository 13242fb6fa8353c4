"""A deal settled: the part of `verdict.json` that says what was sold, what is due, and who must pay whom.

Amounts are integer minor units of one currency. An interval holds its truth nine times of ten; `null` always means that
the contract is silent or the record cannot say, and `checks` and `missing_clauses` say which.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Answer = Literal["yes", "no", "cannot_tell"]


class Span(Struct, frozen=True):
    """An amount with its interval, minor units."""

    low: int
    mid: int
    high: int

    @classmethod
    def exactly(cls, amount: int) -> "Span":
        """An amount without doubt."""
        return cls(amount, amount, amount)


class OrdersSeen(Struct, frozen=True, kw_only=True):
    """Orders of the deal, counted."""

    shown: Annotated[int, Meta(description="orders created")]
    paid: int
    returned: Annotated[int, Meta(description="paid orders refunded in full or in part, up to as_of")]
    returned_share: Annotated[
        float | None, Meta(description="refunded amount of the paid amount, brushed or not")
    ]
    verified: Annotated[Span, Meta(description="orders paid, not refunded in full, not brushed")]


class BridgeSeen(Struct, frozen=True, kw_only=True):
    """The deal's sales from created to verified; gross - cancelled - unpaid_open - discount - refunded - brushed = verified.mid."""

    gross: int
    cancelled: int
    unpaid_open: int
    discount: int
    refunded: int
    brushed: int
    verified: Span


class PledgeSeen(Struct, frozen=True, kw_only=True):
    """Sales that were promised, against sales that were made."""

    basis: Annotated[Literal["pledge", "roi"], Meta(description="pledged sales, or a return on the fee")]
    target: int
    verified: Span
    displayed: Annotated[int, Meta(description="created amounts: what the room showed")]
    own: Annotated[int, Meta(description="of verified: bought from accounts that the papers give to the promising side; taken off the lower end")]  # fmt: skip
    met: Annotated[bool | None, Meta(description="null: the interval holds the target")]
    fair_fee: Annotated[int | None, Meta(description="slot fee in proportion to verified of promised sales, whatever the contract says of a miss; null without a fee")] = None  # fmt: skip


class BreakEven(Struct, frozen=True, kw_only=True):
    """Net sales from which the deal pays."""

    sales: Annotated[int | None, Meta(description="null: it never pays, every sale costs more than its margin, or the margin is not told")]  # fmt: skip
    kept_share: Annotated[float | None, Meta(description="what a unit of sales leaves after goods, commission, platform and fee per order")]  # fmt: skip
    reached: Annotated[
        bool | None, Meta(description="whether verified sales reach it; null: the interval holds it")
    ]


class Payment(Struct, frozen=True, kw_only=True):
    """What is open between two parties: what is due less what the record shows as paid."""

    payer: str
    payee: str
    what: Literal["fees", "commission", "total"]
    amount: Span
    says: str


class PaidSeen(Struct, frozen=True, kw_only=True):
    """What the record shows as paid under the deal."""

    fees: int
    commission: int
    back: Annotated[int, Meta(description="paid back to the merchant")]
    events: Annotated[list[str], Meta(description="source:event_id of the payments")]


class Check(Struct, frozen=True, kw_only=True):
    """One question about how the deal was kept."""

    id: str
    complaint: Annotated[int | None, Meta(description="number among the ten complaints of merchants; null for a question of our own")]  # fmt: skip
    title: str
    answer: Annotated[Answer, Meta(description="yes: the complaint is right; no: it is not; cannot_tell: a record is missing")]  # fmt: skip
    says: str
    observed: float | None = None
    agreed: float | None = None
    missing: Annotated[list[str], Meta(description="records that would answer it, in words")] = []
    untold: Annotated[list[str], Meta(description="what the contract or the merchant would have to say for it to be answered, in words")] = []  # fmt: skip
    events: Annotated[list[str], Meta(description="source:event_id it rests on, capped")] = []


class Clause(Struct, frozen=True, kw_only=True):
    """Something about the contract itself."""

    kind: Annotated[Literal["missing", "void", "unclear", "contradiction", "unreadable"], Meta(description="unclear: a person has to read it")]  # fmt: skip
    field: str
    says: str
    cites: Annotated[str, Meta(description="law or custom it rests on; empty where it is the contract's own words")] = ""  # fmt: skip


class Ground(Struct, frozen=True, kw_only=True):
    """A finding of a session's verdict that the settlement rests on."""

    session_id: str
    signal: str
    weight_db: float
    says: str
    events: list[str]
    events_total: int


class DealVerdict(Struct, frozen=True, kw_only=True):
    """What one deal came to."""

    id: str
    host_id: str | None
    merchant_id: str | None
    mcn_id: str | None
    sessions: Annotated[list[str], Meta(description="its broadcasts that are in the record")]
    absent: Annotated[list[str], Meta(description="broadcasts it names that are not in the record")]
    names: Annotated[dict[str, str], Meta(description="what its parties were called at as_of, by id")]
    currency: str
    behind: Annotated[list[str], Meta(description="who ran the room of each broadcast on its day, under which agency, selling for whom, in words")]  # fmt: skip
    sales: Annotated[str | None, Meta(description="worst answer of its broadcasts to `are the sales real`")]
    orders: OrdersSeen | None
    bridge: BridgeSeen | None
    verified: Annotated[Span | None, Meta(description="really sold; null without an order in the record")]
    payout: Annotated[
        Span | None, Meta(description="what the platform pays the merchant: verified less its cut")
    ]
    platform_cut: Span | None
    fee_due: Annotated[
        Span | None, Meta(description="slot fee after what a missed target brings, tax on it, fees per order")
    ]
    tax: Span | None
    order_fees: Span | None
    commission_due: Span | None
    clawback: Annotated[
        Span | None,
        Meta(
            description="commission already paid (without payments in the record: that would have been) on goods that came back, to be given back; null: the contract is silent or it is open whether returns reached its share"
        ),
    ]
    pledge: PledgeSeen | None
    break_even: BreakEven | None
    net: Annotated[
        Span | None, Meta(description="payout less everything due to host and agency, before the goods")
    ]
    contribution: Annotated[
        Span | None, Meta(description="the same after the goods and with the stated value of exposure")
    ]
    per_order: Annotated[
        Span | None, Meta(description="contribution of one more average order, before the slot fee")
    ]
    overstock: Annotated[Span | None, Meta(description="goods bought in for the deal and not sold, at cost")]
    paid: PaidSeen | None
    owed: list[Payment]
    checks: list[Check]
    missing_clauses: list[Clause]
    void_clauses: list[Clause]
    unclear_clauses: Annotated[list[Clause], Meta(description="clauses a person has to read: nothing was decided by them")] = []  # fmt: skip
    contradictions: list[Clause]
    grounds: list[Ground]
    notes: list[str]


def total(parts: list[Span]) -> Span:
    """Amounts together. Intervals add end to end: what errs in one broadcast errs in the next."""
    return Span(sum(p.low for p in parts), sum(p.mid for p in parts), sum(p.high for p in parts))


def less(first: Span, second: Span, *, together: bool) -> Span:
    """`first` less `second`; `together` when both move with the same sales, else the ends cross.

    Examples:
        >>> less(Span(80, 90, 100), Span(8, 9, 10), together=True)
        Span(low=72, mid=81, high=90)
    """
    if together:
        return Span(first.low - second.low, first.mid - second.mid, first.high - second.high)
    return Span(first.low - second.high, first.mid - second.mid, first.high - second.low)


class Outcome20(Struct, frozen=True, kw_only=True):
    """One of twenty equally likely outcomes of a deal not yet signed."""

    sales: Annotated[int, Meta(description="net sales")]
    left: Annotated[int | None, Meta(description="what they leave after goods, commission, platform and fees; null: the margin is not told")]  # fmt: skip


class Outlook(Struct, frozen=True, kw_only=True):
    """A deal before it is signed."""

    deal: str
    currency: str
    break_even: Annotated[int | None, Meta(description="net sales from which it pays; null: never, or the margin is not told")]  # fmt: skip
    kept_share: Annotated[float | None, Meta(description="what a unit of sales leaves after goods, commission, platform and fee per order")]  # fmt: skip
    fixed: Annotated[int, Meta(description="slot fee with its tax, less the stated value of exposure")]
    price: Annotated[int | None, Meta(description="value of an average order")]
    per_order: Annotated[
        int | None, Meta(description="what one more average order brings before the slot fee")
    ]
    history: Annotated[int, Meta(description="earlier broadcasts of the host with verified sales")]
    doubted: Annotated[int, Meta(description="of them with sales suspect or likely fabricated")]
    outcomes: Annotated[list[Outcome20], Meta(description="twenty equally likely outcomes, the smallest sales first; empty without a history")]  # fmt: skip
    pays: Annotated[int | None, Meta(description="outcomes of twenty in which the deal pays")]
    pays_low: Annotated[int | None, Meta(description="the same if every earlier broadcast really sold no more than the lower end of its interval")]  # fmt: skip
    target: int | None
    target_met: Annotated[
        int | None, Meta(description="outcomes of twenty in which the promised sales are reached")
    ]
    sold: Annotated[Outcome20 | None, Meta(description="the result for sales that were named")]
    clauses: Annotated[list[Clause], Meta(description="what the contract leaves open, where it contradicts itself, what in it is void or unclear")] = []  # fmt: skip


class DealReport(Struct, frozen=True, kw_only=True):
    """`deal.json`: deals before they are signed."""

    schema: int = 1
    zhenbo: str
    as_of: Annotated[str | None, Meta(description="moment of the history; null without one")]
    outlooks: list[Outlook]
