"""Staff that the papers name: flagged before the signals look, of the own side only, and one more thing that orders may share."""

from zhenbo.audit.interests import Interests, with_insiders
from zhenbo.core.papers import Papers
from zhenbo.core.parties import Party, Registry
from zhenbo.core.schema import Flag
from zhenbo.core.session import Session
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.orders import parcels, self_dealing

SHOP = """
20:00-22:00 b1..b60 order o{n} 59.00 scattered [product=p{n%6} weight={812|903|1045|731|688|954|871} pay=card{n}]
20:30-21:30 a1..a8 order f{n} 59.00 [product=p1 weight=123 pay=own{n}]
20:30-21:30 a1..a8 order g{n} 159.00 [product=p2 weight=123 pay=own{n}]
20:30-21:30 a1..a8 order k{n} 318.00 [product=p3 weight=123 pay=own{n}]
d+1 09:00-12:00 shipped o{n} x60; d+1 09:00 shipped f{n} x8; d+1 09:00 shipped g{n} x8; d+1 09:00 shipped k{n} x8
"""


def _told(*rows: Party) -> Interests:
    return Interests({}, Papers((), Registry(rows), ()))


def _staff(of: str) -> Interests:
    people = [Party(f"a{i}", "account", relation="works_for", other=of) for i in range(1, 9)]
    return _told(Party("h1", "host", relation="managed_by", other="mcn"), Party("mcn", "agency"), *people)


def _flagged(session: Session) -> set[str]:
    rows = session.events.to_pylist()
    return {r["actor_id"] for r in rows if (r["flags"] or 0) & Flag.INSIDER}


def test_accounts_of_the_own_side_are_flagged_and_of_nobody_else():
    """Staff of the agency that manages the host; staff of another agency are buyers; a purse of the firm marks whoever pays with it."""
    session = read(SHOP).session()
    assert _flagged(with_insiders(session, _staff("mcn"))) == {f"a{i}" for i in range(1, 9)}
    assert with_insiders(session, _staff("mcn-9")) is session
    assert with_insiders(session, Interests()) is session
    purse = _told(
        Party("h1", "host", relation="operated_by", other="li"),
        Party("li", "person", relation="pays_from", other="firm"),
    )
    session = read(SHOP.replace("pay=own{n}", "pay=firm", 1)).session()
    assert _flagged(with_insiders(session, purse)) == {f"a{i}" for i in range(1, 9)}


def test_one_weight_for_the_orders_of_the_staff_is_no_box():
    """The same parcels ask without the papers, and name the orders with them."""
    session = read(SHOP).session()

    def weight(one: Session) -> float:
        return min(f.p for f in parcels.look(one, baselines("orders.parcels")))

    assert weight(with_insiders(session, _staff("mcn"))) < 1e-4 <= weight(session)


def test_staff_who_give_back_what_they_bought_are_the_hosts_own_people():
    """No flag of the platform, no shared device: the papers alone tie them."""
    session = read(
        SHOP
        + "d+9 10:00-18:00 refunded f{n} x8; d+9 10:00-18:00 refunded g{n} x8; d+9 10:00-18:00 refunded k{n} x8"
    ).session()
    base = baselines("orders.self_dealing")
    assert not list(self_dealing.look(session, base))
    (found,) = self_dealing.look(with_insiders(session, _staff("mcn")), base)
    assert (found.says, len([1 for db in found.orders.values() if db > 0])) == ("own_people", 24)
