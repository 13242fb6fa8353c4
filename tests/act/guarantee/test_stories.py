"""The guarantee as a table of stories: what a buyer says happened, and what law and promise give.

Expected answers were written from the texts (消法 23 to 25, 44, 55; 条例 12, 19, 49; 七日办法 6 to 10, 20, 35; SPC 2022; JD 2026),
each with the step that must have decided.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from zhenbo.act.guarantee.decide import route
from zhenbo.core.claim import Answer, Claim, Decision, Finding, Promise, Proof, Purchase, State
from zhenbo.pipeline.claims import guarantees

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
SIGNED = 1_780_279_200_000_000  # 2026-06-01 10:00 in Beijing
PHOTO = Proof("photo")


@dataclass(frozen=True)
class Story:
    """One line of the table: what was bought, what is told, after how long, and what must come of it."""

    name: str
    kind: str
    goods: str
    after: int
    outcome: str
    step: str
    amount: int = 0
    order: dict[str, Any] = field(default_factory=dict)
    claim: dict[str, Any] = field(default_factory=dict)
    later: int = 0  # decided so long after the filing


def told(story: Story) -> Decision:
    """The decision of a story."""
    bought = Purchase(**{"id": "o", "paid": 10_000, "goods": story.goods, "platform": "douyin", "merchant": "m", "signed_at": SIGNED, "ordered_at": SIGNED - 2 * DAY, **story.order})  # fmt: skip
    claim = Claim("c", story.kind, bought, SIGNED + story.after, **story.claim)
    return route(claim, guarantees(), claim.filed_at + story.later)


SEEN = {"proofs": (PHOTO,)}
EACH, NONE = {"confirmed": "each"}, {"confirmed": "none"}
FRESH, ALLERGY = {"services": ("fresh_damage",)}, {"services": ("allergy",)}
S = Story

RETURNS = (
    # the seven days run from the day after signing, to the end of the seventh (办法 10)
    S("day 7, last minute", "no_reason", "apparel", 7 * DAY + 13 * HOUR + 59 * MINUTE, "pay", "law.return7", 10_000),
    S("day 8, first minute", "no_reason", "apparel", 7 * DAY + 14 * HOUR, "refuse", "law.return7/window"),
    S("told the seller on day 7, filed on day 9", "no_reason", "apparel", 9 * DAY, "pay", "law.return7", 10_000, claim={"contacted_at": SIGNED + 7 * DAY}),
    S("fifteen days were promised", "no_reason", "apparel", 15 * DAY, "pay", "law.return7", 10_000, claim={"promises": (Promise("p", "return_days", number=15),)}),
    S("signed nobody knows when: the carrier is asked", "no_reason", "apparel", 30 * DAY, "ask", "law.return7/window", 10_000, {"signed_at": None, "ordered_at": SIGNED}),
    S("and its silence is not the buyer's loss", "no_reason", "apparel", 30 * DAY, "pay", "law.return7", 10_000, {"signed_at": None, "ordered_at": SIGNED}, later=25 * HOUR),
    # 消法 25(1), 办法 6: four classes
    S("made to order", "no_reason", "other", DAY, "refuse", "law.return7/custom", order={"traits": ("custom",), **EACH}),
    S("called custom, but from stock", "no_reason", "other", DAY, "pay", "law.return7", 10_000, {"traits": ("custom",), "stock": True}),
    S("fresh fish", "no_reason", "fresh", DAY, "refuse", "law.return7/perishable", order=EACH),
    S("fresh fish, nobody tells whether it was confirmed: the seller shows it", "no_reason", "fresh", DAY, "ask", "law.return7/perishable", 10_000),
    S("and shows it", "no_reason", "fresh", DAY, "refuse", "law.return7/perishable", claim={"proofs": (Proof("confirmation", by="seller"),)}),
    S("and shows nothing: a person", "no_reason", "fresh", DAY, "ask", "law.return7/perishable", 10_000, later=25 * HOUR),
    S("fresh fish, the seller agrees", "no_reason", "fresh", DAY, "pay", "law.return7/accepted", 10_000, claim={"answer": Answer("accepts")}),
    S("day 10, the seller agrees", "no_reason", "apparel", 10 * DAY, "pay", "law.return7/accepted", 10_000, claim={"answer": Answer("accepts")}),
    S("software, downloaded", "no_reason", "digital", DAY, "refuse", "law.return7/digital", order=EACH, claim={"state": State(downloaded=True)}),
    S("software, still sealed", "no_reason", "digital", DAY, "pay", "law.return7", 10_000, claim={"state": State(downloaded=False)}),
    S("software, nobody knows", "no_reason", "digital", DAY, "pay", "law.return7", 10_000),
    S("a magazine", "no_reason", "newspaper", DAY, "refuse", "law.return7/newspaper", order=EACH),
    S("fresh fish with a promise of returns (SPC 2)", "no_reason", "fresh", DAY, "pay", "law.return7", 10_000, claim={"promises": (Promise("p", "no_reason"),)}),
    S("fresh fish, confirmation ticked beforehand: 条例 19 is read by a person", "no_reason", "fresh", DAY, "ask", "law.return7/perishable", 10_000, {"confirmed": "default"}),
    S("the same in 2023, before the regulation", "no_reason", "fresh", DAY - 1000 * DAY, "refuse", "law.return7/perishable", order={"confirmed": "default", "signed_at": SIGNED - 1000 * DAY, "ordered_at": SIGNED - 1001 * DAY}),
    # 办法 7, 20: three classes, only where this purchase was confirmed
    S("condoms, confirmed", "no_reason", "contraceptive", DAY, "refuse", "law.return7/hygiene", order={"traits": ("hygiene",), **EACH}),
    S("condoms, not confirmed", "no_reason", "contraceptive", DAY, "pay", "law.return7", 10_000, {"traits": ("hygiene",), **NONE}),
    S("condoms, confirmed once for all orders", "no_reason", "contraceptive", DAY, "pay", "law.return7", 10_000, {"traits": ("hygiene",), "confirmed": "general"}),
    S("a phone that devalues, confirmed", "no_reason", "electronics", DAY, "refuse", "law.return7/devalues", order={"traits": ("devalues",), **EACH}),
    S("a phone that devalues, ticked beforehand", "no_reason", "electronics", DAY, "pay", "law.return7", 10_000, {"traits": ("devalues",), "confirmed": "default"}),
    S("near expiry, shown and confirmed", "no_reason", "food", DAY, "refuse", "law.return7/shown-flaw", order={"traits": ("near_expiry",), **EACH}),
    S("flawed, shown, not confirmed", "no_reason", "home", DAY, "pay", "law.return7", 10_000, {"traits": ("flawed",), **NONE}),
    S("confirmation not told: the seller shows it", "no_reason", "contraceptive", DAY, "ask", "law.return7/show-confirmation", 10_000, {"traits": ("hygiene",)}),
    S("confirmation not shown in a day: the return stands", "no_reason", "contraceptive", DAY, "pay", "law.return7", 10_000, {"traits": ("hygiene",)}, later=25 * HOUR),
    S("confirmation found genuine by a person", "no_reason", "contraceptive", DAY, "refuse", "law.return7/hygiene", order={"traits": ("hygiene",)}, claim={"findings": (Finding("confirmed", True),)}),
    # 办法 8, 9: intact
    S("opened to look, the seller refuses", "no_reason", "apparel", DAY, "pay", "law.return7", 10_000, claim={"state": State(opened=True), "answer": Answer("contests", ground="已拆封")}),
    S("cream, box opened, seal whole", "no_reason", "cosmetics", DAY, "pay", "law.return7", 10_000, claim={"state": State(opened=True, seal_broken=False)}),
    S("cream, seal broken", "no_reason", "cosmetics", DAY, "refuse", "law.return7/seal", claim={"state": State("agreed", seal_broken=True)}),
    S("seal broken, nobody knows who says so", "no_reason", "cosmetics", DAY, "ask", "law.return7/show-state", 10_000, claim={"state": State(seal_broken=True)}),
    S("seal broken, says the seller alone", "no_reason", "cosmetics", DAY, "ask", "law.return7/show-state", 10_000, claim={"state": State(by="seller", seal_broken=True)}),
    S("says the seller alone, and shows nothing", "no_reason", "cosmetics", DAY, "pay", "law.return7", 10_000, claim={"state": State(by="seller", seal_broken=True)}, later=25 * HOUR),
    S("seal broken, the seller shows it", "no_reason", "cosmetics", DAY, "refuse", "law.return7/seal", claim={"state": State(by="seller", seal_broken=True), "proofs": (Proof("photo", by="seller"),)}),
    S("phone switched on to look", "no_reason", "electronics", DAY, "pay", "law.return7", 10_000, claim={"state": State(opened=True, activated=False)}),
    S("phone activated", "no_reason", "electronics", DAY, "refuse", "law.return7/electronics", claim={"state": State("agreed", activated=True)}),
    S("dress, tag cut off", "no_reason", "apparel", DAY, "refuse", "law.return7/textiles", claim={"state": State("agreed", tag_removed=True)}),
    S("a broken seal on shoes is no standard of theirs", "no_reason", "shoes", DAY, "pay", "law.return7", 10_000, claim={"state": State(seal_broken=True)}),
    # 办法 12, 17: what comes back
    S("a gift worth 15 yuan is gone", "no_reason", "apparel", DAY, "pay", "law.return7", 8_500, {"gift_unreturned": 1_500}),
    S("two of a set for 250, one kept that costs 180 alone", "no_reason", "apparel", DAY, "pay", "law.return7", 7_000, {"set_paid": 25_000, "kept_price": 18_000, "paid": 12_500}),
)  # fmt: skip

PROMISED = (
    S("fresh, 23 h 59 m", "fresh_damage", "fresh", 23 * HOUR + 59 * MINUTE, "pay", "axg.fresh", 10_000, FRESH, SEEN),
    S("fresh, 24 h 01 m: handed on to the right by law", "fresh_damage", "fresh", 24 * HOUR + MINUTE, "redirect", "axg.fresh/window", 10_000, FRESH, SEEN),
    S("fresh, told the seller in time, filed later", "fresh_damage", "fresh", 30 * HOUR, "pay", "axg.fresh", 10_000, FRESH, {**SEEN, "contacted_at": SIGNED + 20 * HOUR}),
    S("fresh, three in ten", "fresh_damage", "fresh", HOUR, "pay", "axg.fresh", 3_000, FRESH, {**SEEN, "damaged": 0.3}),
    S("fresh, no picture yet", "fresh_damage", "fresh", HOUR, "ask", "axg.fresh/picture", 10_000, FRESH),
    S("fresh, never a picture", "fresh_damage", "fresh", HOUR, "refuse", "axg.fresh/picture", 0, FRESH, later=49 * HOUR),
    S("fresh without the service: the law alone", "fresh_damage", "fresh", 30 * HOUR, "pay", "law.quality/perishable", 10_000, {}, SEEN),
    S("fresh, “no seven days for fresh goods” is no shield", "quality", "fresh", 2 * DAY, "pay", "law.quality/perishable", 10_000, {}, {**SEEN, "answer": Answer("contests", ground="生鲜不支持七天无理由")}),
    S("JD fresh, 47 h, a quarter bad", "fresh_damage", "fresh", 47 * HOUR, "pay", "jd.fresh", 2_500, {"platform": "jd", "ordered_at": SIGNED + 20 * DAY, "signed_at": SIGNED + 22 * DAY}, {**SEEN, "damaged": 0.25, "contacted_at": SIGNED + 22 * DAY + 47 * HOUR}),
    S("allergy, day 29: all of it", "allergy", "cosmetics", 29 * DAY, "pay", "axg.allergy", 149_000, {**ALLERGY, "paid": 149_000}, SEEN),
    S("allergy, day 60", "allergy", "cosmetics", 60 * DAY, "pay", "axg.allergy", 10_000, ALLERGY, SEEN),
    S("allergy, day 61", "allergy", "cosmetics", 61 * DAY, "refuse", "axg.allergy/window", 0, ALLERGY, SEEN),
    S("allergy to food: no such service, and a rash is no defect", "allergy", "food", DAY, "ask", "law.quality/reaction", 10_000, ALLERGY, SEEN),
    S("allergy to food, a laboratory finds the food at fault", "allergy", "food", DAY, "pay", "law.quality/receipt", 10_000, ALLERGY, {**SEEN, "findings": (Finding("defect", True, "laboratory"),)}),
    S("allergy, day 61, and the cream was at fault", "allergy", "cosmetics", 61 * DAY, "redirect", "axg.allergy/window", 0, ALLERGY, {**SEEN, "findings": (Finding("defect", True, "laboratory"),)}),
    S("freight, insured to 12 yuan", "freight", "apparel", 5 * DAY, "pay", "axg.freight", 1_200, {"services": ("freight",), "freight": 1_800, "freight_cover": 1_200}, {"proofs": (Proof("waybill"),)}),
    S("freight insured, and nobody shows that anything was sent back", "freight", "apparel", 5 * DAY, "ask", "axg.freight/receipt", 1_200, {"services": ("freight",), "freight": 1_800, "freight_cover": 1_200}),
    S("freight, not insured", "freight", "apparel", 5 * DAY, "refuse", "law.freight/buyers", 0, {"freight": 1_800}),
    S("fast refund whose terms nobody knows", "late_refund", "apparel", 3 * DAY, "ask", "axg.refund/terms", 10_000, {"services": ("fast_refund",)}),
    S("refund late: eight days after the goods came back", "late_refund", "apparel", 12 * DAY, "pay", "law.late_refund/came-back", 10_000, claim={"received_back_at": SIGNED + 4 * DAY}),
)  # fmt: skip

LAWFUL = (
    S("defect, day 3", "quality", "home", 3 * DAY, "pay", "law.quality/receipt", 10_000, {}, SEEN),
    S("defect, day 3, with the freight", "quality", "home", 3 * DAY, "pay", "law.quality/receipt", 11_200, {"freight": 1_200}, SEEN),
    S("defect, day 9: repair or replacement", "quality", "home", 9 * DAY, "pay", "law.quality/repair", 0, {}, SEEN),
    S("defect, day 9, of no use at all", "quality", "home", 9 * DAY, "pay", "law.quality/defeated", 10_000, {}, {**SEEN, "findings": (Finding("purpose_defeated", True),)}),
    S("the buyer knew of it", "quality", "home", DAY, "refuse", "law.quality/known-flaw", 0, {}, {**SEEN, "findings": (Finding("flaw_known", True),)}),
    S("a laboratory finds nothing", "quality", "home", DAY, "refuse", "law.quality/no-defect", 0, {}, {**SEEN, "findings": (Finding("defect", False, "laboratory"),)}),
    S("both have shown proof", "quality", "home", DAY, "ask", "law.quality/inspect", 10_000, {}, {"proofs": (PHOTO, Proof("video", by="seller")), "answer": Answer("contests")}),
    S("worth 30,000 yuan: the seller speaks first", "quality", "home", DAY, "ask", "law.quality/seller-speaks", 3_000_000, {"paid": 3_000_000}, SEEN),
    S("the seller never speaks", "quality", "home", DAY, "pay", "law.quality/receipt", 3_000_000, {"paid": 3_000_000}, SEEN, later=25 * HOUR),
    S("fake, nobody has shown anything: the seller does", "fake", "bags", DAY, "ask", "law.fraud/seller-shows-chain", 60_000, {}, SEEN),
    S("fake, the seller shows nothing: price back, no damages", "fake", "bags", DAY, "pay", "law.fraud/no-chain", 10_000, {}, SEEN, later=25 * HOUR),
    S("fake found: the price at once, the damages when a person confirmed the fraud", "fake", "bags", DAY, "pay", "law.unfit", 10_000, {}, {"findings": (Finding("genuine", False, "rights_holder"),)}),
    S("fraud confirmed: three times, at least 500 yuan", "fake", "bags", DAY, "pay", "law.fraud", 60_000, {}, {"findings": (Finding("genuine", False, "rights_holder"), Finding("fraud", True))}),
    S("fraud confirmed at 300 yuan: three times", "fake", "bags", DAY, "pay", "law.fraud", 120_000, {"paid": 30_000}, {"findings": (Finding("genuine", False), Finding("fraud", True))}),
    S("假一赔十 is more than the law: the promise", "fake", "bags", DAY, "pay", "axg.genuine", 110_000, {}, {"promises": (Promise("p", "multiple", number=10),), "findings": (Finding("genuine", False), Finding("fraud", True))}),
    S("假一赔一 is less than the law: the law", "fake", "bags", DAY, "pay", "law.fraud", 60_000, {}, {"promises": (Promise("p", "multiple", number=1),), "findings": (Finding("genuine", False), Finding("fraud", True))}),
    S("genuine", "fake", "bags", DAY, "refuse", "law.fraud/genuine", 0, {}, {"findings": (Finding("genuine", True, "rights_holder"),)}),
    S("the buyer swapped it (条例 49)", "fake", "bags", DAY, "refuse", "law.fraud/buyers-trick", 0, {}, {"findings": (Finding("genuine", False), Finding("swapped", True))}),
    S("unsafe food, the seller knew: ten times, at least 1,000 yuan", "unsafe_food", "food", DAY, "pay", "law.food", 105_000, {"paid": 5_000}, {"findings": (Finding("unsafe_food", True, "authority"), Finding("fraud", True))}),
    S("fake, appraised for 80 yuan: the seller was wrong and bears it", "fake", "bags", DAY, "pay", "law.unfit", 18_000, {"appraisal": 8_000}, {"findings": (Finding("genuine", False, "rights_holder"),)}),
    S("the seller shows no chain, and nobody has found anything yet: no cost of an appraisal", "fake", "bags", DAY, "pay", "law.fraud/no-chain", 10_000, {"appraisal": 8_000}, SEEN, later=25 * HOUR),
    S("fake, and the seller was deceived too: no damages", "fake", "bags", DAY, "pay", "law.fraud/no-fraud", 10_000, {}, {"findings": (Finding("genuine", False), Finding("fraud", False))}),
    S("fake, says the seller's own paper: no finding", "fake", "bags", DAY, "ask", "law.fraud/seller-shows-chain", 60_000, {}, {"findings": (Finding("genuine", True, "merchant"),)}),
    S("a fraud that only the buyer finds is none", "fake", "bags", DAY, "ask", "law.fraud/seller-shows-chain", 60_000, {}, {"findings": (Finding("genuine", False, "buyer"), Finding("fraud", True, "buyer"))}),
    S("two laboratories on one day, one for each side: nothing is established", "quality", "home", DAY, "pay", "law.quality/receipt", 10_000, {}, {**SEEN, "findings": (Finding("defect", True, "laboratory"), Finding("defect", False, "laboratory"))}),
    S("假一赔十, at most 200 yuan, and no fraud", "fake", "bags", DAY, "pay", "axg.genuine", 120_000, {"paid": 100_000}, {"promises": (Promise("p", "multiple", number=10, most=20_000),), "findings": (Finding("genuine", False), Finding("fraud", False))}),
    S("three times in dollars: the 500 yuan of the law are not 500 dollars", "fake", "bags", DAY, "pay", "law.fraud", 40_000, {"currency": "USD"}, {"findings": (Finding("genuine", False), Finding("fraud", True))}),
    S("half paid back before: the other half", "quality", "home", DAY, "pay", "law.quality/receipt", 5_000, {"refunded": 5_000}, SEEN),
    S("all paid back before", "quality", "home", DAY, "refuse", "law.quality/refunded", 0, {"refunded": 10_000}, SEEN),
    S("refund late, the seller shows that it was made", "late_refund", "home", 20 * DAY, "ask", "law.late_refund/seller-shows", 10_000, {}, {"received_back_at": SIGNED + 4 * DAY, "answer": Answer("contests"), "proofs": (Proof("receipt", by="seller"),)}),
    S("not as described, a month later: a person compares", "described", "home", 30 * DAY, "ask", "law.described/late", 10_000, {}, SEEN),
    S("two promises, one kept: the other is claimed", "promise", "home", DAY, "pay", "law.promise/price-promise", 800, {}, {"promises": (Promise("a", "gift", amount=100, kept=True), Promise("b", "difference", amount=800, kept=False))}),
    S("unsafe food, the seller did not know: the price", "unsafe_food", "food", DAY, "pay", "law.food/did-not-know", 5_000, {"paid": 5_000}, {"findings": (Finding("unsafe_food", True, "authority"), Finding("fraud", False))}),
    S("unsafe food, nothing found yet", "unsafe_food", "food", DAY, "ask", "law.food/test", 110_000, {}, SEEN),
    S("a typing error on the label", "unsafe_food", "food", DAY, "refuse", "law.food/label", 0, {}, {"findings": (Finding("label_only", True),)}),
    S("never arrived, the seller is silent", "not_delivered", "home", DAY, "pay", "law.delivery", 10_000, later=25 * HOUR),
    S("never arrived, the carrier says it did", "not_delivered", "home", DAY, "ask", "law.delivery/signed-by-whom", 10_000, {}, {"proofs": (Proof("waybill", by="seller"),)}),
    S("the promised difference of 8 yuan", "promise", "home", DAY, "pay", "law.promise/price-promise", 800, {}, {"promises": (Promise("p", "difference", amount=800, kept=False),)}),
    S("a prize that came", "promise", "home", DAY, "refuse", "law.promise/kept", 0, {}, {"promises": (Promise("p", "lottery", amount=800, kept=True),)}),
    S("a prize said on air, nobody answers", "promise", "home", DAY, "pay", "law.promise/prize", 800, {}, {"proofs": (Proof("recording"),), "promises": (Promise("p", "lottery", amount=800),)}, later=25 * HOUR),
    S("not as described, the minute of the broadcast shown", "described", "home", DAY, "pay", "law.described", 10_000, {}, SEEN),
)  # fmt: skip


@pytest.mark.parametrize("story", [*RETURNS, *PROMISED, *LAWFUL], ids=lambda s: s.name)
def test_a_story_comes_to_what_the_texts_give(story):
    """Outcome, deciding step and amount, for every exception, window and promise of the table."""
    decision = told(story)
    assert (decision.outcome, decision.reason.step, decision.amount) == (
        story.outcome,
        story.step,
        story.amount,
    )


def test_a_late_fresh_claim_is_handed_on_and_paid_by_law():
    """24 h 01 m is not simply refused: the redirect holds the decision of the right by law, with its clause."""
    late = told(PROMISED[1])
    assert late.then is not None
    assert (late.then.outcome, late.then.service, late.then.amount) == ("pay", "law.quality", 10_000)
    assert [(c.law, c.article) for c in late.then.reason.cites] == [
        ("cn.consumer", "24"),
        ("cn.consumer", "52"),
        ("cn.return7", "35"),
    ]


def test_a_refusal_names_its_clause_and_the_way_on():
    """Day 61 names the window, its end and the clause, and leaves the right of appeal."""
    refused = told(next(s for s in PROMISED if s.name == "allergy, day 61"))
    assert "2026-07-31 23:59" in refused.reason.says.zh
    assert refused.reason.cites
    assert refused.appeal is not None


def test_misuse_of_an_exception_is_noted():
    """A seller who hides behind “fresh goods cannot be returned” is told of (seed E12)."""
    shielded = told(next(s for s in PROMISED if "no shield" in s.name))
    assert [n.step for n in shielded.notes] == ["law.quality/shield"]


@pytest.mark.parametrize(
    ("order", "party"),
    [
        ({}, "merchant"),
        ({"operator": "room", "shown_not_seller": False}, "operator"),
        ({"operator": "room"}, "merchant"),  # unknown moves nothing
        ({"seller_identified": False}, "platform"),
        ({"self_operated": True}, "platform"),
        ({"platform_knew": True}, "merchant"),
        ({"operator": "m", "shown_not_seller": False}, "merchant"),  # the seller's own room
    ],
)  # fmt: skip
def test_who_is_liable(order, party):
    """The room's operator as seller (SPC 12), the platform for a seller nobody can name (消法 44), else the seller."""
    decision = told(S("defect", "quality", "home", DAY, "pay", "", order=order, claim=SEEN))
    assert decision.liable is not None
    assert decision.liable.party == party


