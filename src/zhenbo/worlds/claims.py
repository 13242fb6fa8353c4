"""A desk of buyers' claims with known truth: what is due of each, written from the law and the field's rules.

Two services make up most of it, as on the desk of seed E16 (fresh goods, cosmetics). Honest people who look like abusers are
among them: families on one phone, dormitories, pick-up points, buyers of hundreds of orders, two orders in one parcel. So are
people who abuse it: single claimants who always claim, and rings with throw-away accounts who pass pictures round.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from zhenbo.core.claim import Answer, Claim, Finding, Promise, Proof, Purchase, State
from zhenbo.core.session import DAY, HOUR, MINUTE, SECOND
from zhenbo.core.workdays import last_day

START = 1_780_243_200_000_000  # Monday 2026-06-01, 00:00 in Beijing
SPAN = 90  # days over which orders are signed for
DESK_OPEN = START + (SPAN + 150) * DAY
YUAN = 100
DRAWS = 16
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock on a wall in Beijing

Due = Literal["pay", "perform", "refuse"]


@dataclass(frozen=True)
class Truth:
    """What is due of a claim.

    Args:
        due: pay, perform (replace or repair) or refuse, when everything that will ever be known is.
        amount: minor units due; 0 where nothing is.
        honest: whether the buyer is.
        ring: the ring behind it; empty for none.
        story: which story it tells.
        look: what honest group the buyer belongs to; empty for none.
    """

    due: Due
    amount: int
    honest: bool = True
    ring: str = ""
    story: str = ""
    look: str = ""


@dataclass(frozen=True)
class ClaimDesk:
    """Claims in the order of filing, and what is due of each."""

    claims: tuple[Claim, ...]
    truth: dict[str, Truth]


@dataclass(frozen=True)
class _Person:
    name: str
    orders: int
    device: str
    address: str
    pay: str
    look: str = ""


@dataclass
class _Case:
    """One claim while it is made up: `u` are its draws, uniform on [0, 1)."""

    id: str
    who: _Person
    u: npt.NDArray[np.float64]
    proofs: list[Proof] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    answer: Answer | None = None

    @property
    def signed(self) -> int:
        return START + int(self.u[0] * SPAN * DAY) // SECOND * SECOND

    def bought(self, goods: str, paid: int, **more: Any) -> Purchase:
        return Purchase(
            f"o-{self.id}", paid, goods, platform="douyin", signed_at=self.signed, ordered_at=self.signed - 3 * DAY,
            merchant=f"m-{int(self.u[1] * 900)}", buyer_orders=self.who.orders, **more,
        )  # fmt: skip

    def shows(self, kind: str, at: int, digest: str | None = None) -> None:
        self.proofs.append(Proof(kind, at, "buyer", digest))

    def picture(self, filed: int, within: int) -> bool:
        """A picture with the claim, later but in time, or never; whether it comes in time."""
        draw = self.u[2]
        if draw < 0.82:
            self.shows("photo", filed, f"p-{self.id}")
        elif draw < 0.95:
            self.shows("photo", filed + int(0.6 * within * self.u[3]) + MINUTE, f"p-{self.id}")
        else:
            return False
        return True

    def seller(self, filed: int, *, contests: float = 0.0) -> None:
        """The seller accepts soon, contests, or says nothing."""
        draw, at = self.u[4], filed + 3 * MINUTE + int(self.u[5] * 12 * HOUR)
        if draw < contests:
            self.answer = Answer("contests", at, "不支持七天无理由退货")
        elif draw < 0.65:
            self.answer = Answer("accepts", at)

    def claim(self, kind: str, bought: Purchase, filed: int, **more: Any) -> Claim:
        who = self.who
        return Claim(
            self.id, kind, bought, filed, buyer=who.name, device=who.device, address=who.address, pay=who.pay,
            answer=self.answer, proofs=tuple(self.proofs), findings=tuple(self.findings), **more,
        )  # fmt: skip


Story = Callable[[_Case], tuple[Claim, Due, int]]


def _yuan(u: float, low: int, high: int) -> int:
    """A price between two, more often low; to the ten cents."""
    return int(low * (high / low) ** u * 10) * 10


def _fresh(case: _Case) -> tuple[Claim, Due, int]:
    """生鲜坏单包赔: within 24 hours of signing; later the right by law, within seven days the goods back, then repair."""
    u = case.u
    late = (
        u[6] * 24 * HOUR
        if u[7] < 0.85
        else 24 * HOUR + MINUTE + u[6] * 5 * DAY
        if u[7] < 0.95
        else (9 + 8 * u[6]) * DAY
    )
    filed = case.signed + int(late)
    paid = _yuan(u[8], 25, 260)
    share = round(0.05 + 0.95 * float(u[9]), 2) if u[10] < 0.7 else None
    bought = case.bought("fresh", paid, services=("fresh_damage",))
    shown = case.picture(filed, 30 * HOUR)
    mistaken = u[11] < 0.015 and late <= 24 * HOUR
    if mistaken:  # ripe fruit taken for rot, water for a leak; the seller shows it, and a person agrees
        case.answer = Answer("contests", filed + 2 * HOUR)
        case.proofs.append(Proof("photo", filed + 2 * HOUR, "seller"))
        case.findings.append(Finding("defect", False, "person", filed + 8 * HOUR))
    elif late <= 24 * HOUR:
        case.seller(filed)
    owed = paid if share is None else -(-paid * round(share * 100) // 100)
    claim = case.claim("fresh_damage", bought, filed, damaged=share)
    accepted = case.answer is not None and case.answer.says == "accepts"
    if mistaken or (not shown and not accepted):
        return claim, "refuse", 0
    return (claim, "pay", owed) if _in_seven(case.signed, filed) else (claim, "perform", 0)


def _allergy(case: _Case) -> tuple[Claim, Due, int]:
    """美妆过敏包退: within 60 days of signing, with a picture."""
    u = case.u
    day = int(u[6] * 60) if u[7] < 0.88 else 60 if u[7] < 0.92 else 61 if u[7] < 0.96 else 62 + int(u[6] * 40)
    filed = case.signed + day * DAY
    paid = _yuan(u[8], 60, 1900)
    shown = case.picture(filed, 5 * DAY)
    case.seller(filed)
    claim = case.claim("allergy", case.bought("cosmetics", paid, services=("allergy",)), filed)
    accepted = case.answer is not None and case.answer.says == "accepts"
    return (claim, "pay", paid) if accepted or (day <= 60 and shown) else (claim, "refuse", 0)


_RETURNS: tuple[tuple[str, tuple[str, ...], str | None, dict[str, Any], Due], ...] = (
    ("apparel", (), None, {"opened": True}, "pay"),
    ("apparel", (), None, {"tag_removed": True}, "refuse"),
    ("shoes", (), None, {"soiled": True}, "refuse"),
    ("electronics", (), None, {"opened": True}, "pay"),
    ("electronics", (), None, {"activated": True}, "refuse"),
    ("cosmetics", (), None, {"seal_broken": True}, "refuse"),
    ("cosmetics", (), None, {"opened": True, "seal_broken": False}, "pay"),
    ("other", ("custom",), "each", {}, "refuse"),
    ("fresh", (), "each", {}, "refuse"),
    ("newspaper", (), "each", {}, "refuse"),
    ("digital", (), "each", {"downloaded": True}, "refuse"),
    ("digital", (), None, {"downloaded": False}, "pay"),
    ("contraceptive", ("hygiene",), "each", {}, "refuse"),
    ("contraceptive", ("hygiene",), "default", {}, "pay"),
    ("electronics", ("devalues",), "none", {}, "pay"),
    ("electronics", ("devalues",), "each", {}, "refuse"),
    ("food", ("near_expiry",), "each", {}, "refuse"),
    ("home", ("flawed",), "general", {}, "pay"),
    ("cosmetics", (), None, {"seal_broken": True, "by": "seller"}, "pay"),
    ("contraceptive", ("hygiene",), None, {}, "pay"),
    ("apparel", (), None, {}, "pay"),
    ("shoes", (), None, {}, "pay"),
    ("home", (), None, {}, "pay"),
)
"""Goods, traits, how the buyer agreed to no returns, their state, and what the law gives (消法 25; 办法 6 to 9, 20)."""


def _return(case: _Case) -> tuple[Claim, Due, int]:
    u = case.u
    goods, traits, confirmed, state, due = _RETURNS[int(u[6] * len(_RETURNS))]
    day = int(u[7] * 8) if u[8] < 0.9 else 8 + int(u[7] * 10)
    filed = case.signed + day * DAY
    paid = _yuan(u[9], 30, 3000)
    case.seller(filed, contests=0.3)
    bought = case.bought(goods, paid, traits=traits, confirmed=confirmed)
    claim = case.claim("no_reason", bought, filed, state=State(**{"by": "agreed", **state}))
    agreed = case.answer is not None and case.answer.says == "accepts"
    due = "pay" if agreed else due if _in_seven(case.signed, filed) else "refuse"
    return claim, due, paid if due == "pay" else 0


def _quality(case: _Case) -> tuple[Claim, Due, int]:
    """A defect: goods back within seven days, repair or replacement later; a laboratory clears some sellers."""
    u = case.u
    day = int(u[6] * 8) if u[7] < 0.75 else 8 + int(u[6] * 40)
    filed = case.signed + day * DAY
    paid = _yuan(u[8], 40, 6000)
    goods, traits = (("electronics", ("durable",)), ("apparel", ()), ("other", ("custom",)), ("home", ()))[int(u[9] * 4)]  # fmt: skip
    shown = case.picture(filed, 5 * DAY)
    case.seller(filed, contests=0.2)
    contested = case.answer is not None and case.answer.says == "contests"
    cleared = contested and paid > 2000 * YUAN and u[10] < 0.4
    if cleared:
        case.proofs.append(Proof("inspection", case.answer.at if case.answer else filed, "seller"))
        case.findings.append(Finding("defect", False, "laboratory", filed + 4 * DAY))
    claim = case.claim("quality", case.bought(goods, paid, traits=traits), filed)
    accepted = case.answer is not None and case.answer.says == "accepts"
    if cleared or not (shown or accepted):
        return claim, "refuse", 0
    return (claim, "pay", paid) if _in_seven(case.signed, filed) else (claim, "perform", 0)


def _in_seven(signed: int, filed: int) -> bool:
    """Whether a claim was filed by the last day of the term of seven days (消法 24, 25; 民法典 203)."""
    first, day = (_EPOCH + timedelta(microseconds=t + 8 * HOUR) for t in (signed, filed))
    end = last_day(first.date() + timedelta(days=7))
    return end is not None and day.date() <= end


def _fake(case: _Case) -> tuple[Claim, Due, int]:
    """Fakes: appraised or not, with 假一赔X or without; damages for fraud only once a person confirmed it."""
    u = case.u
    filed = case.signed + int(u[6] * 20) * DAY
    paid = _yuan(u[8], 80, 4000)
    times = (0, 3, 10)[int(u[9] * 3)]
    promises = (Promise("p", "multiple", number=times, text=f"假一赔{times}"),) if times else ()
    draw = u[7]
    case.shows("photo", filed, f"p-{case.id}")
    due: Due
    if draw < 0.4:  # appraised as fake; a person confirms the fraud a day later
        case.findings.append(Finding("genuine", False, "rights_holder", filed + 6 * HOUR))
        case.findings.append(Finding("fraud", True, "person", filed + 6 * HOUR + 20 * MINUTE))
        lawful = max(3 * paid, 500 * YUAN)
        due, owed = "pay", paid + max(times * paid, lawful)
    elif draw < 0.65:  # appraised as genuine
        case.proofs.append(Proof("chain", filed + 5 * HOUR, "seller"))
        case.findings.append(Finding("genuine", True, "rights_holder", filed + 3 * DAY))
        due, owed = "refuse", 0
    else:  # nobody shows anything: the price back, no damages
        due, owed = "pay", paid
    services = ("genuine",) if times else ()
    return case.claim("fake", case.bought("jewellery", paid, services=services), filed, promises=promises), due, owed  # fmt: skip


def _promised(case: _Case) -> tuple[Claim, Due, int]:
    """A price difference, half price, a prize or a gift promised on air."""
    u = case.u
    filed = case.signed + int(u[6] * 15) * DAY
    kind = ("difference", "half_price", "lottery", "gift")[int(u[7] * 4)]
    owed = _yuan(u[8], 5, 300)
    kept = True if u[9] < 0.25 else False if u[9] < 0.6 else None
    promise = Promise("p", kind, "host", owed, at=case.signed - 4 * DAY, session="s1", due=case.signed - DAY, kept=kept)  # fmt: skip
    case.shows("recording", filed)
    claim = case.claim("promise", case.bought("other", 50 * YUAN + owed), filed, promises=(promise,))
    return (claim, "refuse", 0) if kept else (claim, "pay", owed)


def _undelivered(case: _Case) -> tuple[Claim, Due, int]:
    u = case.u
    filed = case.signed + int(u[6] * 10) * DAY
    paid = _yuan(u[8], 20, 2000)
    due: Due = "pay"
    owed = paid
    if u[7] < 0.4:
        arrived = u[9] < 0.6
        case.proofs.append(Proof("waybill", filed + 2 * HOUR, "seller"))
        case.findings.append(Finding("delivered", bool(arrived), "platform", filed + 10 * HOUR))
        due, owed = ("refuse", 0) if arrived else ("pay", paid)
    return case.claim("not_delivered", case.bought("other", paid), filed), due, owed


STORIES: tuple[tuple[float, str, Story], ...] = (
    (0.34, "fresh", _fresh),
    (0.18, "allergy", _allergy),
    (0.22, "return", _return),
    (0.11, "quality", _quality),
    (0.05, "fake", _fake),
    (0.06, "promise", _promised),
    (0.04, "undelivered", _undelivered),
)
"""Shares of the desk; judgement, after seed E16."""


def claim_desk(seed: int, claims: int = 180_000, *, abuse: float = 0.03) -> ClaimDesk:
    """A desk of about so many claims.

    Args:
        seed: of its chance.
        claims: how many.
        abuse: share of them that abusers file.
    """
    rng = np.random.default_rng(seed)
    bad = int(claims * abuse)
    people = _people(rng, claims - bad)
    made: list[tuple[Claim, Truth]] = []
    shares = np.cumsum([s for s, _, _ in STORIES])
    draws = rng.random((claims - bad, DRAWS))
    which = np.searchsorted(shares, rng.random(claims - bad) * shares[-1], side="right")
    for n, who in enumerate(people):
        _, name, tell = STORIES[min(int(which[n]), len(STORIES) - 1)]
        claim, due, amount = tell(_Case(f"c{n}", who, draws[n]))
        made.append((claim, Truth(due, amount, story=name, look=who.look)))
    made += _one_parcel(rng, max(claims // 2000, 2))
    made += _abuse(rng, bad)
    made.sort(key=lambda m: (m[0].filed_at, m[0].id))
    return ClaimDesk(tuple(c for c, _ in made), {c.id: t for c, t in made})


def _people(rng: np.random.Generator, claims: int) -> list[_Person]:
    """Who files each claim: people with their orders of a year, claims in proportion to orders; some live together."""
    many = max(int(claims * 0.7), 40)
    orders = np.clip(rng.lognormal(2.9, 0.9, many), 1, 600).astype(np.int64) + 1
    homes, phones, looks = _homes(rng, many)
    chosen = rng.choice(many, size=claims, p=orders / orders.sum())
    # nobody claims on more orders than they made: what luck gave beyond that goes to a stranger
    left = orders.copy()
    out: list[_Person] = []
    for code in chosen.tolist():
        who = code if left[code] > 0 else int(rng.integers(many))
        left[who] -= 1
        name = f"b{who}"
        out.append(_Person(name, int(max(orders[who], 1)), phones[who], homes[who], f"pay-{name}", looks[who]))  # fmt: skip
    return out


def _homes(rng: np.random.Generator, many: int) -> tuple[list[str], list[str], list[str]]:
    """Addresses and phones: most live alone, some as families on one phone, in dormitories, or fetch at one point."""
    homes, phones, looks = (
        [f"a{i}" for i in range(many)],
        [f"d{i}" for i in range(many)],
        [""] * many,
    )
    at = 0
    while at < many:
        draw = rng.random()
        look, size = ("family", int(rng.integers(3, 6))) if draw < 0.05 else ("dormitory", int(rng.integers(10, 28))) if draw < 0.053 else ("point", int(rng.integers(60, 200))) if draw < 0.0535 else ("", 1)  # fmt: skip
        for i in range(at, min(at + size, many)):
            if look:
                homes[i], looks[i] = f"a{at}", look
            if look == "family":
                phones[i] = f"d{at}"
        at += size
    return homes, phones, looks


def _one_parcel(rng: np.random.Generator, many: int) -> list[tuple[Claim, Truth]]:
    """Two of a household each order, one box comes, one picture shows both."""
    made = []
    for n in range(many):
        u = rng.random(DRAWS)
        u[2], u[6], u[7], u[10] = 0.0, 0.4, 0.0, 1.0
        for side in ("x", "y"):
            who = _Person(f"w{n}{side}", 30, f"dw{n}{side}", f"aw{n}", f"pw{n}{side}", "parcel")
            case = _Case(f"w{n}{side}", who, u)
            claim, due, amount = _fresh(case)
            told = tuple(Proof(p.kind, p.at, p.by, f"p-w{n}") for p in claim.proofs)
            made.append((_with(claim, proofs=told), Truth(due, amount, story="parcel", look="parcel")))
    return made


def _with(claim: Claim, **changed: Any) -> Claim:

    return msgspec.structs.replace(claim, **changed)


def _abuse(rng: np.random.Generator, claims: int) -> list[tuple[Claim, Truth]]:
    """Rings and single serial claimants; a person who looks finds each of their claims out within ten hours."""
    made: list[tuple[Claim, Truth]] = []
    ring = 0
    while len(made) < claims:
        if rng.random() < 0.4:
            made += _serial(rng, len(made))
        else:
            ring += 1
            made += _ring(rng, ring)
    return made


def _serial(rng: np.random.Generator, number: int) -> list[tuple[Claim, Truth]]:
    """One account that claims on nearly all it buys."""
    orders = int(rng.integers(12, 40))
    who = _Person(f"s{number}", orders, f"ds{number}", f"as{number}", f"ps{number}")
    return [
        _lie(rng, f"s{number}-{n}", who, f"ps{number}-{n}", "", "serial")
        for n in range(int(orders * rng.uniform(0.7, 0.95)))
    ]


def _ring(rng: np.random.Generator, number: int) -> list[tuple[Claim, Truth]]:
    """Accounts on a few devices or paying accounts, few orders each, a handful of pictures among them (seed E17)."""
    size, name = int(rng.integers(5, 16)), f"ring{number}"
    style = rng.choice(["device", "pay", "address"])
    pictures = int(rng.integers(3, 8))
    made = []
    for account in range(size):
        orders = int(rng.integers(2, 7))
        keys = {
            k: f"{k[0]}{name}" if k == style else f"{k[0]}{name}-{account}"
            for k in ("device", "pay", "address")
        }
        who = _Person(f"{name}-{account}", orders, keys["device"], keys["address"], keys["pay"])
        for n in range(int(rng.integers(1, orders + 1))):
            picture = f"{name}-p{int(rng.integers(pictures))}"
            made.append(_lie(rng, f"{name}-{account}-{n}", who, picture, name, "ring"))
    return made


def _lie(
    rng: np.random.Generator, name: str, who: _Person, picture: str, ring: str, story: str
) -> tuple[Claim, Truth]:
    """A claim that is in order in every form, of goods that nothing was wrong with."""
    u = rng.random(DRAWS)
    case = _Case(name, who, u)
    fresh = u[3] < 0.6
    filed = case.signed + int(u[6] * 20 * HOUR)
    case.shows("photo", filed, picture)
    case.findings.append(Finding("defect", False, "person", filed + int((1 + 9 * u[7]) * HOUR)))
    paid = _yuan(u[8], 30, 300)
    bought = case.bought("fresh", paid, services=("fresh_damage",)) if fresh else case.bought("home", paid)
    claim = case.claim("fresh_damage" if fresh else "quality", bought, filed)
    return claim, Truth("refuse", 0, honest=False, ring=ring, story=story)
