"""What excuses an honest room, and what a fraud may not hide behind it."""

import numpy as np
import pytest

from zhenbo.core.subject import Outcome
from zhenbo.kernel.people import overlap
from zhenbo.pipeline import audit_dataset
from zhenbo.proof.pages import look
from zhenbo.worlds import WORLDS


def audited(name: str, seed: int, **options: float):
    """The first room of a world and what was judged of it."""
    result = audit_dataset(WORLDS[name](seed, **options).dataset, lang="en")
    return result.audit.sessions[0], result.audited[0].judgement


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["prayer_room", "shared_tablets", "privacy_browsers", "anniversary", "price_cut", "depot_fire"])  # fmt: skip
def test_an_innocent_cause_is_believed_where_it_explains(name: str, seed: int):
    """Six kinds of honest evening that once were accused: nothing above insufficient, nobody named."""
    room, judged = audited(name, seed)
    assert room.verdict.rank <= Outcome.INSUFFICIENT.rank
    assert not [p for p in (*judged.accounts.values(), *judged.orders.values()) if p > 0.5]


@pytest.mark.parametrize(("name", "signal"), [("farm-phones", "identity.sharing"), ("viewbots-cohort", "identity.cohort"), ("case-P1", "text.rare_template")])  # fmt: skip
def test_a_fraud_does_not_hide_behind_it(name: str, signal: str):
    """Phones that hold all their accounts at once, accounts without standing and a paid crew are accused as before."""
    room, judged = audited(name, 1, dose=0.4)
    assert room.verdict.rank >= Outcome.SUSPECT.rank
    assert signal in {r.signal for r in room.reasons if r.weight_db > 0}
    assert sum(p > 0.5 for p in judged.accounts.values()) > 10


def test_one_home_in_one_province_is_no_lost_region(capsys):
    """Forty orders to one address, back the same night, are a wave; to forty homes of one province they are regional."""
    for home, said in (("one", "wave"), ("far{n}", "regional")):
        look("orders.refund_echo", f"""
            20:00-22:00 b1..b100 order o{{n}} 59.00 scattered [region=p{{n%5}} addr=home{{n}}]
            21:00-21:30 a1..a40 order f{{n}} 99.00 x2 [region=p9 addr={home}]
            22:30-23:30 refunded f{{n}} x80
            d+3 09:00-22:00 refunded o{{n}} x15 scattered
        """)  # fmt: skip
        assert f"says {said}" in capsys.readouterr().out


def test_overlap_counts_those_who_were_there_together():
    """Holders are told apart, the order of the rows does not matter, and one account alone overlaps with nobody."""
    first, last = np.array([0, 10, 0, 5]), np.array([9, 19, 20, 25])
    holder = np.array([1, 1, 2, 2])
    mixed = np.array([3, 0, 2, 1])
    assert overlap(first, last, holder) == overlap(first[mixed], last[mixed], holder[mixed]) == 0.5
    assert overlap(first[:1], last[:1], holder[:1]) == 0.0
