"""Deposits given up, and what is no such thing."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.orders.deposits import SIGNAL, look

_ROOM = (
    "20:00-22:00 b1..b80 order o{n} 79.00; d+3 09:00-18:00 delivered o{n} x80\n"
    "20:00-22:00 a1..a60 reserve f{n} 79.00; 20:00:30-22:00:30 a1..a60 pay f{n} PAID"
)


def _found(later: str, paid: str = "7.90") -> Evidence:
    found = next(iter(look(read(f"{_ROOM}\n{later}".replace("PAID", paid)).session(), baselines(SIGNAL.id))))
    assert isinstance(found, Evidence)
    return found


def test_deposits_that_nobody_follows_up_are_asked_about():
    """Sixty of a hundred and forty: the question is raised, whatever made them give up is left open."""
    told = _found("d+9 08:00-20:00 cancelled f{n} x60")
    assert 1e-4 <= told.p < 0.005
    assert sum(db > 0 for db in told.orders.values()) == 60
    assert {cause.outcome for cause in told.causes} == {"open"}


@pytest.mark.parametrize(
    ("later", "paid"),
    [
        ("d+9 08:00-20:00 cancelled f{n} x60; d+9 08:00:30-20:00:30 refunded f{n} x60", "7.90"),
        ("d+9 08:00-20:00 shipped f{n} x60", "7.90"),
        ("d+9 08:00-20:00 cancelled f{n} x6", "7.90"),
        ("", "7.90"),
    ],
    ids=["paid back", "goods went out", "a tenth", "not due yet"],
)
def test_what_is_no_deposit_given_up(later, paid):
    """Nobody is named."""
    told = _found(later, paid)
    assert told.p > 0.1
    assert not any(db > 0 for db in told.orders.values())


def test_a_shop_without_deposits_is_not_told_about_them():
    """A voucher of a quarter is no deposit, and nothing is said where none was paid."""
    story = read(f"{_ROOM}\nd+9 08:00-20:00 cancelled f{{n}} x60".replace("PAID", "60.00"))
    assert not list(look(story.session(), baselines(SIGNAL.id)))
