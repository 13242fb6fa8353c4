"""The verdict as users receive it: `verdict.json`, its JSON schema and its documentation, from one definition.

`null` always means "not enough evidence to say". Amounts are integer minor units, times ISO 8601 UTC in text
and microseconds in `window`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from zhenbo.core.settlement import DealVerdict
from zhenbo.core.subject import Outcome, Question, Tier

Probability = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]

Z90 = 1.6449
"""Standard deviations on either side that a 90 % interval of a normal error takes."""


class Asked(Struct, frozen=True, kw_only=True):
    """One of the three questions with its answer."""

    verdict: Annotated[Outcome, Meta(description="the answer to this question")]
    tier: Annotated[Tier, Meta(description="tier of the data the answer rests on")]
    asked: Annotated[bool, Meta(description="false when the record shows nothing of this question; it is then no part of the headline")]  # fmt: skip
    probability: Annotated[Probability | None, Meta(description="probability that at least the material share is fabricated")] = None  # fmt: skip
    score_db: Annotated[
        float | None, Meta(description="prior plus the weights of this question's reasons")
    ] = None
    share: Annotated[float | None, Meta(description="largest fabricated share of one of its metrics, best estimate, in the busiest hour or day or the whole")] = None  # fmt: skip
    missing: Annotated[list[str], Meta(description="records without which something could not be asked")] = []


class Fake(Struct, frozen=True):
    """How many of a shown count are fabricated; 0 <= low <= mid <= high <= shown."""

    shown: Count
    low: Count
    mid: Count
    high: Count


class Fakes(Struct, frozen=True, kw_only=True):
    """Fabricated units per shown metric; null where it cannot be said."""

    viewers: Fake | None = None
    likes: Fake | None = None
    comments: Fake | None = None
    follows: Fake | None = None
    shares: Fake | None = None
    orders: Fake | None = None


class Interval(Struct, frozen=True):
    """An amount with its interval, minor units."""

    low: int
    mid: int
    high: int


class OfWhich(Struct, frozen=True):
    """Parts of verified GMV that are not final."""

    unsettled: Annotated[int, Meta(description="paid but not yet completed as of `as_of`")]
    returned: Annotated[int, Meta(description="goods on their way back, refund not yet done")]


class BridgePart(Struct, frozen=True, kw_only=True):
    """The orders behind a line of the bridge."""

    line: Annotated[Literal["cancelled", "unpaid_open", "discount", "refunded", "brushed", "verified"], Meta(description="which line")]  # fmt: skip
    amount: Annotated[int, Meta(description="its amount, minor units")]
    orders: Annotated[Count, Meta(description="orders of which something stands in this line; of brushed those more likely brushed than not")]  # fmt: skip
    ids: Annotated[list[str], Meta(description="the largest of them, capped")]


class Share(Struct, frozen=True):
    """A share with its 90 % interval."""

    low: Probability
    mid: Probability
    high: Probability


class ReturnCell(Struct, frozen=True, kw_only=True):
    """Refunds of one region or category beside those of the rest."""

    by: Literal["region", "category"]
    name: str
    orders: Annotated[Count, Meta(description="paid orders")]
    refunded: Annotated[Count, Meta(description="of them refunded")]
    share: Annotated[
        Share, Meta(description="refunded share, drawn to the rest of the record where orders are few")
    ]
    rest: Annotated[Probability, Meta(description="refunded share of the rest of the record")]
    stands_out: Annotated[bool, Meta(description="beyond chance and half as much again as the rest")]


class ReturnCause(Struct, frozen=True, kw_only=True):
    """Why money went back, as far as the record tells; each refunded order has one cause."""

    cause: Literal["brushing", "logistics", "buyer_abuse", "quality", "impulse", "untold"]
    orders: Count
    amount: Annotated[int, Meta(description="refunded, minor units")]


class Ages(Struct, frozen=True, kw_only=True):
    """Life table of the paid orders of one category: what began to come back at which age. Lists run along `Returns.ages_h`."""

    category: Annotated[str, Meta(description="as the products say; empty where they do not")]
    orders: Count
    paid: Annotated[int, Meta(description="what buyers paid for them, minor units")]
    spread: Annotated[float, Meta(description="squared coefficient of variation of these amounts")]
    exposed: Annotated[
        list[float], Meta(description="amount times the part of the stretch it was watched for")
    ]
    back: Annotated[list[int], Meta(description="amount that began to come back in the stretch")]
    back_orders: list[int]
    now: Annotated[list[int], Meta(description="genuine amount whose orders are of this age at as_of; one entry more, for those older")]  # fmt: skip
    now_h: Annotated[list[float], Meta(description="mean age of these, hours")]


class Returns(Struct, frozen=True, kw_only=True):
    """Refunds so far and to come, beside what such goods usually see."""

    told: Annotated[Literal["timed", "untimed", "nothing"], Meta(description="whether refunds have times of their own, have none, or are not told of at all")]  # fmt: skip
    share: Annotated[Probability, Meta(description="refunded share of what was paid")]
    usual: Annotated[Share | None, Meta(description="share usually come back by this age, for these goods; learned from the audited record, drawn to the pack")]  # fmt: skip
    open: Annotated[
        int, Meta(description="of what remains: money asked back, not yet refunded or refused, minor units")
    ]
    unfinished: Annotated[int, Meta(description="of what remains: orders not completed, minor units; what is completed is taken as kept")]  # fmt: skip
    granted: Annotated[list[int], Meta(description="requests for money back that were [granted, refused]")]
    to_come: Annotated[Interval | None, Meta(description="refunds expected after as_of, with 90 % interval; null where refunds cannot be timed")]  # fmt: skip
    after: Annotated[dict[str, int], Meta(description="refunded amount by time after payment: first_hour, first_day, to_day_3, day_3_to_10, later, untimed")]  # fmt: skip
    causes: list[ReturnCause]
    cells: list[ReturnCell]
    ages_h: Annotated[list[float], Meta(description="bounds of the stretches of age, hours")]
    ages: list[Ages]


class Gmv(Struct, frozen=True, kw_only=True):
    """The bridge from created to verified amounts, in minor units; every line is exact, `brushed` is an estimate.

    gross - cancelled - unpaid_open - discount - refunded - brushed = verified.mid, to the cent.
    """

    currency: str
    gross: Annotated[int, Meta(description="created amounts")]
    cancelled: int
    unpaid_open: int
    discount: int
    refunded: Annotated[int, Meta(description="refunded up to as_of")]
    brushed: Annotated[int, Meta(description="expected brushed amount of what remains")]
    brushed_low: int
    brushed_high: int
    verified: Interval
    of_which: OfWhich
    lines: Annotated[list[BridgePart], Meta(description="each line with its orders")] = []
    settled: Annotated[int | None, Meta(description="paid out for these orders by statements, after what the platform keeps; null without statements")] = None  # fmt: skip
    after_returns: Annotated[Interval | None, Meta(description="verified less the refunds expected after as_of")] = None  # fmt: skip
    returns: Returns | None = None


class CauseTested(Struct, frozen=True):
    """An innocent explanation and what its test said."""

    cause: str
    outcome: Literal["ruled_out", "open", "explains"]


class EffectSeen(Struct, frozen=True):
    """How many fakes this reason counts."""

    metric: str
    low: float
    mid: float
    high: float


class Reason(Struct, frozen=True, kw_only=True):
    """One additive term of the score, with what it rests on."""

    id: Annotated[str, Meta(description="hash of signal, version, subject, window and cited events")]
    signal: str
    family: str
    question: Question
    tier: Tier
    weight_db: Annotated[float, Meta(description="10·log10 likelihood ratio after caps; + accuses, - clears")]
    raw_db: Annotated[float, Meta(description="the same before caps")]
    says: Annotated[str, Meta(description="the finding in words, in the language of the audit")]
    message: Annotated[str, Meta(description="id of the sentence, for re-issue in the other language")]
    args: dict[str, Any]
    observed: float
    expected: Annotated[float, Meta(description="mean under the organic null, same unit as observed")]
    p: Annotated[Probability, Meta(description="probability under the organic null of as much or more")]
    effect: EffectSeen | None
    cleared_by: Annotated[list[CauseTested], Meta(description="innocent causes tested")]
    window: Annotated[list[int], Meta(description="first and last microsecond")]
    events: Annotated[list[str], Meta(description="source:event_id, capped")]
    events_total: Count
    without: Annotated[Probability | None, Meta(description="probability of its question if this term alone were taken out of the sum; null where the question was not asked")] = None  # fmt: skip


class Without(Struct, frozen=True, kw_only=True):
    """The verdict's question asked again of the record without everybody who was named (p > 0.5) and all their rows."""

    accounts: Annotated[Count, Meta(description="accounts taken out")]
    orders: Annotated[Count, Meta(description="orders taken out, those of the accounts among them")]
    rows: Annotated[Count, Meta(description="rows taken out; running totals are lowered by the entries, taps and follows among them")]  # fmt: skip
    verdict: Annotated[Outcome, Meta(description="what the same question is then answered")]
    probability: Annotated[Probability | None, Meta(description="its probability then; null where nothing of it is left to ask")]  # fmt: skip
    score_db: float | None


