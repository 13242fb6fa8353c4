"""What the audits of parties read: a record audited on the fly, or the verdicts of an earlier audit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhenbo.audit.figures import in_time
from zhenbo.audit.flows import Move, moves
from zhenbo.audit.growth import Reading
from zhenbo.audit.purchases import Purchases, purchases
from zhenbo.audit.shown import shown
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.errors import NoEventsError, ZhenboError
from zhenbo.core.papers import Papers
from zhenbo.core.rows import plain
from zhenbo.core.session import DAY, Session, micros
from zhenbo.core.verdict import Audit, SubjectVerdict
from zhenbo.judge import Policy
from zhenbo.pipeline.audit import Lang, audit_dataset, default_policy, nothing_read

VERDICT = "verdict.json"
_FANS = "fan_total"


@dataclass(frozen=True)
class Known:
    """Everything that is known of the parties of a record.

    Args:
        audit: verdicts on its sessions and shop months.
        papers: contracts and who is who.
        data: the record itself; None where only verdicts were given.
        brushed: orders taken for brushed (p > 0.5).
        policy: for what looking at many rooms costs.
    """

    audit: Audit
    papers: Papers = field(default_factory=Papers)
    data: Dataset | None = None
    brushed: frozenset[str] = frozenset()
    policy: Policy = field(default_factory=default_policy)

    @property
    def verdicts(self) -> list[SubjectVerdict]:
        """Sessions and shop months, in the order of time."""
        return in_time([*self.audit.sessions, *self.audit.shops])

    @property
    def as_of(self) -> int:
        """Microsecond at which the record is read."""
        return int(datetime.fromisoformat(self.audit.as_of).timestamp() * 1_000_000)

    def moved(self) -> list[Move]:
        """All payments outside the orders up to `as_of`."""
        return [] if self.data is None else [m for m in moves(self.data.events) if m.at <= self.as_of]

    def readings(self, host: str) -> list[Reading]:
        """Follower counts of a host that were displayed, up to `as_of`."""
        return [r for name in self._names(host) for r in self._readings.get(name, ()) if r.at <= self.as_of]

    def _names(self, host: str) -> list[str]:
        """Ids and accounts of a host."""
        return sorted({*self.papers.registry.ids(host), *self.papers.registry.accounts(host)})

    @cached_property
    def _readings(self) -> Mapping[str, Sequence[Reading]]:
        """All of them by host or account: a record of ten thousand hosts is gone through once, not once per host."""
        out: dict[str, list[Reading]] = {}
        if self.data is not None:
            hosts = pc.unique(plain(self.data.events["host_id"])).drop_null().to_pylist()
            names = {name for host in hosts for name in self._names(host)}
            for name, reading in (*_events(self.data), *_snapshots(self.data, names)):
                out.setdefault(name, []).append(reading)
        return out

    def displayed(self) -> dict[str, dict[str, float]]:
        """Per host, renamed ones as one: followers as last read and what its middle session shows; empty where only verdicts are at hand."""
        if self.data is None:
            return {}
        seen: dict[str, dict[str, list[int]]] = {}
        for session in (s for s in subjects(self.data) if s.scope == "session"):
            known = seen.setdefault(self.papers.registry.same(session.host_id), {})
            for metric, total in shown(session).total.items():
                if total is not None:
                    known.setdefault(metric, []).append(total)
        told = {host: {m: float(np.median(n)) for m, n in figures.items()} for host, figures in seen.items()}
        for host, figures in told.items():
            if last := max(self.readings(host), default=None):
                figures["followers"] = float(last.fans)
        return told


def _events(data: Dataset) -> Iterator[tuple[str, Reading]]:
    """Readings from counter rows, with the host they are of."""
    e = data.events
    told = pc.and_(
        pc.equal(plain(e["kind"]), _FANS), pc.and_(pc.is_valid(e["ts"]), pc.is_valid(e["host_id"]))
    )
    rows = e.filter(pc.fill_null(pc.and_(told, pc.greater_equal(e["qty"], 0)), False))
    columns = (plain(rows[c]).to_pylist() for c in ("host_id", "qty", "source", "event_id"))
    for at, host, fans, source, event in zip(micros(rows["ts"]).tolist(), *columns, strict=True):
        yield host, Reading(at, fans, f"{source}:{event}")


def _snapshots(data: Dataset, hosts: set[str]) -> Iterator[tuple[str, Reading]]:
    """Readings from snapshots of the hosts' own accounts, with the account they are of."""
    a = data.accounts
    if not a.num_rows:
        return
    mine = pc.and_(pc.is_in(a["account_id"], pa.array(sorted(hosts), pa.string())), pc.is_valid(a["seen_at"]))
    rows = a.filter(pc.fill_null(pc.and_(mine, pc.greater_equal(a["followers"], 0)), False))
    columns = (rows[c].to_pylist() for c in ("account_id", "followers"))
    for at, who, fans in zip(micros(rows["seen_at"]).tolist(), *columns, strict=True):
        yield who, Reading(at, fans, f"accounts:{who}")


