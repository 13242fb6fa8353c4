"""Sampling inspection: the tables, their curves, the switching rules, the budget, the chain of custody."""

from importlib.resources import files
from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.act.inspection import (
    SEVERITIES,
    Scheme,
    State,
    accepted,
    accepted_lot,
    allocate,
    chains,
    detection,
    quality_at,
    read_standard,
    recorded,
    series,
    stated,
)
from zhenbo.act.inspection.custody import acted
from zhenbo.core.acts import ActList
from zhenbo.core.errors import PackError, ZhenboError
from zhenbo.core.inspection import LEVELS, HandOver, Lot, Plan, Target
from zhenbo.core.session import HOUR
from zhenbo.worlds.inspection import goods, inspected

PACK = files("zhenbo.packs").joinpath("inspection", "gbt2828_1.toml").read_text("utf-8")
STANDARD = read_standard(PACK, "gbt2828_1.toml")


@pytest.mark.parametrize(("letter", "aql", "plans"), [
    # David Jenkins et al. (PLOS ONE 2023) list six cells for lots of 35,001 to 500,000, both kinds of arrow among them
    ("J", "0.65", {"normal": ("J", 80, 1)}), ("G", "0.65", {"normal": ("F", 20, 0)}), ("J", "0.40", {"normal": ("K", 125, 1)}),
    ("G", "0.40", {"normal": ("G", 32, 0)}), ("J", "0.25", {"normal": ("H", 50, 0)}), ("J", "0.15", {"normal": ("J", 80, 0)}),
    # cells of GB/T 2828.1-2012 in a public transcription checked twice against the printed page, one of each kind
    ("L", "1.0", {"normal": ("L", 200, 5), "tightened": ("L", 200, 3), "reduced": ("L", 80, 3)}),
    ("A", "10", {"normal": ("C", 5, 1), "tightened": ("A", 2, 0), "reduced": ("D", 3, 1)}),
    ("E", "2.5", {"normal": ("F", 20, 1), "tightened": ("G", 32, 1), "reduced": ("G", 13, 1)}),
    ("K", "6.5", {"normal": ("K", 125, 14), "tightened": ("K", 125, 12), "reduced": ("K", 50, 8)}),
    ("R", "0.025", {"normal": ("R", 2000, 1), "tightened": ("S", 3150, 1), "reduced": ("N", 200, 0)}),
    ("C", "1000", {"normal": ("B", 3, 44), "tightened": ("B", 3, 41), "reduced": ("B", 2, 30)}),
    ("F", "400", {"normal": ("D", 8, 44), "tightened": ("D", 8, 41), "reduced": ("D", 3, 21)}),
])  # fmt: skip
def test_plans_are_those_of_the_standard(letter, aql, plans):
    """Cells told by others than us come out, arrows followed and the sample size with them."""
    for severity, told in plans.items():
        plan = STANDARD.at(letter, aql, severity)
        assert (plan.letter, plan.n, plan.ac) == told


def test_code_letters():
    """Table 1 at its edges: a class ends with its last lot size, and the largest has no end."""
    assert [STANDARD.letter(n, "II") for n in (2, 8, 9, 150, 151, 500_000, 500_001, 10**9)] == list(
        "AABFGPQQ"
    )
    assert [STANDARD.letter(40_000, level) for level in LEVELS] == list("DEGJLNP")
    with pytest.raises(ZhenboError, match="inspected whole"):
        STANDARD.letter(1, "II")


def test_a_small_lot_is_inspected_whole():
    """Where the arrow asks for more items than there are, every item is inspected."""
    assert STANDARD.plan(20, "II", "0.65") == Plan("F", 20, 0, whole=True)


def test_table_two_has_the_order_it_was_built_on():
    """Larger samples allow no fewer bad items, larger AQLs no fewer either; tightened is never laxer, reduced never larger."""
    letters = list(STANDARD.tables["normal"])
    for aql in STANDARD.aql:
        for letter in letters:
            normal, tight, less = (STANDARD.at(letter, aql, s) for s in SEVERITIES)
            assert (
                tight.ac <= normal.ac if tight.n == normal.n else tight.n > normal.n or tight.ac < normal.ac
            )
            assert less.n < normal.n or (normal.n == 2 == less.n)
    for severity in SEVERITIES:
        for letter in letters:
            plans = [STANDARD.at(letter, aql, severity) for aql in STANDARD.aql]
            assert all(b.n <= a.n or b.ac >= a.ac for a, b in pairwise(plans))