class FactSeen(Struct, frozen=True, kw_only=True):
    """A fact that bears on who bought, and what the pack says of it."""

    fact: Annotated[str, Meta(description="its id in packs/attribution")]
    share: Annotated[float, Meta(ge=0, le=1, description="share of the units looked at for which it holds")]
    of: Annotated[Count, Meta(description="units looked at: accounts' comments, named orders, shown counts")]
    host_db: Annotated[float, Meta(description="stated likelihood, dB, up to a constant per fact")]
    merchant_db: float
    rival_db: float


class Purchaser(Struct, frozen=True, kw_only=True):
    """Three hypotheses about who paid. Judgement, since nobody has labelled purchasers; it moves no outcome."""

    pack: Annotated[str, Meta(description="id@version of the stated likelihoods")]
    host: Annotated[Probability, Meta(description="the host or its agency bought")]
    merchant: Annotated[Probability, Meta(description="the merchant bought")]
    rival: Annotated[Probability, Meta(description="a rival attacked")]
    leans: Annotated[Literal["host", "merchant", "rival", "cannot_tell"], Meta(description="the one that is clearly ahead")]  # fmt: skip
    facts: Annotated[list[FactSeen], Meta(description="what moved them")]


class Estimate(Struct, frozen=True):
    """An estimate with its 90 % interval."""

    low: float
    mid: float
    high: float


