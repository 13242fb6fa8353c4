"""A fallen price sends buyers round again: refunds with the same purchase made elsewhere are no echo, others are."""

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.evidence import Evidence
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import DAY, HOUR, Session
from zhenbo.core.story import read
from zhenbo.kernel.orders import elsewhere, orders
from zhenbo.kernel.rebuys import Alike, rebought_elsewhere
from zhenbo.pipeline import audit_dataset, baselines
from zhenbo.proof.laws import check_laws, stranger
from zhenbo.signals.catalogue import catalogue
from zhenbo.worlds.campaign import room

ROOM = """20:00-22:00 b1..b100 order o{n} 59.00 scattered [addr=home{n}]
    20:30-21:30 a1..a60 order f{n} 99.00 [addr=flat{n}]
    d+1 10:00-12:00 refunded f{n} x60
    session none of host h1
    """
AGAIN = "d+1 10:10-d+1 12:10 a1..a60 order g{n} 79.00 [addr=flat{n}]"
NO_REBUY = {
    "by others": AGAIN.replace("a1..a60", "c1..c60"),
    "of dearer things": AGAIN.replace("79.00", "199.00"),
    "never paid": AGAIN.replace("order", "reserve"),
    "given back in their turn": AGAIN + "\nd+2 09:00-10:00 refunded g{n} x60",
    "days later": AGAIN.replace("d+1", "d+4"),
    "of another shop": "session none of host h2\n" + AGAIN,
}


def echo(data: Dataset, as_of: int | None = None) -> tuple[Session, Evidence]:
    """The room of a record, and what the refund echo says of it."""
    mine = next(s for s in subjects(data, as_of) if s.scope == "session")
    (found,) = catalogue()["orders.refund_echo"].look(mine, baselines("orders.refund_echo"))
    assert isinstance(found, Evidence)
    return mine, found


def cause(found: Evidence) -> str | None:
    """What became of the cause that buyers bought again."""
    return next((c.outcome for c in found.causes if c.cause == "rebought"), None)


def masked(data: Dataset) -> Dataset:
    """The record without buyers' ids, as merchants export it."""
    at = EVENTS.get_field_index("actor_id")
    return Dataset(data.events.set_column(at, EVENTS.field(at), pa.nulls(len(data.events), pa.string())))


@pytest.mark.parametrize("hide", [lambda d: d, masked], ids=["by id", "by address"])
def test_bought_again_in_the_shop_explains_the_refunds(hide):
    """Sixty refunds, sixty rebuys next to them in the shop: explained, whoever can be told apart how."""
    _, found = echo(hide(read(ROOM + AGAIN).dataset))
    assert found.says == "spread"
    assert cause(found) == "explains"
    assert not set(found.orders) & {f"f{i}" for i in range(1, 61)}


@pytest.mark.parametrize("shop", NO_REBUY.values(), ids=list(NO_REBUY))
def test_what_is_no_rebuy_excuses_nothing(shop):
    """Orders of others, unpaid, undone, late, dear or of another shop leave the wave as it was."""
    _, alone = echo(read(ROOM).dataset)
    _, found = echo(read(ROOM + shop).dataset)
    assert found.p == alone.p
    assert found.p < 5e-4
    assert cause(alone) == "open"
    assert cause(found) == "ruled_out" or "h2" in shop


def test_one_rebuy_answers_for_one_refund():
    """Ten real orders excuse ten of sixty refunds; two buyers of 30 fakes each excuse two, and the wave stands."""
    _, ten = echo(read(ROOM + AGAIN.replace("a60", "a10")).dataset)
    assert ten.args["refunds"] <= 50
    assert ten.p < 5e-4
    assert cause(ten) == "ruled_out"
    two = ROOM.replace("a1..a60 order f{n} 99.00", "a1..a2 order f{n} 99.00 x30") + AGAIN.replace("a60", "a2")
    mine, found = echo(read(two).dataset)
    made = orders(mine)
    moment = np.where(made.timed("refunded"), made.at["refunded"], made.at["paid"] + 99 * DAY)
    assert rebought_elsewhere(mine, made, moment, Alike(48 * HOUR, 0.5, 1.1)).sum() == 2
    assert found.p < 5e-4


@pytest.mark.parametrize(("price", "rebought"), [("79.00", 60), ("0.99", 0)])
def test_a_new_link_at_a_like_price_is_a_rebuy_and_a_cheap_one_is_not(price: str, rebought: int):
    """A price cut often comes with a new product link; the same link at a hundredth of the price excuses nothing."""
    events = read(ROOM + AGAIN.replace("79.00", price)).dataset.events
    for same in (True, False):
        goods = [
            None if o is None else "p1" if same or o[0] != "g" else "p2"
            for o in events["order_id"].to_pylist()
        ]
        at = EVENTS.get_field_index("target_id")
        told = Dataset(events.set_column(at, EVENTS.field(at), pa.array(goods, pa.string())))
        mine = next(s for s in subjects(told) if s.scope == "session")
        made = orders(mine)
        found = rebought_elsewhere(mine, made, made.at["refunded"], Alike(48 * HOUR, 0.5, 1.1))
        assert found.sum() == rebought


def test_a_rebuy_not_yet_made_does_not_count():
    """Read as of the last refund, only the rebuys made by then are known; before the first, none."""
    data = read(ROOM + AGAIN.replace("d+1", "d+2")).dataset
    noon = 1_777_593_600_000_000 + 36 * HOUR
    early, found = echo(data, noon)
    assert early.elsewhere is None
    assert cause(found) == "open"
    assert found.p < 5e-4
    assert cause(echo(data)[1]) == "explains"


def test_elsewhere_holds_these_buyers_and_nobody_else():
    """Only orders of buyers who gave back in the room, with their later life, in the days after; an unrelated room adds none."""
    story = (
        ROOM
        + AGAIN
        + "\nd+1 10:00-11:00 c1..c50 order k{n} 79.00 [addr=other{n}]; d+1 11:00 b1..b9 order y{n} 59.00 [addr=home{n}]\nd+3 09:00 delivered g{n} x60\nd+20 10:00 a1 order z1 9.00"
    )
    data = read(story).dataset
    mine, _ = echo(data)
    assert set(mine.elsewhere["order_id"].to_pylist()) == {f"g{i}" for i in range(1, 61)}
    assert len(elsewhere(mine)) == elsewhere(mine).happened("delivered").sum() == 60
    guests = pa.concat_tables([data.events, stranger(data).events.cast(EVENTS)])
    both = Dataset(canonical_order(guests.unify_dictionaries()))
    beside = next(s for s in subjects(both) if s.session_id == mine.session_id)
    assert beside.elsewhere.to_pylist() == mine.elsewhere.to_pylist()


def test_the_telling_of_a_price_cut_decides_nothing():
    """Shuffled, doubled, cut, renamed, a week later, beside a stranger: one verdict."""
    assert check_laws(read(ROOM + AGAIN).dataset) == []


@pytest.mark.parametrize("view", ["insider", "auditor", "merchant"])
def test_a_simulated_price_cut_is_not_accused(view):
    """A whole evening with a price that falls next day, seen by those who hold its orders."""
    world = room(5, burst="price_cut", view=view)
    for verdict in audit_dataset(world.dataset, lang="en").audit.sessions:
        assert verdict.verdict.rank < 2, verdict.reasons