@pytest.mark.parametrize("severity", SEVERITIES)
def test_producers_are_protected_as_the_standard_says(severity):
    """At the AQL nine of ten lots pass on normal inspection, more as the sample grows (ISO 2859-1, 5.1 and table 5); fewer on tightened."""
    chances = {"normal": [], "tightened": [], "reduced": []}
    for letter, (n, cells) in STANDARD.tables["normal"].items():
        for aql, cell in zip(STANDARD.aql, cells, strict=True):
            if not cell.isdigit() or (severity == "reduced" and float(aql) > 10):
                continue  # of counts per 100, two items cannot follow three
            model = "binomial" if float(aql) <= 10 else "poisson"
            for s in SEVERITIES:
                plan = STANDARD.at(letter, aql, s)
                chances[s].append(accepted(plan, float(aql) / 100, model))
            assert n == STANDARD.at(letter, aql, "normal").n
    normal, told = np.array(chances["normal"]), np.array(chances[severity])
    if severity == "normal":
        assert normal.min() > 0.87
        assert normal.max() < 0.995
    elif severity == "tightened":
        assert (told <= normal + 1e-9).all()
    else:
        assert (told >= normal - 0.01).all()


@pytest.mark.parametrize(("plan", "quality", "chance", "within"), [
    (Plan("N", 500, 3), 0.01, 0.26, 0.005),  # 7 CFR 42.140 (c), which calls this single plan, AQL 0.25
    (Plan("N", 500, 3), 0.001, 0.99, 0.01),  # the same, "about 99 percent"
    (Plan("", 168, 16), 0.065, 0.95, 0.005),  # 7 CFR 42.141
    (Plan("", 68, 2), 0.01213, 0.95, 0.0001),  # S. Hilliard 2006, producer's point of n = 68, c = 2
    (Plan("", 68, 2), 0.089704, 0.05, 0.0001),  # its consumer's point
    (Plan("G", 60, 1), 0.01, 0.879, 0.0005),  # binomial by hand: .99^60 + 60 .01 .99^59
])  # fmt: skip
def test_curves_match_published_values(plan, quality, chance, within):
    """Probabilities of acceptance that others printed come out to the digits they printed."""
    assert accepted(plan, quality) == pytest.approx(chance, abs=within)


@given(n=st.integers(1, 300), ac=st.integers(0, 44), percent=st.integers(0, 100))
def test_binomial_is_the_sum_it_stands_for(n, ac, percent):
    """The curve equals the sum of exact binomial terms, by integers and one division."""
    exact = sum(comb(n, k) * percent**k * (100 - percent) ** (n - k) for k in range(min(ac, n) + 1)) / 100**n
    assert accepted(Plan("X", n, ac), percent / 100) == pytest.approx(exact, abs=1e-9)


def test_a_large_lot_goes_as_its_process():
    """Hypergeometric and binomial meet as the lot grows; a lot without a bad item always passes."""
    plan = Plan("H", 50, 1)
    assert accepted_lot(plan, 500_000, 10_000) == pytest.approx(accepted(plan, 0.02), abs=1e-4)
    assert accepted_lot(plan, 500, 0) == 1.0


def test_risk_qualities_lie_on_the_curve():
    """Qualities at 95, 50 and 10 % acceptance come in this order, and the curve returns them."""
    for letter in "CHKN":
        plan = STANDARD.at(letter, "1.5", "normal")
        points = [quality_at(plan, chance) for chance in (0.95, 0.5, 0.1)]
        assert points == sorted(points)
        assert [accepted(plan, q) for q in points] == pytest.approx([0.95, 0.5, 0.1], abs=1e-9)