class PlaceGained(Struct, frozen=True, kw_only=True):
    """The best place in a ranking of sales that brushed orders had a part in."""

    chart: Annotated[Literal["hour", "day"], Meta(description="ranking of the running hour or day")]
    at: Annotated[int, Meta(description="when it was read, microsecond")]
    shown: Annotated[int, Meta(description="the place shown, 1 is best", ge=1)]
    without: Annotated[Estimate | None, Meta(description="the place without brushed orders; null where the readings give no law, or where nothing is left to rank")]  # fmt: skip
    beyond: Annotated[bool, Meta(description="sales without them are less than any that a place was read at: an extrapolation, and with `without` null no place at all")]  # fmt: skip


class Gained(Struct, frozen=True, kw_only=True):
    """What brushed orders brought, where exposure or a ranking is on record. It moves no outcome."""

    orders: Annotated[Count, Meta(description="orders named as brushed")]
    unpaid: Annotated[Count | None, Meta(description="exposures that were not paid for, in all")]
    exposures: Annotated[
        Estimate | None, Meta(description="of these, such as followed brushed orders; null: cannot be told")
    ]
    per_order: Annotated[Estimate | None, Meta(description="the same per brushed order")]
    why: Annotated[Literal["", "ads", "before", "fell", "few"], Meta(description="why not: paid exposure is not told in the same buckets, exposure rose before the orders came, it fell after them, too few buckets")]  # fmt: skip
    places: list[PlaceGained]


class SubjectVerdict(Struct, frozen=True, kw_only=True):
    """What is said of one session or shop month."""

    host_id: str
    platform: str
    start: Annotated[str | None, Meta(description="first event, ISO 8601 UTC")]
    end: Annotated[str | None, Meta(description="last event, ISO 8601 UTC")]
    tier: Annotated[Tier, Meta(description="tier of the headline's question")]
    verdict: Annotated[Outcome, Meta(description="worst of the questions asked")]
    question: Annotated[Question, Meta(description="the question the headline answers")]
    penalty_ready: Annotated[bool, Meta(description="false: no penalty may rest on this verdict")]
    probability: Probability | None
    probability_low: Probability | None
    probability_high: Probability | None
    prior_db: float
    score_db: float
    map: Annotated[
        str, Meta(description="id of the calibration map from p to weight and from score to probability")
    ]
    questions: dict[str, Asked]
    fake: Fakes
    gmv: Gmv | None
    coverage: Annotated[dict[str, float], Meta(description="delivered / counter delta, per kind")]
    reasons: list[Reason]
    ask_for: Annotated[list[str], Meta(description="records that would settle what is open, in words")]
    notes: Annotated[list[str], Meta(description="what the reader must know about the record, in words")]
    without: Annotated[Without | None, Meta(description="the counterfactual; null below suspect and where nobody is named")] = None  # fmt: skip
    purchaser: Annotated[Purchaser | None, Meta(description="who may have bought it; null below suspect")] = (
        None
    )
    gained: Annotated[Gained | None, Meta(description="what brushed orders brought; null where none are named or no series tells")] = None  # fmt: skip


