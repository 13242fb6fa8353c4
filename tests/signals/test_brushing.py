"""Signals of brushed orders: each finds its part of the workflow, none takes an honest oddity for it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.evidence import Evidence
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import Session, micros
from zhenbo.core.story import read
from zhenbo.kernel.loops import loops
from zhenbo.kernel.orders import orders
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB
from zhenbo.worlds.campaign import room

SIGNALS = ("orders.payers", "orders.reviews", "orders.parcels", "orders.visits", "orders.repeats", "orders.self_dealing", "orders.sequence", "money.loops")  # fmt: skip
PENALTY = 5e-4
ORDERS_MIN = 40
"""Orders from which a room is large enough for shares of it to tell anything."""
SHOP = "20:00-22:00 b1..b120 order o{n} 59.00 scattered [addr=home{n} pay=card{n} region=p{n%20} product=q{n%5} weight={251|263|248|259|244|266|255|240|271}]\n"
SENT = "d+1 09:00-18:00 shipped o{n} x120; d+3 09:00-20:00 delivered o{n} x120 scattered; d+9 12:00 completed o{n} x120\n"
PRAISE = ("做工很细致，比想象的好，值得推荐", "朋友介绍来买的，果然没有失望", "收到就用上了，家里人都夸好看")
REWARDED = "\n".join(
    f'd+10 {9 + i % 12:02d}:{7 * i % 60:02d} reviewed o{4 * i + 1} "{PRAISE[i % 3]}"' for i in range(30)
)
"""Every fourth buyer, of any product, writes what the card in the parcel asks for."""

HONEST = {
    "a shop that pays a quarter of its buyers for praise": SHOP + SENT + REWARDED,
    "a gift box that makes other goods weigh the same": SHOP
    + """20:10-21:50 c1..c40 order g{n} {88.00|188.00|388.00|58.00} scattered [addr=giver{n} pay=gcard{n} product=g{n%4} weight=613]
        d+1 09:00-18:00 shipped g{n} x40\n""" + SENT,
    "boxes sent one by one": "20:00-22:00 b1..b60 order o{n} {59.00|59.00|118.00} scattered [product=box qty={1|1|2} weight=412]\n"
    "d+1 09:00-18:00 shipped o{n} x60",
    "cash on delivery": "20:00-22:00 b1..b60 reserve o{n} 59.00 scattered [addr=home{n} tracking_id=t{n}]\n"
    "d+1 09:00-18:00 shipped o{n} x60; d+3 09:00-12:00 delivered o{n} x60; d+3 09:10-12:10 pays o{n} x60",
    "somebody who orders for forty relatives": SHOP + "20:30-21:10 c1 orders f{n} 59.00 x40 [addr=cousin{n} pay=hers]",
    "a dormitory, everyone paying alone": SHOP + "20:30-21:10 c1..c50 order f{n} 59.00 [addr=hall pay=student{n}]",
    "a checkout that only tells how people paid": "20:00-22:00 b1..b90 order o{n} 59.00 scattered [addr=home{n} pay={wallet|bank|credit}]",
    "buyers who are compensated, some twice, and one who gets all of it": SHOP + SENT
    + "d+5 10:00-20:00 refunded o{n} 17.70 x30; d+7 10:00-20:00 refunded o{n} 11.80 x15; d+9 10:00 refunded o{n} 29.50 x1",
    "a bad lot that is paid back in two steps": SHOP + SENT + "20:30-21:30 c1..c40 order g{n} 60.00 [addr=own{n} product=lot]\n"
    "d+1 10:00 shipped g{n} x40; d+3 10:00 delivered g{n} x40; d+6 10:00 refunded g{n} 30.00 x40; d+9 10:00 refunded g{n} 30.00 x40",
    "children's sizes at the same price, half as heavy": SHOP + SENT
    + "20:10-21:50 c1..c40 order g{n} 59.00 scattered [addr=own{n} pay=purse{n} product=q{n%5} weight={101|113|98|109|94}]\n"
    "d+1 09:00 shipped g{n} x40; d+3 09:00-20:00 delivered g{n} x40; d+9 12:00 completed g{n} x40",
    "parcels in which pieces were missing, paid for without the rest back": SHOP + SENT
    + "20:10-21:50 c1..c40 order g{n} 59.00 scattered [addr=own{n} pay=purse{n} product=q{n%5} weight={101|113|98|109|94}]\n"
    'd+1 09:00 shipped g{n} x40; d+3 09:00-20:00 delivered g{n} x40; d+5 10:00 refunded g{n} x40 "少件漏发"',
    "two warehouses, one of which puts a card into its heavier boxes": SHOP + SENT
    + "20:00-22:00 c1..c120 order w{n} 59.00 scattered [addr=east{n} pay=ecard{n} region=p{n%20} product=q{n%5} weight={301|313|298|309|294|316|305|290|321}]\n"
    "d+1 09:00-18:00 shipped w{n} x120; d+3 09:00-20:00 delivered w{n} x120 scattered; d+9 12:00 completed w{n} x120\n"
    + REWARDED.replace("reviewed o", "reviewed w"),
    "clothes of which twenty buyers order three sizes each, and send most back as everybody does": SHOP
    + "20:30-21:30 c1..c20 order g{n} 59.00 x3 [addr=own{n} product=q1]; d+1 10:00 shipped g{n} x60; d+1 10:00 shipped o{n} x120\n"
    "d+5 10:00 refunded g{n} x45; d+5 10:00-d+9 10:00 refunded o{n} x80",
    "a wrong price for which twenty buyers come three times": SHOP + SENT
    + "20:30-21:30 c1..c20 order g{n} 9.90 x3 [addr=own{n} product=q1]; d+1 10:00 refunded g{n} x60",
    "coupons for which fifteen buyers split a basket of five goods": SHOP + SENT
    + "20:30-21:30 c1..c15 order g{n} 59.00 x5 [addr=own{n} product=q{n%5}]; d+1 10:00 refunded g{n} x60",
    "viewers who all leave at the end": "19:50-20:50 b1..b60 enter scattered; 20:55-21:58 b1..b60 order o{n} 59.00 scattered; 22:00 b1..b60 leave",
}  # fmt: skip


def run(signal: str, session: Session) -> list[Evidence]:
    """The evidence of a signal, without what it asks for."""
    return [f for f in catalogue()[signal].look(session, baselines(signal)) if isinstance(f, Evidence)]


def named(found: list[Evidence]) -> set[str]:
    """Orders more likely fake than not by any one of some findings."""
    return {o for e in found if not e.explained for o, db in e.orders.items() if db + ACCOUNT_PRIOR_DB > 0}


@pytest.mark.parametrize("story", HONEST.values(), ids=HONEST)
def test_honest_oddities_name_nobody(story):
    """What shops, families and platforms do for reasons of their own stays below penalty strength, order by order."""
    session = read(story).session()
    for signal in SIGNALS:
        found = run(signal, session)
        assert not named(found), signal
        assert all(e.p > PENALTY or e.explained for e in found), signal


def test_praise_is_scripted_where_those_who_write_it_share_their_parcels():
    """The same words as in a shop that pays for praise, but all by buyers whose parcels weigh one weight."""
    bought = """20:10-21:50 a1..a30 order f{n} 59.00 scattered [addr=rented{n} pay=own{n} region=p{n%20} product=q{n%5} weight=123]
        d+1 09:00-18:00 shipped f{n} x30; d+3 09:00-20:00 delivered f{n} x30; d+9 12:00 completed f{n} x30\n"""  # fmt: skip
    session = read(
        SHOP + SENT + bought + f'd+10 09:00-22:00 reviewed f{{n}} x30 "{{{"|".join(PRAISE)}}}" scattered'
    ).session()
    praise, parcels = run("orders.reviews", session), run("orders.parcels", session)
    assert named(praise) == named(parcels) == {f"f{i}" for i in range(1, 31)}


OWN = "20:10-21:50 a1..a60 order f{n} 59.00 scattered [addr=rented{n} pay=own{n} region=p{n%20} product=q{n%5} weight=WEIGHT]\n"
GOT = "d+1 09:00-18:00 shipped f{n} x60; d+3 09:00-20:00 delivered f{n} x60; d+9 12:00 completed f{n} x60\n"
FALSE = {f"f{i}" for i in range(1, 61)}


def test_praise_is_scripted_where_only_those_with_other_parcels_write_it():
    """Hired people get envelopes of no weight in particular and all copy the praise; three of four write, as no card makes buyers do."""
    other = OWN.replace("WEIGHT", "{137|161|149|172|128|155|143|166}")
    said = f'd+10 09:00-22:00 reviewed f{{n}} x48 "{{{"|".join(PRAISE)}}}" scattered'
    session = read(SHOP + SENT + other + GOT + said).session()
    assert named(run("orders.reviews", session)) == {f"f{i}" for i in range(1, 49)}
    alike = read(SHOP + SENT + other.replace("{137|161|149|172|128|155|143|166}", "{251|263|248|259|244|266|255|240|271}") + GOT + said)  # fmt: skip
    assert not named(
        run("orders.reviews", alike.session())
    )  # their parcels are like everybody's: a card may do it


def _empty(then: str, weight: str = "{51|63|58|49}") -> set[str]:
    """Orders named where parcels far too light for their goods are sent to people of whom the record tells `then`; most buy one link of their own."""
    light = OWN.replace("WEIGHT", weight).replace("q{n%5}", "{q1|q2|q3|own|own|own}")
    sent = "d+1 09:00-18:00 shipped f{n} x60; d+3 09:00-20:00 delivered f{n} x60\n"
    return named(run("orders.parcels", read(SHOP + SENT + light + sent + then).session()))


def test_parcels_too_light_for_their_goods_whose_buyers_do_not_mind():
    """They confirm at once where others leave it to the clock, or get their money and keep the goods; not if they do as all others."""
    assert _empty("d+3 21:00-d+4 08:00 completed f{n} x60") == FALSE
    assert _empty('d+5 10:00-d+6 20:00 refunded f{n} x60 "不想要了" scattered') == FALSE
    assert _empty('d+5 10:00-d+6 20:00 refunded f{n} x60 "收到空包裹，货不对板，少件" scattered') == set()
    assert _empty("d+9 12:00 completed f{n} x60", "{101|113|98|109}") == set()
    assert _empty("d+9 12:00 completed f{n} x60", "100") == set()
    assert _empty("d+3 21:00-d+4 08:00 completed f{n} x60", "{251|263|248|259}") == set()


def test_single_pieces_of_a_third_of_their_weight_are_told_whatever_their_buyers_do():
    """Of the goods that others got in full; what everybody got light is not known to be."""
    told = _empty("d+9 12:00 completed f{n} x60")
    assert told == {f"f{i}" for i in range(1, 61) if i % 6 in {1, 2, 3}}


def _never_came(carrier: str, sent: str = "d+1 09:00-18:00", back: str = "") -> Evidence:
    """What is told where a third of all that was confirmed never arrived, as far as scans tell; others come back now and then."""
    lost = OWN.replace("WEIGHT]", f"250 tracking_id={carrier}{{n}}]").replace("q{n%5}", "q1")
    shop = SHOP.replace("weight=", "tracking_id=YT9{n} weight=").replace("q{n%5}", "q1")
    then = f"{sent} shipped f{{n}} x60; d+9 12:00 completed f{{n}} x60; d+6 10:00-d+8 10:00 refunded o{{n}} x30 scattered\n{back}"
    return run("orders.parcels", read(shop + SENT + lost + then).session())[0]


def test_parcels_of_which_no_arrival_was_scanned_and_none_comes_back():
    """Not where they went by a carrier of their own, where the scans of a stretch are lost, or where as many come back."""
    told = _never_came("YT")
    assert named([told]) == FALSE
    for less in (_never_came("EMS"), _never_came("YT", sent="d+4 09:00-18:00")):
        assert not named([less])
        assert less.p > PENALTY
    asked = _never_came("YT", back="d+6 10:00-d+8 10:00 refunded f{n} x15 scattered")
    assert told.p < 1e-6 < asked.p


def _handed_back(parts: tuple[float, ...], rest: str = "", scale: int = 1) -> set[str]:
    """Orders named where hired people keep what they were sent and get the price back in parts."""
    price = [
        f"d+{12 + 3 * i} 10:00 refunded f{{n}} {59 * part * scale:.2f} x60" for i, part in enumerate(parts)
    ]
    told = SHOP + SENT + OWN.replace("WEIGHT", "250") + GOT + "\n".join([*price, rest])
    found = run("orders.parcels", read(told.replace("59.00", f"{59 * scale}.00")).session())
    assert {e.says for e in found} == {"paid_back" if named(found) else "as_ordered"}
    return named(found)


def test_the_price_handed_back_in_parts_for_goods_nobody_wants_back():
    """However many parts and whatever the currency; not where goods come back, one payment does it, or it is a part of the price."""
    assert (
        _handed_back((0.6, 0.4))
        == _handed_back((0.5, 0.3, 0.2))
        == _handed_back((0.6, 0.4), scale=100)
        == FALSE
    )
    assert _handed_back((0.6, 0.4), "d+11 10:00 returned f{n} x60") == set()
    assert _handed_back((1.0,)) == _handed_back((0.3, 0.2)) == set()
    assert _handed_back((1.0, 1.0)) == set()  # one refund told twice


def test_the_same_again_for_nothing_is_told_by_place_and_price_and_not_by_the_day():
    """Twenty buyers order one thing thrice and send it back; the same moved by a month, dearer, or split over other products."""
    burst = SHOP + SENT + "20:30-21:30 a1..a20 order f{n} 59.00 x3 scattered [addr=own{n} product=q1]; d+1 10:00 shipped f{n} x60; d+4 10:00-20:00 refunded f{n} x60"  # fmt: skip
    rival = {f"f{i}" for i in range(1, 61)}
    assert named(run("orders.repeats", read(burst).session())) == rival
    assert named(run("orders.repeats", read(burst.replace("59.00", "5900.00")).session())) == rival
    assert not named(run("orders.repeats", read(burst.replace("product=q1]", "product=q{n%5}]")).session()))
    bare = read(burst.replace("addr=own{n} ", "")).session()
    at = EVENTS.get_field_index("actor_id")
    nobody = bare.events.set_column(
        at, EVENTS.field(at), pa.nulls(bare.events.num_rows, EVENTS.field(at).type)
    )
    nobody = nobody.set_column(EVENTS.get_field_index("addr"), EVENTS.field("addr"), pa.nulls(nobody.num_rows, EVENTS.field("addr").type))  # fmt: skip
    assert not run("orders.repeats", replace(bare, events=nobody))  # nobody's orders are told apart


def test_parts_are_those_of_one_source():
    """Half of the price back, told by an export and three days later by a statement, is half; the other half makes it parts."""
    half = "d+12 10:00 refunded f{n} 29.50 x60; d+15 10:00 refunded f{n} 29.50 x60; d+18 10:00 refunded f{n} 29.50 x60"
    session = read(SHOP + SENT + OWN.replace("WEIGHT", "250") + GOT + half).session()
    days = np.unique(micros(session.rows("refund_done")["ts"]))

    def heard(kept, stated):
        """The record with payments of some days, those of one day told by a statement."""
        events, ts = session.events, micros(session.events["ts"])
        events = events.filter(pa.array(~np.isin(ts, np.setdiff1d(days, days[list(kept)]))))
        mine = pa.array(micros(events["ts"]) == days[stated])
        source = pc.if_else(mine, pa.scalar("statement"), events["source"].cast(pa.string()))
        at = EVENTS.get_field_index("source")
        events = events.set_column(at, EVENTS.field(at), source.cast(EVENTS.field(at).type))
        return named(run("orders.parcels", replace(session, events=events)))

    assert heard((0, 1), 1) == set()
    assert heard((0, 1, 2), 2) == FALSE


def test_who_has_had_the_first_part_by_the_same_rule_waits_for_the_rest():
    """The record ends between the parts of some; a compensation of another share is none of it."""
    first = "d+12 10:00 refunded f{n} 35.40 x60; d+15 10:00 refunded f{n} 23.60 x40; d+15 11:00 refunded o{n} 10.00 x9"
    session = read(SHOP + SENT + OWN.replace("WEIGHT", "250") + GOT + first).session()
    assert named(run("orders.parcels", session)) == FALSE


def test_no_order_is_named_where_neither_buyers_nor_addresses_are_told():
    """A refund wave in a bare export weighs on the session, and points at no order."""
    wave = """20:00-22:00 order o{n} 59.00 x100 scattered; 20:30-21:30 order f{n} 99.00 x120
        d+1 10:00-12:00 refunded f{n} x120; d+3 09:00-18:00 refunded o{n} x20 scattered"""  # fmt: skip
    (found,) = run("orders.refund_echo", read(wave).session())
    assert found.p < PENALTY
    assert found.effect.mid > 100
    assert not named([found])


def test_a_wrong_price_undone_by_the_shop_names_nobody():
    """One product, one amount whatever the pieces, many buyers, all of it taken back next day: beside it the same goods at their price."""
    wrong = """20:30-21:30 c1..c90 order w{n} 9.90 scattered [addr=own{n} pay=purse{n} product=q1 qty={1|2|3|5}]
        d+1 10:00-12:00 refunded w{n} x90"""
    (found,) = run("orders.refund_echo", read(SHOP + SENT + wrong).session())
    assert found.p > PENALTY
    assert not named([found])
    assert "product_recall" in {c.cause for c in found.causes if c.outcome == "explains"}


def test_a_loop_of_four_edges_returns_no_more_than_the_fee():
    """Merchant to agency to a captain to twenty people, who order for more than they were given: the sum is what they were given."""
    story = """09:00 merchant slot_fee agency 30000.00; 10:00 agency compensation captain 21000.00
        11:00-12:00 captain compensation w{n} 1000.00 x20
        20:00-22:00 b1..b60 order o{n} 59.00 scattered; 20:30-21:30 w1..w20 order f{n} 1500.00"""  # fmt: skip
    session = read(story).session()
    found = loops(session, orders(session), within_d=45)
    assert found.closed.sum() == 20
    assert set(found.length[found.closed].tolist()) == {4}
    assert (found.fee, found.returned) == (3_000_000, 2_000_000)


def _recall(attack: str, view: str, seeds: range) -> tuple[float, float]:
    """Share of brushed orders named by any signal on orders, and of honest orders of the same rooms."""
    hits, fakes, false, honest = 0, 0, 0, 0
    for seed in seeds:
        world = room(seed, attack=attack, dose=0.35, view=view)
        for session in subjects(world.dataset):
            truth = world.truth.get(session.session_id)
            made = set(session.rows("order_create")["order_id"].to_pylist())
            if len(made) < ORDERS_MIN:
                continue
            told = named(
                [e for s in catalogue() if s.startswith(("orders.", "money.")) for e in run(s, session)]
            )
            fake = truth.fake_orders & made if truth else frozenset()
            hits, fakes = hits + len(told & fake), fakes + len(fake)
            false, honest = false + len(told - fake), honest + len(made - fake)
    return hits / max(fakes, 1), false / max(honest, 1)


@pytest.mark.slow
def test_the_full_workflow_is_found_order_by_order():
    """Issue 6: recall of the brushing workflow at T2 is 0.90 at 1 % false positives."""
    recall, false = _recall("brush-workflow", "insider", range(701, 711))
    assert recall >= 0.90
    assert false <= 0.01


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["brush-addresses", "brush-spelled", "brush-empty_parcels"])
def test_an_export_with_addresses_shows_most_kept_orders(attack):
    """Issue 6: at least 0.6 where an export of forty orders or more carries an address; empty parcels never refunded among them."""
    recall, false = _recall(attack, "merchant", range(701, 711))
    assert recall >= 0.6
    assert false <= 0.01


def _returned(goods: str, orders: str = "59.00 x4", back: int = 60) -> float:
    """Probability of fifteen buyers who send several of their purchases back a week after they came."""
    pool = f"20:00-21:50 a1..a15 order f{{n}} {orders} scattered [addr=own{{n}} product={goods}]; d+1 10:00 shipped f{{n}} x60; d+3 10:00 delivered f{{n}} x60\n"
    gone = f'd+12 09:00-d+14 18:00 refunded f{{n}} x{back} "不想要了" scattered'
    (found,) = run("orders.repeats", read(SHOP + SENT + pool + gone).session())
    return found.p


def test_all_of_many_goods_given_back_is_no_scalper_and_no_basket_for_a_coupon():
    """A scarce product alone, or a basket of which a piece is kept, raises a question and no more."""
    assert _returned("q{n%7}") < PENALTY / 4 < PENALTY < min(_returned("q1"), _returned("q{n%7}", back=45))