def _at(day: str, clock: str = "10:00:00") -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}+08:00").timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("signed", "raised", "outcome"),
    [
        ("2026-09-24", "2026-10-08 23:59:59", "pay"),  # the seventh day is the first of a week of rest
        ("2026-09-24", "2026-10-09 00:00:00", "refuse"),
        ("2026-09-13", "2026-09-20 23:59:59", "pay"),  # a Sunday that was worked
        ("2026-09-13", "2026-09-21 00:00:00", "refuse"),
        ("2026-05-24", "2026-06-01 10:00:00", "pay"),  # a plain Sunday
        ("2024-02-22", "2024-02-29 23:59:59", "pay"),  # a leap day, a Thursday
        ("2024-02-22", "2024-03-01 00:00:00", "refuse"),
        ("2030-03-04", "2030-03-11 23:59:59", "pay"),  # in time whatever the calendar will be
        ("2030-03-04", "2030-03-12 00:00:00", "ask"),  # a calendar that nobody has announced yet
        ("2030-03-04", "2030-03-27 00:00:00", "refuse"),  # no rest is that long
    ],
)  # fmt: skip
def test_a_term_of_law_does_not_end_on_a_day_of_rest(signed, raised, outcome):
    """Civil Code 203 with the announced days of rest; where none is announced yet a person looks, and no weekday is guessed."""
    day, clock = raised.split()
    bought = Purchase("o", 10_000, "apparel", signed_at=_at(signed), ordered_at=_at(signed) - 2 * DAY)
    decision = route(Claim("c", "no_reason", bought, _at(day, clock)), guarantees(), _at(day, clock))
    assert decision.outcome == outcome