class SessionVerdict(SubjectVerdict, frozen=True, kw_only=True):
    """Verdict on one live session."""

    session_id: str


class ShopVerdict(SubjectVerdict, frozen=True, kw_only=True):
    """Verdict on the orders of a shop in one month that belong to no session."""

    shop_id: str
    from_: Annotated[str | None, Meta(description="first order, ISO 8601 UTC")] = msgspec.field(name="from")
    to: str | None


class Many(Struct, frozen=True, kw_only=True):
    """What looking at many rooms at once costs: chance finds something among many. No verdict depends on it."""

    rooms: Annotated[Count, Meta(description="sessions and shop months of which something could be asked")]
    flagged: Annotated[Count, Meta(description="of them suspect or likely")]
    expected_false: Annotated[float, Meta(description="honest ones expected among the flagged: the sum of 1 - probability, at the middle prior")]  # fmt: skip
    expected_false_high: Annotated[float, Meta(description="the same at the low prior")]
    per_1000_low: Annotated[float | None, Meta(description="honest rooms of 1,000 that are flagged: lower end of the 95 % interval measured at calibration; null without a measurement")]  # fmt: skip
    per_1000_high: Annotated[float | None, Meta(description="upper end of it")]
    rate: Annotated[Probability, Meta(description="false discovery rate that `survive` keeps (e-BH)")]
    survive: Annotated[list[str], Meta(description="flagged sessions and shop months that stand at this rate, strongest first")]  # fmt: skip


class GroupSeen(Struct, frozen=True, kw_only=True):
    """Accounts that act as one; their names stand in `groups.parquet`."""

    group_id: str
    organised: Annotated[
        bool,
        Meta(
            description="an innocent way to act as one (fan club, class, staff) explains it or is still open: organised, not fraud"
        ),
    ]
    sessions: Annotated[list[str], Meta(description="where it was seen")]
    accounts: Annotated[int, Meta(description="members")]
    probability: Annotated[
        float, Meta(description="mean over the members of the probability that an account is fabricated")
    ]
    signals: list[str]
    reasons: Annotated[list[str], Meta(description="ids of the reasons that name it")]


class Audit(Struct, frozen=True, kw_only=True):
    """The whole of `verdict.json`."""

    schema: Annotated[int, Meta(description="version of this layout")] = 1
    zhenbo: str
    as_of: str
    policy: Annotated[str, Meta(description="id@version#sha256 of the policy")]
    lang: Literal["zh", "en"]
    sessions: list[SessionVerdict]
    shops: list[ShopVerdict]
    notes: Annotated[list[str], Meta(description="what of the input could not be used, in words")] = []
    many: Annotated[
        Many | None, Meta(description="false alarms to be expected over all rooms of this audit")
    ] = None
    groups: Annotated[
        list[GroupSeen],
        Meta(
            description="accounts that act as one, the largest group first; a crew seen in several sessions is one group"
        ),
    ] = []
    deals: Annotated[
        list[DealVerdict],
        Meta(description="what each deal of the papers came to, by id"),
    ] = []


def json_schema() -> dict[str, Any]:
    """JSON schema of `verdict.json`, derived from the structs above."""
    return msgspec.json.schema(Audit)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) + 0.0
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def to_json(audit: Audit) -> bytes:
    """`verdict.json`: numbers rounded to 6 digits, two-space indent, byte-identical for equal audits."""
    return encoded(audit)


def encoded(contract: object) -> bytes:
    """Any contract of this kind as JSON, written like `verdict.json`."""
    plain = _rounded(msgspec.to_builtins(contract))
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"