def _severities(found, aql="1.0", size=5_000, **marks):
    lots = [Lot(lot=f"l{i}", size=size, found=d, **marks) for i, d in enumerate(found)]
    return list(series(lots, Scheme(STANDARD, "II", aql)))


def test_switching_to_tightened_and_back():
    """Two of five lots not accepted tighten; three apart does not; five accepted in a row bring normal back (9.3.1, 9.3.2)."""
    done = _severities([6, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0])  # L, Ac 5: the first and the fifth
    assert [i.severity for i in done] == ["normal"] * 5 + ["tightened"] * 5 + ["normal"]
    assert done[4].rule == "tighten"
    assert done[9].rule == "normal_again"
    assert all(i.severity == "normal" for i in _severities([6, 0, 0, 0, 0, 6, 0, 0, 0, 0, 6]))
    assert [i.severity for i in _severities([6, 6, 0])] == ["normal", "normal", "tightened"]


def test_a_failure_on_tightened_begins_the_five_anew_and_five_stop_it():
    """Four accepted and one not is no run of five; the fifth lot not accepted discontinues, a correction resumes tightened (9.4)."""
    tight = _severities([6, 6, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0])
    assert [i.severity for i in tight[7:]] == ["tightened"] * 5 + ["normal"]
    lots = [Lot(lot=str(i), size=5_000, found=d) for i, d in enumerate([6, 6, 4, 0, 4, 4, 0, 4, 4, 0])]
    lots.append(Lot(lot="after", size=5_000, found=0, corrected=True))
    done = list(series(lots, Scheme(STANDARD, "II", "1.0")))
    assert (done[8].rule, done[8].after.stopped) == ("stop", True)
    assert (done[9].plan, done[9].accepted) == (None, None)
    assert (done[10].severity, done[10].accepted, done[10].rule) == ("tightened", True, "resume")


def test_reduced_by_score_and_back():
    """Ten lots that pass one step stricter score 30; a pass at the edge resets; one failure or unsteady production restores normal."""
    good = _severities([0] * 12, approved=True)
    assert [i.after.score for i in good[:9]] == list(range(3, 30, 3))
    assert [i.severity for i in good] == ["normal"] * 10 + ["reduced"] * 2
    assert _severities([0, 0, 4, 0])[2].after.score == 0  # accepted by 5, not by the 3 of AQL 0.65
    assert [i.after.score for i in _severities([0, 0, 1], aql="0.10", size=5_000)] == [
        2,
        4,
        0,
    ]  # Ac 0 or 1 scores by 2
    assert all(i.severity == "normal" for i in _severities([0] * 12)), (
        "reduced inspection is for the authority to want"
    )
    assert [i.severity for i in _severities([*[0] * 11, 4, 0], approved=True)][-2:] == ["reduced", "normal"]
    lots = [Lot(lot=str(i), size=5_000, found=0, approved=True, steady=i != 11) for i in range(13)]
    assert [i.severity for i in series(lots, Scheme(STANDARD, "II", "1.0"))][-2:] == ["reduced", "normal"]


def test_lots_inspected_again_and_not_yet_inspected_do_not_count():
    """A resubmitted lot gets a decision and changes nothing; one without a count leaves the series as it was."""
    lots = [
        Lot(lot="a", size=5_000, found=6),
        Lot(lot="a2", size=5_000, found=6, resubmitted=True),
        Lot(lot="b", size=5_000),
    ]
    done = list(series(lots, Scheme(STANDARD, "II", "1.0")))
    assert done[1].accepted is False
    assert {i.after for i in done} == {State(recent=(False,))}


@given(st.lists(st.integers(0, 8), max_size=60), st.integers(0, 60))
def test_switching_is_a_fold(found, cut):
    """A series interrupted anywhere and taken up from its state ends where the whole series ends."""
    lots = [Lot(lot=str(i), size=5_000, found=d, approved=True) for i, d in enumerate(found)]
    scheme = Scheme(STANDARD, "II", "1.0")
    whole = list(series(lots, scheme))
    first = list(series(lots[:cut], scheme))
    rest = list(series(lots[cut:], scheme, first[-1].after if first else None))
    assert [*first, *rest] == whole


