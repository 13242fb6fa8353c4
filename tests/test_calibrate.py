"""Baselines as data: cells chosen and pooled by the rule, learned from a majority, kept apart from labels rules made."""

# ruff: noqa: TID251 - draws, from seeds given here

import dataclasses
import json
import math
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.cli import main
from zhenbo.core.cells import (
    Baseline,
    Cell,
    Entry,
    Facts,
    categories_of,
    facts_of,
    parse_baseline,
    parse_calendar,
)
from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.errors import PackError
from zhenbo.core.schema import EVENTS, PRODUCTS
from zhenbo.core.verdict import to_json
from zhenbo.intake.load import write
from zhenbo.judge.policy import Own, parse_policy
from zhenbo.pipeline import Road, audit_paths, default_packs, look
from zhenbo.pipeline.calibrate import cells, prior, robust, units
from zhenbo.pipeline.calibrate import history as seen
from zhenbo.pipeline.drift import _smirnov, drifts
from zhenbo.pipeline.labels import Label, Labels, read_labels
from zhenbo.pipeline.large import audit_large
from zhenbo.pipeline.overlay import _map, calibrated, report
from zhenbo.pipeline.packs import laid_over

DAY = 86_400_000_000
EVENING = 1_777_636_800_000_000  # 2026-05-01 20:00 at UTC+8
DATE = parse_calendar('[[season]]\nid = "x"\nfrom = 2026-05-01\nto = 2026-05-01')


def history(ratios, first=0):
    """One hour of counters per room: 20,000 entries and so many likes per entry; `ratios` by category."""
    events, products = [], []
    number = first
    for category, rooms in ratios.items():
        products.append({"platform": "douyin", "product_id": f"p-{category}", "category": category})
        for ratio in rooms:
            room = {
                "platform": "douyin",
                "source": "t@1",
                "host_id": f"h{number}",
                "session_id": f"r{number:04}",
                "flags": 0,
            }
            for i, share in enumerate(np.linspace(0, 1, 13)):
                at = EVENING + number * DAY + int(3_600_000_000 * share)
                counts = {
                    "entered_total": round(20_000 * share),
                    "like_total": round(20_000 * ratio * share),
                    "viewers": 1_000,
                }
                events += [{**room, "event_id": f"{number}-{kind}-{i}", "kind": kind, "ts": at, "qty": n} for kind, n in counts.items()]  # fmt: skip
            events.append({**room, "event_id": f"{number}-pin", "kind": "product_pin", "ts": at, "target_id": f"p-{category}"})  # fmt: skip
            number += 1
    table = canonical_order(pa.Table.from_pylist(events, schema=EVENTS))
    return Dataset(events=table, products=pa.Table.from_pylist(products, schema=PRODUCTS))


def drawn(seed, median, n, spread=0.4):
    """Ratios of honest rooms."""
    return (median * np.exp(np.random.default_rng(seed).normal(0, spread, n))).tolist()


def said(data, packs):
    """What `counters.ratio` says of each room under given packs."""
    goods = categories_of(data.products)
    return {s.session_id: look(s, packs, goods)["counters.ratio"][0] for s in subjects(data)}


# --- cells --------------------------------------------------------------------------------------------------------

CONDITIONS = {"platform": ("douyin",), "category": ("food",), "entries": (1e4, 1e5), "hour": (18.0, 2.0)}
HERE = Facts("douyin", "food", entries=2e4, hour=20.5)


@st.composite
def a_cell(draw):
    """A cell that matches `HERE` by some of its conditions."""
    names = draw(st.sets(st.sampled_from(sorted(CONDITIONS)), min_size=1))
    value, n, k = draw(st.floats(1e-3, 1e3)), draw(st.integers(1, 500)), draw(st.floats(0.5, 50))
    where = tuple((name, CONDITIONS[name]) for name in sorted(names))
    return Cell(where, {"x": Entry(value, n, k, "t", DATE)}, own=draw(st.booleans()))