def known(
    paths: Sequence[Path], key: Callable[[], bytes], *, as_of: int | None = None, lang: Lang = "zh", packs: Any = None,
    progress: Callable[[Session], None] = lambda _: None,
) -> Known:  # fmt: skip
    """Read what is given: data folders and raw files are audited, a verdict of an earlier audit is taken as it stands.

    Args:
        paths: data folders, raw files, `--out` folders of `zhenbo audit`, or `verdict.json` itself. Papers beside either count.
        key: gives the key for pseudonyms, where raw sources are read.
        as_of: microsecond at which a record is read; the latest event by default.
        lang: language of the verdicts' sentences.
        packs: baselines, calendar and policy; the shipped ones by default.
        progress: called with each subject before it is audited.

    Raises:
        NoEventsError: when there is nothing to audit.
        ZhenboError: when verdicts and records are mixed, or a verdict cannot be read.
    """
    from zhenbo.intake import papers

    before, told = earlier(paths), papers.read(paths)
    if before:
        if len(before) < len(paths) and not _only_papers([p for p in paths if not _is_verdict(p)]):
            raise ZhenboError(
                "Verdicts of an earlier audit and records to be audited cannot be read together: give the data folders "
                "alone, or the --out folders (with parties.toml and deals.toml beside them)."
            )
        if as_of is not None:
            raise ZhenboError("--as-of changes what is audited: give the data folder, not the verdict of an earlier audit.")  # fmt: skip
        return Known(_joined([_verdict(p) for p in before]), told)
    data, rejects = loaded(paths, key())
    options: dict[str, Any] = {
        "as_of": as_of,
        "lang": lang,
        "packs": packs,
        "rejects": rejects,
        "papers": told,
    }
    result = audit_dataset(data, progress=progress, **options)
    brushed = frozenset(o for a in result.audited for o, p in a.judgement.orders.items() if p > 0.5)
    return Known(result.audit, told, data if as_of is None else data.until(as_of), brushed)


def loaded(paths: Sequence[Path], key: bytes) -> tuple[Dataset, list[Any]]:
    """The record in files of any known source, and what could not be used.

    Raises:
        NoEventsError: when nothing readable was found.
    """
    from zhenbo.intake.load import load

    loaded = load(paths, key)
    if not loaded.dataset.events.num_rows:
        raise nothing_read(paths, loaded.unused)
    return loaded.dataset, loaded.unused


def bought(data: Dataset, until: int, without: frozenset[str] = frozenset()) -> Purchases:
    """The purchases of a record up to a moment; orders taken for brushed left out."""
    return purchases(data.until(until).events, until + DAY - 1, without)


def brushed_in(folder: Path) -> frozenset[str]:
    """Orders that an earlier audit takes for brushed (p > 0.5): from its `orders.parquet`.

    Raises:
        ZhenboError: when the folder holds none.
    """
    try:
        table = pq.read_table(folder / "orders.parquet", columns=["order_id", "probability"])
        rows = table.filter(pc.greater(table["probability"], 0.5))
    except (OSError, pa.ArrowException) as error:
        raise ZhenboError(
            f"{folder} holds no orders.parquet that zhenbo wrote ({error}). Give the --out folder of `zhenbo audit`."
        ) from error
    return frozenset(rows["order_id"].drop_null().to_pylist())


def earlier(paths: Sequence[Path]) -> list[Path]:
    """The verdicts of earlier audits among some paths."""
    return [p / VERDICT if p.is_dir() else p for p in paths if _is_verdict(p)]


def _is_verdict(path: Path) -> bool:
    return path.name == VERDICT if path.is_file() else (path / VERDICT).is_file()


def _only_papers(paths: Sequence[Path]) -> bool:
    files = [f for p in paths for f in (p.iterdir() if p.is_dir() else [p])]
    return all(f.suffix.lower() == ".toml" for f in files)


def _verdict(path: Path) -> Audit:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Audit)
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise ZhenboError(
            f"{path} is no verdict that zhenbo wrote ({error}). Give an --out folder of `zhenbo audit`, or the data folder."
        ) from error


def _joined(audits: Sequence[Audit]) -> Audit:
    """Several audits as one: the first word on each subject counts, the latest moment is that of all."""
    first = audits[0]
    if not any(a.sessions or a.shops for a in audits):
        raise NoEventsError("The verdict holds no session and no shop month: there is nothing to sum up.")
    deals = {d.id: d for a in reversed(audits) for d in a.deals}
    sessions = {s.session_id: s for a in reversed(audits) for s in a.sessions}
    shops = {s.shop_id: s for a in reversed(audits) for s in a.shops}
    return msgspec.structs.replace(
        first, as_of=max(a.as_of for a in audits), sessions=[sessions[k] for k in sorted(sessions)],
        shops=[shops[k] for k in sorted(shops)], deals=[deals[k] for k in sorted(deals)],
        notes=list(dict.fromkeys(n for a in audits for n in a.notes)),
    )  # fmt: skip


def windows_of(found: Known, verdicts: Sequence[SubjectVerdict]) -> list[Any]:
    """Honest causes declared for some subjects."""
    declared: Mapping[str, Any] = {} if found.data is None else found.data.windows
    return [w for v in verdicts for w in declared.get(getattr(v, "session_id", ""), ())]