def test_a_pack_that_breaks_its_rules_is_refused():
    """An arrow out of the table, a cell that is no number, a row too short: each is named."""
    for old, new, said in (("v v 0 ^ v 1 2 3", "v v x ^ v 1 2 3", "neither"), ('v v 1 2 3 5 7 10 14 21 30"', 'v v 1"', "cells"),
                           ('{ n = 2000, ac = "^', '{ n = 2000, ac = "v', "out of the table"), ("[switching]", "[swotching]", "swotching")):  # fmt: skip
        with pytest.raises(PackError, match=said):
            read_standard(PACK.replace(old, new), "p")


@given(st.integers(0, 400), st.integers(0, 300), st.data())
def test_detection_grows_with_the_sample(n, inspected_, data):
    """More items never find less; the closed form equals the product over items."""
    found = data.draw(st.integers(0, inspected_))
    bare = 1.0
    for i in range(n):
        bare *= (inspected_ - found + 0.5 + i) / (inspected_ + 1 + i)
    assert detection(n, inspected_, found) == pytest.approx(1 - bare, abs=1e-9)
    assert detection(n + 1, inspected_, found) >= detection(n, inspected_, found)


TARGETS = st.lists(
    st.builds(lambda risk, found, visit, each, size: {"risk": risk, "inspected": 40, "found": found, "visit": visit, "each": each, "size": size},
              st.floats(0, 1), st.integers(0, 40), st.integers(0, 500), st.integers(1, 300), st.integers(1, 60)),
    max_size=12,
)  # fmt: skip


@given(TARGETS, st.integers(0, 20_000))
def test_a_plan_keeps_its_budget_and_its_bound(rows, cap):
    """Never dearer than the cap, never more than a target holds, never above its own bound."""
    made = allocate([Target(target=str(i), shop="s", **row) for i, row in enumerate(rows)], cap)
    assert made.cost <= cap
    assert all(1 <= d.n <= d.target.size for d in made.draws)
    assert made.gain <= made.bound + 1e-9
    assert len(made.draws) + len(made.left_out) == len(rows)
    assert 0 <= made.low <= made.detection <= made.high <= 1


def test_a_plan_is_near_the_best_of_all_plans():
    """Against every plan of three targets, tried one by one: the greedy one finds at least 95 % as much, and none passes the bound."""
    for k in range(20):
        at = [(37 * i + 61 * k) % 97 for i in range(3)]
        targets = [
            Target(target=str(i), shop="s", risk=(x + 1) / 98, inspected=50, found=1 + x * 5 % 39, visit=x * 3 % 40, each=5 + x * 7 % 25, size=12)
            for i, x in enumerate(at)
        ]  # fmt: skip
        best = 0.0
        for sizes in np.ndindex(13, 13, 13):
            if sum(t.visit * (n > 0) + n * t.each for t, n in zip(targets, sizes, strict=True)) <= 250:
                best = max(
                    best,
                    sum(
                        t.risk * detection(n, t.inspected, t.found)
                        for t, n in zip(targets, sizes, strict=True)
                    ),
                )
        made = allocate(targets, 250)
        assert 0.95 * best <= made.gain <= best + 1e-9
        assert best <= made.bound + 1e-9


def test_riskier_goods_go_first():
    """Money goes where bad goods are likely and easily seen; shuffled targets give the same plan."""
    targets = [
        Target(target=f"t{i}", shop="s", risk=0.05 * i, inspected=20, found=8, each=100) for i in range(1, 11)
    ]
    made = allocate(targets, 1_500)
    assert {d.target.target for d in made.draws} >= {"t10", "t9", "t8"}
    assert made.draws == allocate(targets[::-1], 1_500).draws