@given(
    st.lists(a_cell(), min_size=1, max_size=6, unique_by=lambda c: (c.where, c.own)),
    st.floats(1e-3, 1e3),
    st.randoms(),
)
def test_cells_are_drawn_in_one_order_towards_the_most_specific(found, wide, rng):
    """The value lies among its sources whatever the file's order; a cell of very many rooms with the last word has it alone."""
    at = Baseline({"x": wide}, tuple(found)).at(HERE)
    sources = [wide, *(c.entries["x"].value for c in found)]
    assert min(sources) * (1 - 1e-9) <= at.values["x"] <= max(sources) * (1 + 1e-9)
    rng.shuffle(found)
    assert Baseline({"x": wide}, tuple(found)).at(HERE) == at
    assert Baseline({"x": wide}, tuple(found)).at(Facts()) == Baseline({"x": wide}).at(HERE)
    last = Cell(tuple(CONDITIONS.items()), {"x": Entry(7.0, 10**9, 1.0, "t", DATE)}, own=True)
    deepest = [c for c in found if not (c.own and len(c.where) == len(CONDITIONS))]
    assert Baseline({"x": wide}, (*deepest, last)).at(HERE).values["x"] == pytest.approx(7.0, rel=1e-6)


def test_a_value_moves_by_n_of_n_plus_k_on_the_log_scale():
    """20 rooms against a wider value worth 20: the geometric mean of both; without n the cell's value replaces."""
    text = """
    [x]
    value = 1.0
    [y]
    value = 5
    [[cell]]
    where = { platform = "douyin", hour = [22, 2] }
    x = { value = 100.0, source = "s", n = 20, date = 2026-01-01 }
    y = { value = 9, source = "s", date = 2026-01-01 }
    """
    read = parse_baseline(text, "t")
    late, early = (read.at(Facts("douyin", hour=h)) for h in (1.5, 3.0))
    assert late.values == {"x": pytest.approx(10.0), "y": 9}
    assert (late.cell, late.n) == ("hour=22..2, platform=douyin", 20)
    assert early.values == {"x": 1.0, "y": 5}
    with pytest.raises(PackError, match="no fact is called 'colour'"):
        parse_baseline(text.replace("hour", "colour"), "t")


def test_facts_are_what_the_record_tells():
    """Platform, goods, size, hour and season of a room at 20:00 in Beijing on Singles' Day; no hour elsewhere."""
    (room,) = subjects(history({"food": [0.5]}))
    calendar = parse_calendar('[[season]]\nid = "may"\nfrom = "04-28"\nto = "05-01"')
    facts = facts_of(room, {("douyin", "p-food"): "food"}, calendar)
    assert facts == Facts("douyin", "food", None, frozenset({"may"}), 20_000.0, 1_000.0, 20.5)
    abroad = facts_of(dataclasses.replace(room, platform="tiktok"), {}, calendar)
    assert abroad == Facts("tiktok", None, None, frozenset(), 20_000.0, 1_000.0, None)


# --- learning -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.floats(1.0, 10.0))
def test_a_fifth_of_bought_rooms_hardly_moves_a_cell(seed, depth):
    """A fifth of 1,000 rooms lies 1 to 10 spreads low: the median moves by a third of a spread at most, the spread by half.

    Bounds of the contaminated median and median deviation at a fifth (0.32 and 1.38 spreads), and three sampling errors.
    """
    bought = np.random.default_rng(seed).normal(0, 0.5, 1000)
    bought[:200] -= depth * 0.5
    middle, spread, kept = robust(bought)
    assert abs(middle) < (0.32 + 0.12) * 0.5
    assert (1 - 0.12) * 0.5 < spread < (1.38 + 0.17) * 0.5
    if depth > 8:  # rejection begins 0.32 + 3 * 1.38 = 4.5 spreads out: of these, one in 5,000 stays
        assert kept[:200].sum() <= 2
        assert abs(middle) < 0.15 * 0.5