def test_a_promise_of_another_kind_makes_nobody_liable():
    """A platform that promised a prize does not owe for the seller's defect; one that promised 假一赔X does owe for a fake."""
    by_platform = Promise("p", "lottery", "platform", 5)
    made = told(S("defect", "quality", "home", DAY, "", "", claim={**SEEN, "promises": (by_platform,)}))
    fake = told(S("fake", "fake", "bags", DAY, "", "", claim={"promises": (Promise("p", "multiple", "platform", number=3),), "findings": (Finding("genuine", False),)}))  # fmt: skip
    assert made.liable is not None
    assert fake.liable is not None
    assert (made.liable.party, fake.liable.party) == ("merchant", "platform")


def test_clauses_are_those_of_the_day():
    """An order of 2023 is not decided by the regulation of 2024."""
    old = {"signed_at": SIGNED - 1000 * DAY, "ordered_at": SIGNED - 1001 * DAY}
    for story in (*RETURNS, *LAWFUL):
        decision = told(S(story.name, story.kind, story.goods, story.after - 1000 * DAY, "", "", order={**story.order, **old}, claim={k: v for k, v in story.claim.items() if k == "proofs"}))  # fmt: skip
        cites = [c.law for r in (decision.reason, *decision.notes, *decision.clocks) for c in r.cites]
        assert not {"cn.consumer_rules", "jd.goods", "cn.aucl"} & set(cites), story.name


def test_no_claim_is_refused_without_a_clause_of_its_day():
    """Whatever year it is of: each step that refuses, or whose lapse does, has a clause that stood before 2024."""
    for made in guarantees().services.values():
        for step, _ in made.steps:
            if step.since <= date(2021, 6, 1) and (
                step.then == "refuse" or (step.wanted and step.wanted.lapse == "refuse")
            ):
                assert guarantees().cited(step.cites, max(date(2021, 6, 1), made.service.since)), (
                    made.service.id,
                    step.id,
                )