@pytest.mark.slow
def test_the_stated_detection_is_met_in_worlds():
    """Over 40 worlds of 300 shops at three budgets the share found is what was stated, and most lie in the 90 % interval."""
    worlds = [goods(seed) for seed in range(40)]
    for cap in (1_000_000, 4_000_000, 15_000_000):
        inside, gaps = 0, []
        for seed, world in enumerate(worlds):
            made = allocate(world.targets, cap)
            bad = {t for t, share in world.bad.items() if share}
            found = inspected(world, {d.target.target: d.n for d in made.draws}, seed)
            assert found <= bad, "good goods are never called bad"
            share = len(found) / len(bad)
            inside += made.low <= share <= made.high
            gaps.append(share - made.detection)
        assert abs(np.mean(gaps)) < 3 * np.std(gaps) / 40**0.5 < 0.04, (cap, np.mean(gaps))
        assert inside >= 32, (cap, inside)  # of a binomial of 40 at 0.9, fewer come up once in fifty


def test_stated_of_nothing():
    """Without a risk nothing is stated; drawn from nowhere nothing is found."""
    assert stated([]) == stated([(0.0, 0.5)]) == (0.0, 0.0, 0.0)
    assert stated([(0.5, 0.0)]) == (0.0, 0.0, 0.0)


def _over(by, to, at, **changes):
    fields = {
        "sample": "s1",
        "giver": by,
        "taker": to,
        "given_at": at,
        "taken_at": at + HOUR,
        "seal": "A7",
        "signed_by": to,
        "given_by": by,
    }
    return HandOver(**{**fields, **changes})


def test_an_unbroken_chain():
    """Every hand-over signed and fitting: no gap, and the last taker holds it; kept as acts and read back."""
    overs = [
        _over("shop", "inspector", 0),
        _over("inspector", "courier", 2 * HOUR),
        _over("courier", "lab", 5 * HOUR),
    ]
    record = ActList([acted(over, i) for i, over in enumerate(overs, start=1)])
    chain = chains(recorded(record.read()))[0]
    assert chain.unbroken
    assert chain.holder == "lab"
    assert record.append([acted(overs[0], 1)]) == 0, "told twice it is one hand-over"


@pytest.mark.parametrize(("change", "gap"), [
    ({"signed_by": ""}, "unsigned"), ({"signed_by": "courier"}, "unsigned"), ({"given_by": ""}, "not_given"), ({"giver": "stranger", "given_by": "stranger"}, "other_hand"),
    ({"seal": "B8"}, "other_seal"), ({"seal": ""}, "no_seal"), ({"taken_at": 0}, "backwards"), ({"taken_at": 200 * HOUR}, "too_long"),
])  # fmt: skip
def test_a_gap_is_named(change, gap):
    """Each way a chain breaks has a name and the place of the hand-over."""
    chain = chains([_over("shop", "inspector", 0), _over("inspector", "lab", 2 * HOUR, **change)])[0]
    assert [(g.name, g.place) for g in chain.gaps] == [(gap, 2)]


def test_a_seal_opened_and_noted_is_no_gap():
    """A new seal at a hand-over that says it was opened (a lab taking its part) is no break."""
    assert chains([_over("shop", "a", 0), _over("a", "lab", 2 * HOUR, seal="B8", opened=True)])[0].unbroken


def test_the_score_grows_where_an_arrow_led_to_another_letter():
    """Lots of 40,000 at AQL 4.0 are drawn by letter M (arrow up from N); each without a find adds 3, ten of them reduce."""
    lots = [Lot(lot=str(n), size=40_000, found=0, approved=True) for n in range(11)]
    done = list(series(lots, Scheme(STANDARD, "II", "4.0")))
    assert [d.after.score for d in done[:9]] == [3 * n for n in range(1, 10)]
    assert (done[9].rule, done[10].severity) == ("reduce", "reduced")


def test_the_plan_one_aql_stricter_draws_as_many():
    """What the switching score compares with: true of every plan that accepts two or more."""
    for letter in STANDARD.tables["normal"]:
        for aql in STANDARD.aql:
            if STANDARD.tables["normal"][letter][1][STANDARD.column(aql)] in {"v", "^", "."}:
                continue
            plan, smaller = STANDARD.at(letter, aql, "normal"), STANDARD.smaller(aql)
            if plan.ac >= 2 and smaller:
                stricter = STANDARD.at(plan.letter, smaller, "normal")
                assert (stricter.n, stricter.ac < plan.ac) == (plan.n, True)