@pytest.mark.slow
def test_an_odd_trade_is_cleared_by_its_own_cells_and_a_bought_room_in_it_is_not():
    """Honest rooms of a quiet trade are dead by the shipped cell and alive by their own; diluted twentyfold, dead by both."""
    odd = drawn(1, 0.003, 14)
    past = history({"antiques": odd, "food": drawn(2, 0.8, 14)})
    packs = calibrated(past).packs
    bought = odd[0] / 20
    today = history({"antiques": [0.003, 0.002, bought], "food": [0.8]}, first=500)
    shipped, own = said(today, default_packs()), said(today, packs)
    assert [e.says for e in shipped.values()] == ["dead_likes"] * 3 + ["alive"]
    assert [e.says for e in own.values()] == ["alive", "alive", "dead_likes", "alive"]
    assert own["r0500"].args["cell"] == "category=antiques, platform=douyin"
    assert own["r0500"].args["cell_sessions"] in {13, 14}  # one of 14 may lie outside three spreads
    assert own["r0500"].expected == pytest.approx(0.003, rel=0.4)


def test_a_rule_does_not_learn_from_the_label_it_made():
    """Rooms labelled bought by a person leave the cell; by the signal itself or by zhenbo they stay in it."""
    past = history({"food": [0.1] * 13 + drawn(3, 0.8, 14)})
    rooms, packs = seen(past, default_packs()), default_packs()

    def labels(by):
        return Labels(
            {f"r{i:04}": Label(f"r{i:04}", bought=True, by=by, at=0, line=i + 2) for i in range(13)}
        )

    cleaned, other, kept, zhenbo = (
        cells(rooms, labels(by), packs)[0].middle
        for by in ("auditor Li", "timing.regularity", "counters.ratio@T0", "zhenbo 0.1")
    )
    assert cleaned == other == pytest.approx(math.log(0.8), abs=0.3)
    assert kept == zhenbo < cleaned - 0.3
    counted = calibrated(history({"food": [0.1]}), labels=labels("counters.ratio")).own_labels
    assert counted == {"counters.ratio": 1}


def test_unlabelled_rooms_never_raise_a_cap_and_lower_it_where_too_many_are_accused():
    """Labelled honest rooms add to what was proven; 40 of 100 unlabelled accused are more than may be bought (25 %)."""
    policy = default_packs().policy
    spoke = {f"r{i}": {"counters.flow@T0": 0.5, "counters.step@T0": 1e-4 if i < 40 else 0.5, "counters.package@T0": 1e-4 if i < 20 else 0.5} for i in range(100)}  # fmt: skip
    found = units(spoke, Labels({"r99": Label("r99", bought=False, by="Li", at=0, line=2)}), policy)
    assert found["counters.flow@T0"].told == (1, 0)
    assert found["counters.package@T0"].told == (1, 0)
    assert found["counters.step@T0"].told == (100, 15)

    def cap(units, accused):
        caps = f'[signal."a@T0"]\nunits = {units}\naccused = {accused}\n'
        text = _default_policy_text()
        return parse_policy(text, '[signal."a@T0"]\nunits = 3000\naccused = 0\n', Own(caps, "", "d")).caps[
            "a@T0"
        ]

    assert cap(1, 0) == pytest.approx(10 * math.log10(3001 / 3))
    assert cap(100, 15) == pytest.approx(10 * math.log10(100 / 48))


def _default_policy_text():
    from importlib.resources import files

    return (files("zhenbo.packs") / "policies" / "default.toml").read_text("utf-8")


def test_a_prior_is_fitted_from_positives_and_unlabelled_rooms_alone():
    """A fifth of 1,000 rooms is bought and half of those are labelled: the interval holds the fifth; 29 labels are too few."""
    rng = np.random.default_rng(11)
    bought = rng.random(1000) < 0.2
    score = {f"r{i}": float(rng.normal(10 if b else -10, 4)) for i, b in enumerate(bought)}
    hosts = {name: f"h{i % 200}" for i, name in enumerate(score)}
    told = [n for n, b in zip(score, bought, strict=True) if b and rng.random() < 0.5]

    def labels(names):
        return Labels({n: Label(n, bought=True, by="Li", at=0, line=2) for n in names})

    fit = prior(score, hosts, labels(told))
    low, mid, high = fit.fitted
    policy = laid_over({"calibration/map.toml": _map(fit, date(2026, 5, 1))}, "mine").policy
    assert policy.prior == pytest.approx(fit.fitted, rel=1e-5)  # as written, six digits
    assert policy.map_id != default_packs().policy.map_id
    assert low <= bought.mean() <= high
    assert mid == pytest.approx(0.2, abs=0.05)
    few = prior(score, hosts, labels(told[:29]))
    assert (few.positive, few.unlabelled, few.fitted) == (29, 971, None)
    selfmade = Labels({n: Label(n, bought=True, by="zhenbo", at=0, line=2) for n in told})
    assert prior(score, hosts, selfmade).positive == 0


