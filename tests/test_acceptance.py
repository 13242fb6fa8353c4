"""What the first issue promises on real recordings; skips, saying so, where they are absent.

Attacks are laid over the recordings by `overlays`, whose author has not seen the signals. Nothing of the recordings
is printed or kept.
"""

import functools
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from overlays import Overlay, bilibili_comments, douyin_package, tmall_orders
from zhenbo.core.schema import Flag
from zhenbo.core.subject import Outcome, Tier
from zhenbo.core.verdict import SessionVerdict, ShopVerdict
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.load import Loaded, load
from zhenbo.pipeline import Result, audit_dataset
from zhenbo.proof.laws import check_audit

DATA = Path(__file__).parents[1].parent / "shared" / "data"
KEY = b"an acceptance key of 32 bytes or more"
GOOD = ("2020.12.11*", "2020.12.12*")
TMALL = DATA / "tmall-orders" / "tmall_order_report.csv"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="real recordings (../shared/data) are not here")


@functools.cache
def read(*parts: str) -> Loaded:
    """A recording as it is, read once."""
    return load([next((DATA / parts[0]).glob(parts[1])) if parts[1:] else DATA / parts[0]], KEY)


@functools.cache
def audited(*parts: str) -> Result:
    """A recording as it is, audited once; its verdicts keep the laws of a verdict."""
    made = audit_dataset(read(*parts).dataset, lang="en")
    assert check_audit(made.audit) == []
    return made


def forged(overlay: Overlay) -> tuple[Loaded, Result]:
    """A forged copy, read and audited; its verdicts keep the laws of a verdict."""
    loaded = load([overlay.path], KEY)
    made = audit_dataset(loaded.dataset, lang="en")
    assert check_audit(made.audit) == []
    return loaded, made


def only(result: Result) -> SessionVerdict | ShopVerdict:
    """The one verdict of an audit."""
    (one,) = [*result.audit.sessions, *result.audit.shops]
    return one


# --- rooms as they are --------------------------------------------------------------------------------------------


def test_douyin_capture_is_t0_sampled_masked_and_not_accused():
    """About 11 % of entries and 95 % of likes delivered; identities masked, in plain words; nobody accused."""
    found = audited("douyin-capture")
    room = only(found)
    assert room.tier is Tier.T0
    assert 0.08 <= room.coverage["enter"] <= 0.14
    assert 0.9 <= room.coverage["like"] <= 1.0
    assert any("Identities are masked" in note for note in room.notes)
    assert room.verdict.rank <= Outcome.INSUFFICIENT.rank
    assert not any(a.judgement.accounts for a in found.audited)
    assert {q.verdict for q in room.questions.values() if q.asked} <= {Outcome.UNLIKELY, Outcome.INSUFFICIENT}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.slow
def test_good_danmaku_files_are_not_accused(name: str):
    """Two honest rooms, one of which is 38 % one phrase when prompted: neither likely nor suspect, nobody named."""
    found = audited("bilibili-asoul", name)
    room = only(found)
    assert room.verdict.rank <= Outcome.INSUFFICIENT.rank
    assert room.tier is Tier.T1
    (one,) = found.audited
    assert sum(p > 0.5 for p in one.judgement.accounts.values()) <= 0.01 * len(one.judgement.accounts)


def test_the_degraded_danmaku_file_is_read_as_far_as_it_goes():
    """Without ids and times: every comment read, told so in words, no accusation."""
    found = audited("bilibili-asoul", "2020.12.15*")
    room = only(found)
    assert read("bilibili-asoul", "2020.12.15*").dataset.events.num_rows == 14_950
    assert any("carry no time" in note for note in room.notes)
    assert any("masked" in note for note in room.notes)
    assert room.verdict is Outcome.INSUFFICIENT
    assert room.ask_for


@pytest.mark.slow
def test_room_days_of_2019_are_never_accused():
    """Forty-five rooms on three days, a third of whose honest messages repeat: none above insufficient."""
    found = audited("bilibili-vtuber-danmaku-2019-05")
    assert len(found.audit.sessions) >= 90
    assert max(s.verdict.rank for s in found.audit.sessions) <= Outcome.INSUFFICIENT.rank


def test_tiktok_packets_parse_date_accounts_and_keep_punishments():
    """Every packet maps, ages are derived from ids, punishments stay as the platform's evidence; nobody accused."""
    loaded = read("tiktok-live-java")
    events, accounts = loaded.dataset.events, loaded.dataset.accounts
    assert loaded.report.rejected == {}
    assert {"enter", "comment", "like", "follow", "share", "gift", "moderate", "viewers"} <= set(
        pc.unique(events["kind"].cast(pa.string())).to_pylist()
    )
    assert set(accounts["since_basis"].drop_null().to_pylist()) == {"derived"}
    assert accounts.num_rows - accounts["since"].null_count > 100
    punished = events.filter(pc.equal(events["kind"].cast(pa.string()), "moderate"))
    assert all(f & Flag.PLATFORM_RISK for f in punished["flags"].to_pylist())
    found = audited("tiktok-live-java")
    assert max(s.verdict.rank for s in found.audit.sessions) <= Outcome.INSUFFICIENT.rank


@pytest.mark.slow
def test_at_t1_few_sessions_are_left_insufficient():
    """Of the honest rooms of real size whose accounts are known, at most 30 % are left without an answer."""
    rooms = [only(audited("bilibili-asoul", name)) for name in GOOD]
    left = Counter(room.questions["engagement"].verdict for room in rooms)[Outcome.INSUFFICIENT]
    assert left / len(rooms) <= 0.3


