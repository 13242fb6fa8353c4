"""A buyer's claim, what was promised to them, and what was decided of it.

Money is in minor units, times are UTC microseconds, days are counted in the claim's own zone. A field that is None is
one nobody has told us: it convicts neither buyer nor seller, and the decision says what would settle it.
"""

from typing import Literal

import msgspec

from zhenbo.core.evidence import Say

KINDS = (
    "no_reason", "quality", "described", "fresh_damage", "allergy", "fake", "unsafe_food", "not_delivered", "promise",
    "late_refund", "freight", "pickup",
)  # fmt: skip
"""What a buyer can ask for; meanings in docs/guarantee.md."""
TRAITS = ("custom", "perishable", "digital", "newspaper", "hygiene", "devalues", "near_expiry", "flawed", "living", "ripens", "durable")  # fmt: skip
"""What the law asks of goods, beyond their class."""
OF_CLASS = {
    "fresh": ("perishable",),
    "eggs": ("perishable",),
    "newspaper": ("newspaper",),
    "digital": ("digital",),
}
"""Traits that a class of goods always has."""
PROOFS = (
    "photo", "video", "unboxing", "medical", "hospital", "inspection", "appraisal", "chat", "recording", "receipt",
    "waybill", "chain", "confirmation", "marking",
)  # fmt: skip
"""Kinds of proof. `hospital` is a stamped certificate of a hospital of grade 2A or above, `chain` papers of purchase and
authorisation, `confirmation` the record of a buyer's own click for this purchase, `marking` how a room named the seller."""
PICTURES = frozenset({"photo", "video", "unboxing"})
FINDINGS = ("defect", "genuine", "unsafe_food", "fraud", "swapped", "flaw_known", "purpose_defeated", "label_only", "misdescribed", "delivered", "confirmed")  # fmt: skip
"""Facts that somebody other than the two sides has established, or that both agree on."""

PROMISES = ("multiple", "return_days", "no_reason", "difference", "half_price", "lottery", "gift", "refund_hours", "ship_hours")  # fmt: skip
"""Kinds of promise."""

Outcome = Literal["pay", "ask", "refuse", "redirect"]
Party = Literal["merchant", "operator", "host", "platform", "insurer", "buyer", "person"]
"""Who must do something; `person` is a reviewer of the desk."""


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something shown.

    Args:
        kind: one of `PROOFS`.
        at: when it was handed in; with the claim when absent.
        by: buyer, seller, platform or whoever made it.
        digest: hash of the picture or paper, perceptual where there is one.
    """

    kind: str
    at: int | None = None
    by: str = "buyer"
    digest: str | None = None


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that was established.

    Args:
        what: one of `FINDINGS`.
        holds: whether it is so.
        by: who says so: rights_holder, laboratory, authority, court, platform, person, agreed. What one side alone says
            (buyer, merchant, seller, operator, host) is no finding and is not looked at.
        at: when; with the claim when absent.
    """

    what: str
    holds: bool
    by: str = "person"
    at: int | None = None


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was promised, in writing or on air, and how it was kept.

    Args:
        id: its name.
        kind: multiple (假一赔X), return_days, no_reason (for goods the law excepts), difference, half_price, lottery,
            gift, refund_hours, ship_hours.
        by: merchant, host, platform.
        amount: money owed by it, minor units, where it is a sum.
        number: X of 假一赔X, days, hours, winners.
        most: ceiling named with 假一赔X, minor units; none when absent.
        text: the very words.
        at: when it was made.
        session: broadcast in which it was made.
        product: goods it speaks of; all when absent.
        due: when it must be kept.
        kept: whether it was; None when nobody knows.
        found: how that is known.
    """

    id: str
    kind: str
    by: str = "merchant"
    amount: int | None = None
    number: int | None = None
    most: int | None = None
    text: str = ""
    at: int | None = None
    session: str | None = None
    product: str | None = None
    due: int | None = None
    kept: bool | None = None
    found: str = ""


class Line(msgspec.Struct, frozen=True):
    """Something said on air: when, in which broadcast, its words, of which goods."""

    at: int
    session: str
    text: str
    product: str | None = None


class Chat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message between a buyer and customer service.

    Args:
        at: when.
        buyer: with whom.
        by: buyer, seller (a person), robot, or system (`blocked` when the buyer was shut out).
        text: the words.
        order: which it is about.
        session: broadcast it is about.
    """

    at: int
    buyer: str
    by: Literal["buyer", "seller", "robot", "system"]
    text: str
    order: str | None = None
    session: str | None = None