def test_bad_labels_are_rejected_by_line_and_reason(tmp_path):
    """Every row that cannot be used is told with its line; of two on one subject the later stands, of equal ones none."""
    path = tmp_path / "labels.csv"
    path.write_text(
        "subject,outcome,by,at,reason\n"
        "a,bought,Li,2026-05-01,ok\n"
        ",bought,Li,2026-05-01,\n"
        "b,maybe,Li,2026-05-01,\n"
        "c,bought,,2026-05-01,\n"
        "d,bought,Li,yesterday,\n"
        "e,suspect,Li,2026-05-01,\n"
        "f,bought,Li,2026-05-01,\n"
        "f,honest,Li,2026-05-02,mistaken\n"
        "g,bought,Li,2026-05-01,\n"
        "g,honest,Wu,2026-05-01,\n"
        "h,bought,Li,2026-05-01,x,y\n"
        "z,bought,Li,2026-05-01,\n",
        "utf-8",
    )
    read = read_labels(path).within({"a", "f", "g"}, "labels.csv")
    assert {n: label.bought for n, label in read.known.items()} == {"a": True, "f": False}
    assert [(r.line, r.reason) for r in read.rejected] == [
        (3, "no_subject"), (4, "unknown_outcome"), (5, "no_author"), (6, "bad_time"), (7, "undecided"), (8, "superseded"),
        (10, "contradiction"), (11, "contradiction"), (12, "too_many_fields"), (13, "unknown_subject"),
    ]  # fmt: skip


@pytest.mark.slow
def test_drift_tells_rooms_that_moved_together_from_a_few_that_did():
    """The same rooms again are no drift; three times the likes are; a third of diluted rooms is told apart from that."""
    told = report(calibrated(history({"food": drawn(5, 0.8, 40)})))["cells"]
    cases = {
        "same": drawn(5, 0.8, 40), "more": drawn(7, 2.4, 40), "some": [*drawn(8, 0.8, 27), *drawn(9, 0.01, 13)],
    }  # fmt: skip
    found = {}
    for name, ratios in cases.items():
        new = drifts(told, seen(history({"food": ratios}), default_packs()), Labels({}))
        found[name] = next(d for d in new if d.cell == "category=food, platform=douyin")
    assert [(d.drifted, d.moved) for d in found.values()] == [(False, False), (True, True), (True, False)]
    assert found["more"].factor == pytest.approx(3, rel=0.3)
    assert found["some"].outside == pytest.approx(13 / 40, abs=0.06)


def test_drift_is_called_by_chance_as_often_as_stated():
    """The p of 1,000 pairs of equal cells, the older kept as percentiles of its majority, is below 5 % in 3 to 8 %."""
    rng = np.random.default_rng(4)
    low = 0
    for _ in range(1000):
        then, now = rng.normal(0, 0.5, 40), np.sort(rng.normal(0, 0.5, 40))
        kept = then[robust(then)[2]]
        low += _smirnov(np.percentile(kept, np.linspace(1, 99, 99)), now, len(kept)) < 0.05
    assert 30 <= low <= 80


# --- the overlay --------------------------------------------------------------------------------------------------


