"""Metamorphic laws over whole records: what may change in the telling, and must not change the verdict.

The settled verdict belongs to the events, not to the order, files, names or week in which they came. Each law
tells a record differently, reads it through the ordinary intake, audits it and compares. Beside them stand the
laws of a single verdict: what adds up, what is bounded, what never happens; and the laws of whole worlds: what may
befall an honest record without anybody being accused for it, and what more of the same must not hide.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import ACCOUNTS, EVENTS, SESSION_METRICS
from zhenbo.core.session import DAY
from zhenbo.core.subject import METRICS, Outcome, Tier
from zhenbo.core.verdict import Audit, Fake, SessionVerdict, ShopVerdict, to_json
from zhenbo.intake.load import load, write
from zhenbo.pipeline import Result, audit_dataset, html
from zhenbo.proof.signals import other_name, renamed
from zhenbo.worlds import organic
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan, viewed
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.faults import FAULTS, Fault
from zhenbo.worlds.inject import inject
from zhenbo.worlds.record import write as write_shows
from zhenbo.worlds.show import Words

WEEK = 7 * DAY
_KEY = b"contract-key-of-thirty-two-bytes"
_DB = 1e-6
_RANK = {o: o.rank for o in Outcome}


def check_laws(data: Dataset) -> list[str]:
    """Laws that a record violates, in sentences; empty when they hold.

    Args:
        data: a record of sessions, all of whose events carry a time.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write(data, place / "told")
        first = _audit([place / "told"])
        out = check_audit(first.audit)
        out += check_twice(first, _audit([place / "told"]))
        for name, paths in _retellings(data, place):
            one, other = _settled(first), _settled(_audit(paths))
            if one != other:
                out.append(f"{name} changes the verdict: {_difference(one, other)}")
        out += (
            _renamed_law(data, first, place)
            + _week_law(data, first, place)
            + _stranger_law(data, first, place)
        )
    return out


def check_twice(one: Result, other: Result) -> list[str]:
    """Two runs over the same record agree to the byte."""
    out = [] if to_json(one.audit) == to_json(other.audit) else ["two runs write different verdict.json"]
    return out if html(one) == html(other) else [*out, "two runs write different report.html"]


# --- one verdict --------------------------------------------------------------------------------------------------


def check_audit(audit: Audit) -> list[str]:
    """What breaks its own rules in an audit."""
    out = []
    subjects: list[SessionVerdict | ShopVerdict] = [*audit.sessions, *audit.shops]
    for v in subjects:
        out += [f"{subject_id(v)}: {problem}" for problem in check_verdict(v)]
    return out


def subject_id(verdict: SessionVerdict | ShopVerdict) -> str:
    """Session or shop month."""
    return verdict.session_id if isinstance(verdict, SessionVerdict) else verdict.shop_id


def check_verdict(v: SessionVerdict | ShopVerdict) -> list[str]:
    """Reasons add up, intervals are ordered, money is conserved, nothing is accused without a reason."""
    weight = sum(r.weight_db for r in v.reasons if r.question == v.question)
    asked = [q for q in v.questions.values() if q.asked]
    worst = max((q.verdict for q in asked), key=_RANK.__getitem__, default=Outcome.INSUFFICIENT)
    accusing = [r for r in v.reasons if r.weight_db > 0]
    grave = v.verdict.rank >= Outcome.SUSPECT.rank
    rules: list[tuple[bool, str]] = [
        (abs(v.prior_db + weight - v.score_db) < _DB, f"prior {v.prior_db} and weights {weight} are not its score {v.score_db}"),
        (v.verdict == worst, f"its headline is {v.verdict}, the worst of its questions {worst}"),
        (v.tier == v.questions[v.question.value].tier, "its tier is not that of the headline's question"),
        (bool(accusing) or not grave, f"it says {v.verdict} without a reason that accuses"),
        (all(q.tier > Tier.T0 or q.verdict.rank <= Outcome.SUSPECT.rank for q in asked), "it rises above suspect at T0"),
        (not v.penalty_ready or v.verdict is Outcome.LIKELY, "it is ready for a penalty and not likely"),
        (all(r.events for r in accusing), "a reason that accuses cites no event"),
        (v.probability is None or _rising(0, v.probability_low, v.probability, v.probability_high, 1), "its probability lies outside its interval"),
        (all(len(r.window) == 2 and r.window[0] <= r.window[1] for r in v.reasons), "a reason's window is no interval"),
        (all(r.effect is None or _rising(0, r.effect.low, r.effect.mid, r.effect.high) for r in v.reasons), "a reason's effect is no interval"),
        (len({r.id for r in v.reasons}) == len(v.reasons), "two of its reasons have one id"),
    ]  # fmt: skip
    rules += [
        (_bounded(getattr(v.fake, m)), f"fake {m} breaks 0 <= low <= mid <= high <= shown") for m in METRICS
    ]
    for name, q in v.questions.items():
        total = v.prior_db + sum(r.weight_db for r in v.reasons if r.question == name)
        rules.append((q.score_db is None or abs(total - q.score_db) < _DB, f"{name} does not add up"))
    return [text for holds, text in rules if not holds] + _money(v)