class Purchase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was bought.

    Args:
        id: the order.
        item: its line, where a claim is for one line of several.
        paid: what the buyer really paid for the goods claimed for.
        goods: class: fresh, eggs, food, health_food, cosmetics, medical_device, contraceptive, electronics, apparel, shoes,
            bags, toys, home_textile, home, digital, newspaper, jewellery, or any other word.
        platform: where.
        currency: of its amounts.
        traits: of `TRAITS`.
        services: services that were active when it was ordered.
        confirmed: how the buyer agreed that it cannot be returned: each (a conspicuous step of this purchase), default
            (ticked beforehand), general (once for all), none.
        stock: custom goods only: whether they had been made before the order.
        ordered_at: when it was ordered.
        signed_at: when it was signed for.
        merchant: who sells.
        operator: who runs the room.
        host: who spoke.
        session: broadcast.
        self_operated: sold by the platform itself, or so marked that a buyer must think so.
        seller_identified: the platform can give the seller's true name, address and contact.
        shown_not_seller: the operator can prove that the room showed who really sells.
        operator_knew: the operator knew or should have known.
        platform_knew: the platform knew or should have known, and took no measure.
        refunded: of the price, what has been paid back already, on whatever ground.
        buyer_orders: orders of this buyer over the last year, claims or not.
        gift_unreturned: stated price of gifts that cannot be given back.
        kept_price: what the goods kept of a set cost at their own prices.
        set_paid: what was paid for the whole set.
        freight: what the buyer paid to send it back.
        freight_cover: sum insured for that.
        appraisal: what the buyer paid for an appraisal or test of the goods.
    """

    id: str
    paid: int
    goods: str = "other"
    platform: str = ""
    currency: str = "CNY"
    traits: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    confirmed: Literal["each", "default", "general", "none"] | None = None
    stock: bool | None = None
    ordered_at: int | None = None
    signed_at: int | None = None
    merchant: str | None = None
    operator: str | None = None
    host: str | None = None
    session: str | None = None
    self_operated: bool | None = None
    seller_identified: bool | None = None
    shown_not_seller: bool | None = None
    operator_knew: bool | None = None
    platform_knew: bool | None = None
    refunded: int = 0
    buyer_orders: int | None = None
    gift_unreturned: int = 0
    kept_price: int | None = None
    set_paid: int | None = None
    freight: int | None = None
    freight_cover: int | None = None
    appraisal: int = 0
    item: str | None = None


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods as they are.

    Args:
        by: who says so: agreed, buyer, inspection, seller. What only the seller says, or nobody knows who, is a claim of theirs.
        opened: outer packaging opened.
        seal_broken: the necessary one-time seal.
        activated: activated, authorised, or holding data of use.
        altered: repaired without leave, or marks, labels or numbers defaced.
        worn: traces of use that cannot be undone.
        tag_removed: labels taken off or cut.
        soiled: soiled or damaged.
        downloaded: digital goods downloaded or unsealed.
    """

    by: Literal["agreed", "buyer", "inspection", "seller"] = "seller"
    opened: bool | None = None
    seal_broken: bool | None = None
    activated: bool | None = None
    altered: bool | None = None
    worn: bool | None = None
    tag_removed: bool | None = None
    soiled: bool | None = None
    downloaded: bool | None = None


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the seller said: accepts or contests, when, on what ground (their words)."""

    says: Literal["accepts", "contests"]
    at: int | None = None
    ground: str = ""


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim.

    Args:
        id: its name.
        kind: one of `KINDS`.
        purchase: what was bought.
        filed_at: when it was filed.
        contacted_at: when the buyer first told the seller; a window is kept by the earlier of the two.
        buyer: pseudonym.
        device: pseudonym of the device it was filed from.
        address: pseudonym of the delivery address.
        pay: pseudonym of the paying account.
        damaged: share of the goods that is damaged, missing or of the wrong size.
        faults: how many different faults of fresh goods (size, weight, rot).
        received_back_at: when the seller got the goods back.
        state: the goods as they are.
        answer: of the seller.
        proofs: what was shown.
        findings: what was established.
        promises: what was promised to this buyer.
        asked: when each thing still wanted was asked for, by step.
        zone: minutes east of Greenwich in which days are counted.
    """

    id: str
    kind: str
    purchase: Purchase
    filed_at: int
    contacted_at: int | None = None
    buyer: str | None = None
    device: str | None = None
    address: str | None = None
    pay: str | None = None
    damaged: float | None = None
    faults: int | None = None
    received_back_at: int | None = None
    state: State = State()
    answer: Answer | None = None
    proofs: tuple[Proof, ...] = ()
    findings: tuple[Finding, ...] = ()
    promises: tuple[Promise, ...] = ()
    asked: dict[str, int] = {}
    zone: int = 480

    @property
    def raised_at(self) -> int:
        """The moment that keeps a window: the first word to the seller, else the filing."""
        return self.filed_at if self.contacted_at is None else min(self.filed_at, self.contacted_at)

    def moments(self) -> list[int]:
        """Times at which something about the claim became known, the filing first."""
        times = (
            [p.at for p in self.proofs]
            + [f.at for f in self.findings]
            + [self.answer.at if self.answer else None]
        )
        later = {t for t in times if t is not None and t > self.filed_at}
        if self.received_back_at is not None and self.received_back_at > self.filed_at:
            later.add(self.received_back_at)
        return [self.filed_at, *sorted(later)]


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it stands: statute of `packs/statutes.toml` (or a document of the field), and article."""

    law: str
    article: str = ""


class Part(msgspec.Struct, frozen=True):
    """One part of an amount: what it is, minor units, and how it came about."""

    what: str
    amount: int
    says: Say


class Clock(msgspec.Struct, frozen=True):
    """Something that must happen by a moment.

    Args:
        step: its name.
        by: who must do it.
        until: last microsecond; None when it runs from an event that has not happened.
        says: what must happen, and what follows when it does not.
        cites: where it stands.
        missed: whether it was over when this was decided.
    """

    step: str
    by: str
    until: int | None
    says: Say
    cites: tuple[Citation, ...] = ()
    missed: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """A proof still wanted: of whom, which kinds would do, until when."""

    of: str
    kinds: tuple[str, ...]
    until: int | None
    says: Say


class Liable(msgspec.Struct, frozen=True):
    """Who owes it and why; `recover` names whom the payer may have it back from."""

    party: str
    name: str | None
    says: Say
    cites: tuple[Citation, ...] = ()
    jointly: tuple[str, ...] = ()
    recover: str | None = None


class Reason(msgspec.Struct, frozen=True):
    """The very condition that decided.

    Args:
        step: `service/step`.
        when: the condition as the pack has it; empty where nothing stood against the claim.
        says: the sentence.
        cites: clauses.
    """

    step: str
    when: str
    says: Say
    cites: tuple[Citation, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """What was decided of a claim at a moment.

    Args:
        claim: the claim.
        at: when.
        outcome: pay, ask, refuse, redirect.
        service: the service or right it was decided under.
        rule: `pack service@version`.
        reason: the very condition.
        remedy: refund_return, refund_only, compensation, replace_or_repair, freight, perform; empty unless something is owed.
        amount: minor units owed to the buyer; what would be owed where more is asked.
        currency: of the amount.
        parts: what it is made of.
        liable: who owes it.
        advance: whether the fund pays now and recovers, since the liable party has not agreed.
        clocks: what must happen by when.
        wanted: proofs still wanted.
        notes: further things both sides should know: a shield misused, a duty to report.
        review: why a person must look before anything happens; empty when none must.
        then: the decision under the right it was handed on to, or that was weighed beside it.
        appeal: until when either side may appeal.
    """

    claim: str
    at: int
    outcome: Outcome
    service: str
    rule: str
    reason: Reason
    remedy: str = ""
    amount: int = 0
    currency: str = "CNY"
    parts: tuple[Part, ...] = ()
    liable: Liable | None = None
    advance: bool = False
    clocks: tuple[Clock, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    notes: tuple[Reason, ...] = ()
    review: tuple[Say, ...] = ()
    then: "Decision | None" = None
    appeal: int | None = None