def test_an_overlay_is_written_read_and_told_apart(tmp_path, capsys):
    """The same history gives the same bytes; a verdict under it names overlay and cell; one figure changed, another name."""
    past, today, key = tmp_path / "past", tmp_path / "today", ["--key", str(tmp_path / "key")]
    write(history({"antiques": drawn(1, 0.003, 14)}), past)
    write(history({"antiques": [0.003]}, first=500), today)
    (past / "labels.csv").write_text(
        "subject,outcome,by,at,reason\nr0003,bought,Li,2026-05-04,x\nr0004,?,Li,2026-05-04,\n"
    )

    def run(*args):
        with pytest.raises(SystemExit) as stop:
            main(args=[*map(str, args), *key])
        assert not stop.value.code
        return capsys.readouterr().out

    for to in ("a", "b"):
        told = json.loads(run("calibrate", past, "--to", tmp_path / to, "--json"))
        assert [(r["line"], r["reason"]) for r in told["labels"]["rejected"]] == [(3, "unknown_outcome")]
        assert [(c["cell"], c["n"] + c["left_out"]) for c in told["cells"]] == [
            ("category=antiques, platform=douyin", 13)
        ]
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert [(tmp_path / "a" / f).read_bytes() for f in files] == [
        (tmp_path / "b" / f).read_bytes() for f in files
    ]
    own = tmp_path / "b" / "baselines" / "counters.ratio.toml"
    own.write_text(own.read_text("utf-8").replace("n = 13", "n = 12"), "utf-8")
    verdicts = [
        run("audit", today, "--out", tmp_path / "out", "--lang", "en", "--json", *packs)
        for packs in (
            [],
            ["--packs", tmp_path / "a"],
            ["--packs", tmp_path / "a"],
            ["--packs", tmp_path / "b"],
        )
    ]
    plain, first, _, other = map(json.loads, verdicts)
    assert verdicts[1] == verdicts[2]
    assert len({v["policy"] for v in (plain, first, other)}) == 3
    assert first["policy"].startswith("zhenbo-default+own@")
    note = (
        "Compared with the reference cell category=antiques, platform=douyin (13 sessions): counters.ratio."
    )
    assert [note in v["sessions"][0]["notes"] for v in (plain, first)] == [False, True]


@pytest.mark.slow
def test_work_on_disk_compares_with_the_same_cells(tmp_path):
    """Products, and so categories, reach the workers too: the same bytes as in memory, and a cell of a category among them."""
    cell = '[[cell]]\nwhere = { category = "food" }\nlikes_median = { value = 0.9, n = 99, source = "s", date = 2026-01-01 }\n'
    packs = laid_over({"baselines/counters.ratio.toml": cell}, "mine")
    write(history({"food": [0.8], "home": [0.5]}), tmp_path / "data")
    small = to_json(audit_paths([tmp_path / "data"], b"k", packs=packs).audit)
    with audit_large([tmp_path / "data"], b"k", Road("embedded", 1, tmp_path / "work"), packs=packs) as made:
        assert to_json(made.audit) == small
    cells_told = [r["args"].get("cell") for v in json.loads(small)["sessions"] for r in v["reasons"] if r["signal"] == "counters.ratio"]  # fmt: skip
    assert cells_told == ["category=food", "platform=douyin"]


def test_a_category_of_any_name_survives_the_text():
    """Quotes, backslashes, tags and control characters in a name written by strangers come back as they were."""
    name = 'a"b\\c]\x7f\n旧货 <b>'
    made = calibrated(history({name: drawn(1, 0.8, 12)}))
    reference = made.packs.reference("counters.ratio", Facts("douyin", name))
    assert reference.cell.startswith("category=a")
    assert reference.n == made.learned[0].n


def test_an_overlay_that_names_nothing_of_ours_is_refused():
    """A signal or an entry that nobody declares would silently do nothing: it is an error that names both."""
    cell = '[[cell]]\nwhere = { platform = "douyin" }\nlikes = { value = 1.0, n = 12, source = "s", date = 2026-01-01 }\n'
    with pytest.raises(PackError, match="sets likes, which the signal does not declare"):
        laid_over({"baselines/counters.ratio.toml": cell}, "mine")
    with pytest.raises(PackError, match="sets likes_median to 'many'"):
        laid_over({"baselines/counters.ratio.toml": '[likes_median]\nvalue = "many"\n'}, "mine")
    with pytest.raises(PackError, match="no signal of that name"):
        laid_over({"baselines/counters.ration.toml": cell}, "mine")
