"""Decisions as acts, payments as transactions, and appeals that undo both."""

import pytest

from zhenbo.act.book import flows, total
from zhenbo.act.guarantee.decide import route
from zhenbo.act.guarantee.record import answered, appealed, decided, fallen, payments, standing
from zhenbo.core.acts import ActList
from zhenbo.core.claim import Answer, Claim, Finding, Promise, Proof, Purchase
from zhenbo.core.errors import RecordError
from zhenbo.pipeline.claims import guarantees
from zhenbo.pipeline.record import in_memory

HOUR, DAY = 3_600_000_000, 86_400_000_000
SIGNED = 1_780_279_200_000_000


def claim(goods="fresh", kind="fresh_damage", **more):
    """A claim an hour after signing, with its picture."""
    bought = Purchase("o-1", 10_000, goods, services=("fresh_damage",), signed_at=SIGNED, ordered_at=SIGNED - DAY, merchant="m-1")  # fmt: skip
    return Claim("c-1", kind, bought, SIGNED + HOUR, buyer="b-1", proofs=(Proof("photo"),), **more)


def paid(made, store):
    """Its decision and payments, appended."""
    return store.append(decided(made, route(made, guarantees(), made.filed_at)))


def funded():
    """A record whose protection fund holds 1,000 yuan."""
    store = in_memory()
    store.append([flows.fund_paid_in("fund", SIGNED, 100_000).act()])
    return store


def _accounts(store):
    """Every account with its balance."""
    with store.book() as book:
        return dict(book.accounts())


def _state(store):
    """Every balance that is not nothing, with what is set aside."""
    return {p: (b.posted, b.held_out) for p, b in _accounts(store).items() if b.posted or b.held_out}


def test_an_advance_is_paid_once_and_owed_by_the_seller():
    """Deciding again, even later, pays nothing twice; the fund has a claim on the seller."""
    store = funded()
    made = claim()
    assert paid(made, store) == 2
    again = decided(made, route(made, guarantees(), made.filed_at + 5 * HOUR))
    assert store.append(again) == 0
    balances = {pot[0]: b.posted for pot, b in _accounts(store).items()}
    assert balances[flows.pool()] == 90_000
    assert balances[flows.recovery("m-1", "c-1")] == -10_000


def test_a_seller_who_accepts_pays_themselves():
    """No advance: what is owed comes from the seller, punitive damages told apart from the price."""
    fake = claim("bags", "fake", answer=Answer("accepts"), promises=(Promise("p", "multiple", number=10),), findings=(Finding("genuine", False), Finding("fraud", True)))  # fmt: skip
    moved = payments(fake, route(fake, guarantees(), fake.filed_at))
    assert [(t.flow, t.held) for t in moved] == [("refund.paid", True), ("compensation.punitive", True)]
    assert sum(p.amount for t in moved for p in t.postings) == 0


@pytest.mark.parametrize("goods", ["fresh", "home"])
def test_an_appeal_that_succeeds_leaves_everything_as_if_nothing_had_been_decided(goods):
    """Posted payments are reversed, held ones made void; balances and the claim's state are those of before."""
    store = funded()
    before = _state(store)
    made = claim(goods, "fresh_damage" if goods == "fresh" else "quality")
    paid(made, store)
    store.append([appealed("c-1", "merchant", "照片不是本店商品", SIGNED + DAY)])
    acts = list(store.read())
    assert standing(acts)["c-1"].appeal is not None
    store.append(
        answered(acts, "c-1", succeeds=True, person="reviewer-7", why="照片属另一订单", at=SIGNED + 2 * DAY)
    )
    after = _state(store)  # fmt: skip
    assert after == before
    assert not any(total(_accounts(store)).values())
    assert standing(store.read())["c-1"].verdict is None


def test_a_claim_decided_anew_after_an_appeal_is_paid_anew():
    """What fell is no obstacle: the new decision pays once, and a second appeal undoes only that."""
    store, made = funded(), claim()
    empty = _state(store)
    for number in range(2):
        acts = decided(made, route(made, guarantees(), made.filed_at), fallen(store.read()).get("c-1", 0))
        assert (store.append(acts), store.append(acts)) == (2, 0)
        assert _accounts(store)[flows.pool(), "CNY"].posted == 90_000
        store.append([appealed("c-1", "merchant", "no", SIGNED + DAY, number + 1)])
        told = list(store.read(subject="c-1"))
        store.append(answered(told, "c-1", succeeds=True, person="r", why="w", at=SIGNED + DAY, number=number + 1))  # fmt: skip
        assert _state(store) == empty


def test_an_appeal_needs_an_appellant_a_person_and_a_reason():
    """Nobody is undone by a machine, or without having been asked."""
    made = claim()
    acts = decided(made, route(made, guarantees(), made.filed_at))
    with pytest.raises(RecordError, match="nobody has appealed"):
        answered(acts, "c-1", succeeds=True, person="r", why="x", at=SIGNED)
    acts = [*acts, appealed("c-1", "buyer", "more", SIGNED + DAY)]
    with pytest.raises(RecordError, match="by a person"):
        answered(acts, "c-1", succeeds=True, person=" ", why="x", at=SIGNED + DAY)
    kept = ActList([*acts, *answered(acts, "c-1", succeeds=False, person="r", why="照片清楚", at=SIGNED + 2 * DAY)])  # fmt: skip
    assert standing(kept.read())["c-1"].verdict is not None
