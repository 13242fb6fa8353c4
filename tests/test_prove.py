"""The proof proves itself: its arithmetic against independent counts, its tables against its trials, its gate."""

# ruff: noqa: TID251 - draws, from seeds given here

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.cli.prove_ import command as prove_command
from zhenbo.cli.sim_ import command as sim_command
from zhenbo.core.subject import Outcome
from zhenbo.intake.load import load
from zhenbo.pipeline import audit_dataset
from zhenbo.proof import stats, tables
from zhenbo.proof.plan import CALIBRATION_SEED, DEVELOPMENT_SEEDS, JUDGE_SEED, Job, burst_jobs, work
from zhenbo.proof.prove import Proof, fallen, floors_toml, write
from zhenbo.proof.section import Est, Section
from zhenbo.proof.trial import Depth, Told
from zhenbo.signals.catalogue import catalogue
from zhenbo.worlds import ATTACKS, BURSTS, WORLDS

FACTS = {"command": "test", "zhenbo": "0", "policy": "p", "seed": 1, "honest": 0, "attacked": 0, "real": 0, "injected": 0}  # fmt: skip


@pytest.fixture(scope="module")
def trials():
    """A dozen honest sessions and a dozen attacked ones, with everything asked of them."""
    depth = Depth(fusion=True, naive=True)
    # attacks that do not hide, so that there is something to count
    found = [n for n, name in enumerate(ATTACKS) if name in {"case-G1", "case-G2", "package-P388-20min", "comments-fixed"}]  # fmt: skip
    jobs = [Job("honest", seed=3, count=12, depth=depth), *(Job("attacked", seed=3, first=n, depth=replace(depth, live=True)) for n in found)]  # fmt: skip
    return [t for job in jobs for t in work(job)]


@pytest.mark.slow
def test_tables_count_what_the_trials_say(trials):
    """False alarms, recall and people named are recounted from the trials by hand."""
    made = {s.id: s for s in tables.sections(trials)}
    calm = [t for t in trials if t.part == "honest"]
    first = made["alarms_by_tier"].rows[0]
    assert first["sessions"] == len(calm) == 12
    assert first["likely (false)"].hits == sum(t.told.outcome is Outcome.LIKELY for t in calm)
    bought = [t for t in trials if t.part == "attacked" and t.material]
    assert sum(r["suspect or likely"].hits for r in made["recall_by_family"].rows) == sum(
        t.told.raised for t in bought
    )
    assert sum(r["suspect or likely"].hits for r in made["recall_by_family"].rows) > 0
    people = next(r for r in made["accused"].rows if r["where"].startswith("honest"))
    assert people["accounts"] == sum(int(t.accounts[1].sum()) for t in calm) > 1_000


@pytest.mark.slow
def test_ablation_redoes_only_the_fusion(trials):
    """Without a signal that is silent anyway nothing changes; by all signals but none nothing is accused."""
    for t in trials:
        spoke = {name.partition("@")[0] for name, _ in t.spoke}
        assert set(t.without) == set(t.alone) == set(catalogue())
        assert all(t.without[s] == t.told for s in catalogue() if s not in spoke and not t.honest)
        assert all(t.alone[s].score_db == pytest.approx(t.told.score_db) for s in spoke if len(spoke) == 1)
    assert any(t.told.raised and not t.without[s].raised for t in trials for s in t.without)


@pytest.mark.slow
def test_the_page_the_table_and_the_json_agree(trials, tmp_path):
    """Every section stands in all three files; names are escaped; infinite doses are null in JSON."""
    made = [
        *tables.sections(trials),
        Section("odd", "Odd <b>", "n", ({"name": "<script>alert(1)</script>|x", "dose": Est(float("inf"))},)),
    ]
    write(Proof(FACTS, made, trials), tmp_path)
    text, page = ((tmp_path / f"proof.{kind}").read_text("utf-8") for kind in ("md", "html"))
    told = json.loads((tmp_path / "proof.json").read_bytes())
    for s in made:
        assert f"## {s.title}" in text
        assert f'id="{s.id}"' in page
        assert len(told["sections"][s.id]) == len(s.rows)
    assert "<script>" not in page
    assert "not reached" in text
    assert told["sections"]["odd"][0]["dose"]["value"] is None
    assert told["sections"]["minutes"]


@pytest.mark.slow
def test_the_gate_hears_a_fall(trials, tmp_path):
    """Floors as measured hold; a lost catch and a false likely are both told."""
    floors = tmp_path / "floors.toml"
    floors.write_text(floors_toml(trials, "test"), "utf-8")
    assert fallen(trials, floors) == []
    worse = [
        replace(t, told=Told(Outcome.LIKELY, raised=False, score_db=20.0))
        if t.part in {"honest", "attacked"}
        else t
        for t in trials
    ]
    said = " ".join(fallen(worse, floors))
    assert "false likely" in said
    assert "orders found" in said