# --- and it is no mute --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "jitter", "start"),
    [
        (GOOD[0], 0.0, 900),
        pytest.param(GOOD[0], 0.4, 900, marks=pytest.mark.slow),
        pytest.param(GOOD[0], 0.0, 2_400, marks=pytest.mark.slow),
        (GOOD[0], 0.4, 2_400),
        pytest.param(GOOD[1], 0.0, 900, marks=pytest.mark.slow),
        pytest.param(GOOD[1], 0.4, 2_400, marks=pytest.mark.slow),
    ],
)
def test_scripted_comments_are_found_and_their_accounts_named(tmp_path: Path, name: str, jitter: float, start: int):  # fmt: skip
    """20 accounts x 50 comments: likely, at least 90 % of them named, at most 1 % of the real users."""
    made = bilibili_comments(next((DATA / "bilibili-asoul").glob(name)), tmp_path, start, jitter=jitter, start_s=start)  # fmt: skip
    loaded, found = forged(made)
    people = Pseudonyms(KEY)
    bought = {people.of("actor", uid, "bilibili") for uid in made.accounts}
    (one,) = found.audited
    actors = set(pc.unique(loaded.dataset.events["actor_id"].drop_null()).to_pylist())
    assert bought <= actors
    named = {who for who, p in one.judgement.accounts.items() if p > 0.5}
    assert len(named & bought) >= 0.9 * len(bought)
    assert len(named - bought) <= 0.01 * len(actors - bought)
    assert only(found).verdict is Outcome.LIKELY
    assert only(found).question == "engagement"


OPENING = pytest.mark.xfail(
    reason="the delivery begins inside or right behind the opening push of 64,000 real entries: no clean flank to measure from"
)


@pytest.mark.parametrize(
    ("start", "over", "pushes"),
    [
        pytest.param(10, 20, False, marks=OPENING),
        (20, 20, True),
        (30, 10, False),
        (40, 20, False),
        pytest.param(15, 40, True, marks=OPENING),
        (25, 5, False),
        (35, 0, False),
    ],
)
def test_package_over_real_counters_is_suspect_and_named(tmp_path: Path, start: float, over: float, pushes: bool):  # fmt: skip
    """P388 delivered at once or over 5 to 40 minutes onto a real counter series: suspect, and a reason names P388."""
    source = next((DATA / "douyin-capture").glob("*.jsonl"))
    _, found = forged(douyin_package(source, tmp_path, 7, start_min=start, over_min=over, pushes=pushes))
    room = only(found)
    assert room.tier is Tier.T0
    assert room.verdict is Outcome.SUSPECT
    assert any("P388" in str(r.args) for r in room.reasons if r.raw_db > 0)


@pytest.mark.parametrize(
    ("when", "fate"),
    [
        ("evening", "refunded"),
        *(pytest.param(*p, marks=pytest.mark.slow) for p in (("three_days", "kept"), ("month", "refunded"))),
    ],
)
def test_orders_from_four_addresses_are_found_and_named(tmp_path: Path, when: str, fate: str):
    """300 orders to four addresses in a real export: sales are likely fabricated, the orders named, few honest ones."""
    made = tmall_orders(TMALL, tmp_path, 7, when=when, fate=fate)  # type: ignore[arg-type]
    _, found = forged(made)
    (one,) = found.audited
    named = {order for order, p in one.judgement.orders.items() if p > 0.5}
    assert len(named & made.orders) >= 0.9 * len(made.orders)
    assert len(named - made.orders) <= 0.01 * 28_010
    assert only(found).questions["sales"].verdict is Outcome.LIKELY


# --- orders as they are -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_tmall_export_gives_the_figures_of_its_books():
    """28,010 orders, 24,087 paid, 5,646 refunded; the bridge to the fen; not accused."""
    events = read("tmall-orders").dataset.events
    kinds = Counter(events["kind"].to_pylist())
    assert kinds["order_create"] == 28_010
    assert kinds["order_pay"] == 24_087
    assert kinds["refund_done"] == 5_646
    shop = only(audited("tmall-orders"))
    gmv = shop.gmv
    created = pc.sum(
        events.filter(pc.equal(events["kind"].cast(pa.string()), "order_create"))["amount"]
    ).as_py()
    assert gmv.gross == created == 2_995_760_61
    assert gmv.cancelled + gmv.unpaid_open + gmv.discount == 520_937_54
    assert gmv.refunded == 572_335_92
    assert gmv.verified.mid + gmv.brushed == 1_902_487_15
    assert shop.verdict.rank <= Outcome.INSUFFICIENT.rank
    assert gmv.brushed < gmv.gross * 0.01


@pytest.mark.slow
def test_lockdown_regions_are_regional_not_brushing():
    """Hubei and Xinjiang stand in a reason that adds nothing to the score."""
    shop = only(audited("tmall-orders"))
    told = [r for r in shop.reasons if "湖北省" in str(r.args) and "新疆维吾尔自治区" in str(r.args)]
    assert told
    assert all(r.weight_db <= 0 for r in told)


@pytest.mark.slow
def test_tmall_export_imported_twice_changes_nothing(tmp_path: Path):
    """The export beside its copy under another name: the same dataset, the same verdict."""
    copy = tmp_path / "again.csv"
    copy.write_bytes(TMALL.read_bytes())
    twice = load([DATA / "tmall-orders", copy], KEY).dataset
    assert twice.events.equals(read("tmall-orders").dataset.events)
    assert audit_dataset(twice, lang="en").audit == audited("tmall-orders").audit