def _money(v: SessionVerdict | ShopVerdict) -> list[str]:
    g = v.gmv
    if g is None:
        return []
    left = g.gross - g.cancelled - g.unpaid_open - g.discount - g.refunded - g.brushed
    rules = [
        (left == g.verified.mid, f"its GMV lines leave {left}, not {g.verified.mid}"),
        (_rising(0, g.brushed_low, g.brushed, g.brushed_high), "brushed is no interval"),
        (_rising(0, g.verified.low, g.verified.mid, g.verified.high), "verified is no interval"),
        (min(g.gross, g.cancelled, g.unpaid_open, g.discount, g.refunded) >= 0, "a GMV line is negative"),
    ]
    return [text for holds, text in rules if not holds]


def _bounded(fake: Fake | None) -> bool:
    return fake is None or _rising(0, fake.low, fake.mid, fake.high, fake.shown)


def _rising(*values: float | None) -> bool:
    known = [v for v in values if v is not None]
    return len(known) == len(values) and all(a <= b for a, b in pairwise(known))


# --- the same record, told differently ----------------------------------------------------------------------------


def _retellings(data: Dataset, place: Path) -> Iterator[tuple[str, Sequence[Path]]]:
    """The same events in other files."""
    events = data.events
    mixed = np.random.default_rng(5).permutation(events.num_rows)
    yield "another order of its rows", [_folder(place / "mixed", data, [events.take(pa.array(mixed))])]
    twice = _folder(place / "twice", data, [events])
    (twice / "events-copy.parquet").write_bytes((twice / "events-0.parquet").read_bytes())
    yield "a copy of its file beside it", [twice]
    yield (
        "every event told in two files",
        [_folder(place / "double", data, [events, events.take(pa.array(mixed))])],
    )
    owner = np.random.default_rng(6).integers(0, 3, events.num_rows)
    parts = [events.filter(pa.array(owner == i)) for i in range(3)]
    yield "being cut into three files", [_folder(place / "parts", data, parts)]
    apart = [_folder(place / f"apart{i}", data if i == 0 else Dataset(), [p]) for i, p in enumerate(parts)]
    yield "being cut into three folders", apart[::-1]


def _folder(place: Path, data: Dataset, parts: Sequence[pa.Table]) -> Path:
    """A canonical data folder with its events in several files."""
    write(replace(data, events=EVENTS.empty_table()), place)
    (place / "events.parquet").unlink()
    for i, part in enumerate(parts):
        pq.write_table(part, place / f"events-{i}.parquet")
    return place


def _audit(paths: Sequence[Path], as_of: int | None = None) -> Result:
    return audit_dataset(load(paths, _KEY).dataset, lang="en", as_of=as_of)


def _renamed_law(data: Dataset, first: Result, place: Path) -> list[str]:
    """Other names for everybody: the same verdicts, and the same people under their new names."""
    write(renamed(data), place / "renamed")
    other = _audit([place / "renamed"])
    out = []
    if _told(other, without=("args", "says")) != _told(first, without=("args", "says")):
        out.append(f"other names change the verdict: {_difference(_told(first), _told(other))}")
    for a, b in zip(first.audited, other.audited, strict=True):
        if {other_name(k): p for k, p in a.judgement.accounts.items()} != dict(b.judgement.accounts):
            out.append(f"{subject_id(a.verdict)}: other names change who is accused")
        if dict(a.judgement.orders) != dict(b.judgement.orders):
            out.append(f"{subject_id(a.verdict)}: other names change which orders are accused")
    return out


def _week_law(data: Dataset, first: Result, place: Path) -> list[str]:
    """The same record a week later: the same verdict (ids and clock times apart)."""
    write(shifted(data, WEEK), place / "later")
    one, other = (_told(r, timeless=True) for r in (first, _audit([place / "later"])))
    return [] if one == other else [f"a week's delay changes the verdict: {_difference(one, other)}"]