def test_seeds_of_calibration_development_and_judgement_are_apart():
    """No world that proves a cap or that an author may study is one that judges."""
    assert len({CALIBRATION_SEED, JUDGE_SEED, *DEVELOPMENT_SEEDS}) == 2 + len(DEVELOPMENT_SEEDS)


@given(st.integers(0, 60), st.integers(0, 60))
def test_exact_intervals_hold_the_share(hits, more):
    """Clopper-Pearson ends hold the share and narrow to it; nothing counted says nothing."""
    r = stats.rate(hits, hits + more)
    assert 0 <= r.low <= r.high <= 1
    if r.share is None:
        assert (r.low, r.high) == (0, 1)
    else:
        assert r.low <= r.share <= r.high
        assert stats.rate(10 * hits, 10 * (hits + more)).high <= r.high


@given(
    st.lists(st.tuples(st.floats(-30, 30), st.booleans()), min_size=2, max_size=80),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_recall_at_a_false_rate_is_what_sorting_gives(scored, allowed):
    """The histogram's recall equals that of the best threshold found by trying them all, up to its bin."""
    db = np.round(np.array([x for x, _ in scored]) * 2) / 2 + 0.1
    fake = np.array([f for _, f in scored], dtype=bool)
    counts = stats.histogram(db[fake], 0), stats.histogram(db[~fake], 0)
    got = float(stats.recall_at(*counts, allowed))
    if not fake.any():
        assert np.isnan(got)
        return
    tries = [(db[fake] >= x).mean() for x in db if (db[~fake] >= x).sum() <= allowed * max((~fake).sum(), 1)]
    assert got == pytest.approx(max(tries, default=0.0))


def test_average_precision_and_brier_of_known_cases():
    """Perfect ranking is 1, all equal is the prevalence; a sure wrong map scores worse than an honest one."""
    good = stats.histogram(np.full(10, 20.0), 0), stats.histogram(np.full(90, -20.0), 0)
    flat = stats.histogram(np.zeros(10), 0), stats.histogram(np.zeros(90), 0)
    assert float(stats.average_precision(*good)) == pytest.approx(1.0)
    assert float(stats.average_precision(*flat)) == pytest.approx(0.1)
    truth = np.array([True] * 10 + [False] * 90)
    honest = stats.calibration(np.full(100, 0.1), truth, 0.1)
    sure = stats.calibration(np.full(100, 0.9), truth, 0.1)
    assert honest.brier == pytest.approx(0.09)
    assert honest.ece == pytest.approx(0.0, abs=1e-9)
    assert sure.brier > 0.6


def test_a_refitted_map_recovers_the_odds():
    """Scores that are true log odds keep slope one; scores of twice the odds are halved."""
    rng = np.random.default_rng(1)
    db = rng.normal(0, 10, 20_000)
    truth = rng.random(20_000) < stats.mapped(db)
    prevalence = float(truth.mean())
    assert stats.platt(db, truth, prevalence)[0] == pytest.approx(1.0, abs=0.08)
    assert stats.platt(2 * db, truth, prevalence)[0] == pytest.approx(0.5, abs=0.04)


def test_least_dose_is_the_first_dose_found_four_times_of_five():
    """A step is found at the step, nothing found is infinite, and the interval holds the step."""
    dose = np.linspace(0.02, 0.8, 60)
    found = dose > 0.3
    least = dose[found].min()
    assert stats.least_dose(dose, found) == pytest.approx(least)
    assert stats.least_dose(dose, dose > 2) == float("inf")
    low, high = stats.least_dose_interval(dose, found, 1)
    assert low <= least <= high < 0.5


@pytest.mark.slow
def test_the_tables_of_doses_purchasers_and_worth_count_the_trials(trials):
    """A family is also told over all views, beside the false alarms of the same view; leanings and flags are recounted."""
    calm = [t for t in trials if t.part == "honest"]
    fakes = [replace(t, part="attacked", family="viewers", view=v, dose=d / 10, material=True, attack="x", leans=lean,
                     told=Told(Outcome.SUSPECT if d > 3 else Outcome.UNLIKELY, d > 3, 5.0))
             for v, lean in (("insider", "rival"), ("auditor", "cannot_tell")) for d, t in enumerate(calm[:9], start=1)]  # fmt: skip
    made = {s.id: s.rows for s in tables.sections([*calm, *fakes])}
    rows = {r["view"]: r for r in made["least_dose"]}
    assert set(rows) == {"any", "auditor", "insider"}
    assert rows["any"]["sessions"] == 18
    assert rows["any"]["least dose found"].value == pytest.approx(0.4)
    assert rows["insider"]["honest answered so"].of == sum(t.view == "insider" for t in calm)
    (paid,) = made["purchasers"]
    assert (paid["wrong"].hits, paid["cannot tell"].hits, paid["right"].hits) == (9, 9, 0)
    flag = made["worth"][0]
    assert flag["of bought sessions"].hits == 12
    assert flag["right when 1% are bought"].low < flag["right when 8% are bought"].low < 1


def test_an_isotonic_map_rises_and_keeps_the_rate():
    """Fitted to labels it never falls, gives back the prevalence on its own data, and beats a constant on others."""
    rng = np.random.default_rng(4)
    db = np.round(rng.normal(0, 8, 4000))
    truth = rng.random(4000) < stats.mapped(db, 0.5, -2.0)
    rising = stats.isotonic(db, truth, 0.08)
    grid = rising(np.linspace(-40, 40, 81))
    assert (np.diff(grid) >= -1e-12).all()
    w = stats.prevalence_weights(truth, 0.08)
    assert float((w * rising(db)).sum()) == pytest.approx(0.08, abs=1e-6)
    other = rng.normal(0, 8, 4000)
    fresh = rng.random(4000) < stats.mapped(other, 0.5, -2.0)
    assert stats.calibration(rising(other), fresh, 0.08).brier < 0.08 * 0.92


def test_every_world_is_listed_in_a_line():
    """`zhenbo sim --list` names every world with one line that says what it is; there are many."""
    said = CliRunner().invoke(sim_command, ["--list"])
    assert said.exit_code == 0
    assert len(WORLDS) >= 25
    for name, made in WORLDS.items():
        assert made.says
        assert "\n" not in made.says
        assert f"  {name} " in said.output
    assert len({m.says for m in WORLDS.values()}) == len(WORLDS)


@pytest.mark.parametrize("name", ["evening", "lottery", "comments-jitter40"])
def test_a_world_is_the_same_to_the_byte(name, tmp_path):
    """`zhenbo sim` twice writes the same data, side files and truth; the truth lies outside the data folder."""
    for to in ("one", "two"):
        assert (
            CliRunner().invoke(sim_command, [name, "--seed", "5", "--to", str(tmp_path / to)]).exit_code == 0
        )
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert files
    assert not any("truth" in str(p) for p in files)
    for folder in ("", "-truth"):
        for path in sorted((tmp_path / f"one{folder}").rglob("*")):
            assert path.read_bytes() == (tmp_path / f"two{folder}" / path.name).read_bytes()
    truth = json.loads((tmp_path / "one-truth" / "truth.json").read_bytes())
    assert truth["sessions"]


@pytest.mark.slow
def test_rows_late_and_twice_change_no_verdict(tmp_path):
    """The same world as it was delivered, rows late, shuffled and repeated, is audited to the same verdict."""
    for to, how in (("one", []), ("two", ["--as-delivered"])):
        args = ["comments-jitter40", "--seed", "5", "--to", str(tmp_path / to), *how]
        assert CliRunner().invoke(sim_command, args).exit_code == 0
    one, two = (load([tmp_path / to], b"any key of thirty-two bytes or so") for to in ("one", "two"))
    assert pq.read_metadata(tmp_path / "two" / "events.parquet").num_rows > one.dataset.events.num_rows
    verdicts = [audit_dataset(x.dataset, lang="en").audit.sessions for x in (one, two)]
    assert verdicts[0] == verdicts[1]


def test_a_wrong_name_is_told_what_is_known():
    """An unknown world, burst or view, and a dose for an honest world, are usage errors that help."""
    for args, hint in (
        (["no-such-world", "--to", "x"], "evening"),
        (["comments-fixed", "--burst", "no", "--to", "x"], next(iter(BURSTS))),
        (["evening", "--dose", "0.2", "--to", "x"], "attacks"),
        ([], "--list"),
    ):
        said = CliRunner().invoke(sim_command, args)
        assert said.exit_code == 2
        assert hint in said.output


def test_prove_says_where_it_cannot_read_its_floors(tmp_path):
    """A floors file that is not TOML is named before anything is blamed on the signals."""
    bad = tmp_path / "floors.toml"
    bad.write_text("[[[", "utf-8")
    assert prove_command.params
    with pytest.raises(Exception, match=r"floors\.toml"):
        fallen([], bad)


def test_a_run_of_bursts_is_a_run_of_honest_evenings():
    """Each type of burst stands once in as many evenings as there are types; what needs bought sessions is refused."""
    assert sum(job.count for job in burst_jobs(1, 5)) == len(BURSTS) - 1
    done = work(replace(burst_jobs(1, 5)[0], count=2))
    assert [t.burst for t in done] == list(BURSTS)[1:3]
    assert all(t.honest for t in done)
    assert {s.id for s in tables.quiet(done)} == {
        "alarms_by_tier",
        "alarms_by_view",
        "alarms_by_burst",
        "accused",
    }
    said = CliRunner().invoke(prove_command, ["--bursts", "1", "--quick"])
    assert (said.exit_code, "--quick" in said.output) == (2, True)