def _stranger_law(data: Dataset, first: Result, place: Path) -> list[str]:
    """An unrelated room beside it: not a word changes for the rooms told."""
    guest = stranger(data)
    both = replace(data, events=pa.concat_tables([data.events, guest.events]), accounts=pa.concat_tables([data.accounts, guest.accounts]),
                   metrics=pa.concat_tables([data.metrics, guest.metrics]))  # fmt: skip
    write(both, place / "beside")
    other = _audit([place / "beside"], as_of=data.latest)
    known = [v for v in _told(other) if not str(v.get("session_id", "")).startswith(_GUEST)]
    mine = _told(first)
    return [] if known == mine else [f"an unrelated room changes the verdict: {_difference(mine, known)}"]


# --- what may befall a record -------------------------------------------------------------------------------------


def check_faults(data: Dataset, names: Iterable[str] = tuple(FAULTS), seed: int = 1) -> list[str]:
    """Faults (`worlds.faults`) that change a verdict they must keep, or accuse where nobody was accused.

    Args:
        data: a record of sessions, all of whose events carry a time.
        names: which faults.
        seed: stream of chance.
    """
    out = []
    with tempfile.TemporaryDirectory() as folder:
        write(data, Path(folder) / "sound")
        sound = _audit([Path(folder) / "sound"])
        for name in names:
            place, fault = Path(folder) / name, FAULTS[name]
            _harmed(data, fault, place, np.random.default_rng([seed, len(name)]))
            other = _audit([place])
            if fault.law == "no_new_accusation":
                out += [f"{fault.says}: {problem}" for problem in newly_accused(sound, other)]
            elif (was := _settled(sound)) != (now := _settled(other)):
                out.append(f"{fault.says}: the verdict changes, {_difference(was, now)}")
    return out


def _harmed(data: Dataset, fault: Fault, place: Path, rng: np.random.Generator) -> None:
    """A record as the fault leaves it, in a folder."""
    write(fault.record(data, rng) if fault.record else data, place)
    if fault.folder:
        fault.folder(place, rng)


def newly_accused(before: Result | None, after: Result) -> list[str]:
    """Subjects that are suspect or likely after and were not before (None: before, there was nobody to accuse)."""
    was = {subject_id(v): v.verdict for v in _verdicts(before)} if before else {}
    return [
        f"{subject_id(v)} was {was.get(subject_id(v), 'not there')}, is {v.verdict} at {v.score_db:.1f} dB ({_loudest(v)})"
        for v in _verdicts(after)
        if v.verdict.rank >= Outcome.SUSPECT.rank
        and was.get(subject_id(v), Outcome.UNLIKELY).rank < Outcome.SUSPECT.rank
    ]


def _verdicts(result: Result) -> list[SessionVerdict | ShopVerdict]:
    return [*result.audit.sessions, *result.audit.shops]


def _loudest(v: SessionVerdict | ShopVerdict) -> str:
    return max(v.reasons, key=lambda r: r.weight_db).signal if v.reasons else "no reason"


def check_told_twice(data: Dataset) -> list[str]:
    """A whole record told by two people, each in an order of their own: one verdict, as from either alone."""
    rng = np.random.default_rng(8)
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder) / "one", Path(folder) / "other"
        write(data, one)
        tables = {
            name: table.take(pa.array(rng.permutation(table.num_rows)))
            for name in ("events", "accounts", "metrics", "products")
            if (table := getattr(data, name)).num_rows
        }
        write(replace(data, **tables), other)
        was, now = _settled(_audit([one])), _settled(_audit([one, other]))
    return [] if was == now else [f"telling a world twice changes the verdict: {_difference(was, now)}"]


# --- more of the same ---------------------------------------------------------------------------------------------


def check_more_viewers(seed: int, burst: str = "none", view: str = "insider", times: int = 1) -> list[str]:
    """An honest room is not accused, and is not accused when further honest audiences come.

    Args:
        seed: stream of chance.
        burst: honest burst of the evening.
        view: who looks.
        times: further audiences, each as large as the first.
    """
    out = []
    for audiences in (0, times):
        rng = np.random.default_rng([seed, 5])
        show = stage(plan(rng, seed % 1_000, (300, 600)), burst, rng, Crowd(), Words())
        for _ in range(audiences):
            organic.play(show, rng)
        data = viewed(write_shows([show], seed * 1_000_003 + 5), view, rng).dataset
        made = audit_dataset(data, lang="en")
        out += [f"{1 + audiences} honest audiences: {p}" for p in newly_accused(None, made)]
    return out


DOUBLING_DB = 3.0
"""How far a score may fall when the bought crowd doubles: a factor of two in the odds. The two crowds draw their
scripts, beats and accounts anew, and the judge itself holds the weights of one session for no surer than that
(`audit.gmv`); a fall beyond it means that more fraud looks less like fraud."""


def check_doubled(data: Dataset, subject: str, attack: str, dose: float, seed: int = 1) -> list[str]:
    """Twice the bought crowd over the same honest record: no score falls by more than `DOUBLING_DB`, no outcome at all.

    Args:
        data: an honest record, simulated or real.
        subject: the session or shop month to attack.
        attack: a name of the attack library.
        dose: share of the shown metric that the single crowd fabricates.
        seed: stream of chance.
    """
    verdicts = []
    for share in (dose, 2 * dose / (1 + dose)):  # n / (real + n), then 2n / (real + 2n)
        world = inject(data, subject, attack, np.random.default_rng([seed, 6]), share)
        made = audit_dataset(world.dataset, lang="en")
        verdicts.append(next(v for v in _verdicts(made) if subject_id(v) == subject))
    once, twice = verdicts
    out = []
    if twice.score_db < once.score_db - DOUBLING_DB:
        out.append(
            f"{attack}: twice the crowd lowers the score from {once.score_db:.1f} to {twice.score_db:.1f} dB"
        )
    if twice.verdict.rank < once.verdict.rank:
        out.append(f"{attack}: twice the crowd turns {once.verdict} into {twice.verdict}")
    return out


_GUEST = "guest-"


def stranger(data: Dataset) -> Dataset:
    """A room like the first one told, with other ids, people, places and orders."""
    name = next(s for s in data.events["session_id"].cast(pa.string()).to_pylist() if s)
    mine = pc.equal(data.events["session_id"].cast(pa.string()), name)
    room = renamed(replace(data, events=data.events.filter(mine), windows={}))
    events = room.events
    for column in ("host_id", "session_id", "event_id", "order_id", "parent_id", "tracking_id"):
        at = events.schema.get_field_index(column)
        told = pc.binary_join_element_wise(_GUEST, events[column].cast(pa.string()), "")
        events = events.set_column(at, column, told.cast(EVENTS.field(column).type))
    metrics = data.metrics.filter(pc.equal(data.metrics["session_id"].cast(pa.string()), name))
    at = SESSION_METRICS.get_field_index("session_id")
    told = pc.binary_join_element_wise(_GUEST, metrics["session_id"].cast(pa.string()), "")
    return replace(room, events=events.cast(EVENTS), metrics=metrics.set_column(at, "session_id", told.cast(SESSION_METRICS.field(at).type)))  # fmt: skip


def shifted(data: Dataset, us: int) -> Dataset:
    """The same record so many microseconds later."""
    events = _later(_later(data.events, EVENTS, "ts", us), EVENTS, "ts_seen", us)
    accounts = _later(_later(data.accounts, ACCOUNTS, "seen_at", us), ACCOUNTS, "since", us)
    metrics = _later(data.metrics, SESSION_METRICS, "bucket_start", us)
    windows = {s: tuple(replace(w, start=w.start + us, end=w.end + us) for w in ws) for s, ws in data.windows.items()}  # fmt: skip
    return replace(data, events=events, accounts=accounts, metrics=metrics, windows=windows)


def _later(table: pa.Table, schema: pa.Schema, name: str, us: int) -> pa.Table:
    moved = pc.add(table[name].cast(pa.int64()), us).cast(schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, moved)


def _settled(result: Result) -> list[dict[str, Any]]:
    """Verdicts and everybody named, as plain data."""
    named = [
        [sorted(a.judgement.accounts.items()), sorted(a.judgement.orders.items())] for a in result.audited
    ]
    return [*_told(result), {"named": named}]


def _told(result: Result, without: Sequence[str] = (), *, timeless: bool = False) -> list[dict[str, Any]]:
    """Verdicts as plain data; `timeless` leaves out ids and clock times, `without` fields of reasons."""
    made = []
    for a in result.audited:
        plain: dict[str, Any] = msgspec.to_builtins(a.verdict)
        for reason in plain["reasons"]:
            for name in (*without, *(("id", "window", "says") if timeless else ())):
                del reason[name]
            if timeless and "args" in reason:
                reason["args"] = {k: v for k, v in reason["args"].items() if not k.endswith("_us")}
        if timeless:
            plain |= dict.fromkeys(("start", "end", "from", "to"))
        made.append(plain)
    return made


def _difference(one: Any, other: Any, path: str = "") -> str:
    """The first place where two plain values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                return _difference(one.get(key), other.get(key), f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                return _difference(a, b, f"{path}[{i}]")
    return f"{path} was {str(one)[:80]}, is {str(other)[:80]}"
