"""The audit of what does not fit in memory: the same program on files and processes, or on Spark."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo import __version__
from zhenbo.audit.deal_payments import money_rows
from zhenbo.audit.interests import merchants_of
from zhenbo.core.cells import categories_of
from zhenbo.core.errors import ZhenboError
from zhenbo.core.papers import Papers
from zhenbo.core.rows import R, plain, shaped
from zhenbo.core.schema import ACCOUNTS, EVENTS, PRODUCTS, SESSION_METRICS, empty
from zhenbo.engines.embedded import Host, Progress, Runner, WorkFolder
from zhenbo.engines.embedded.spill import read_table
from zhenbo.engines.spark import SparkRows, session
from zhenbo.intake import papers, placing
from zhenbo.intake.identity import Pseudonyms
from zhenbo.pipeline.audit import Lang, Result, nothing_read
from zhenbo.pipeline.once import MARKS, once
from zhenbo.pipeline.packs import Packs, default_packs
from zhenbo.pipeline.program import Asking, audited, result
from zhenbo.pipeline.reading import Part, Read, digest, parts, read
from zhenbo.pipeline.road import EMBEDDED, Road

BUCKET_ROWS = 250_000
"""Events that one process puts together at once, on average; a large room makes it several times as many."""


@contextmanager
def audit_large(
    paths: Sequence[Path], key: bytes, road: Road, *, as_of: int | None = None, lang: Lang = "zh",
    packs: Packs | None = None, deals: Sequence[Path] = (),
) -> Iterator[Result]:  # fmt: skip
    """The audit of files of any size, as `audit_paths` gives it; the work is removed when this is left without error.

    Raises:
        NoEventsError: when nothing readable was found.
        ZhenboError: when the working folder cannot be used, or a worker died.
    """
    packs = packs or default_packs()
    _apart(paths, road.work)
    found, told = parts(paths, road.report), papers.read(paths, deals)
    claim = {
        "version": __version__, "input": digest(found), "key": hashlib.sha256(key).hexdigest(),
        "policy": packs.policy.name, "time to read at": str(as_of), "language": lang, "engine": _kind(road.engine),
        "deals": hashlib.sha256(repr((told.deals, told.registry.rows)).encode()).hexdigest(),
    }  # fmt: skip
    with WorkFolder(road.work, claim) as work:
        for line in work.said:
            road.say(line)
        yield _audited(paths, found, key, work.path, road, as_of, lang, packs, told)
        work.remove()


def _kind(engine: str) -> str:
    return engine if engine == EMBEDDED else "spark"


def _apart(paths: Sequence[Path], work: Path) -> None:
    for path in paths:
        inside = (
            work.resolve().relative_to(path.resolve())
            if work.resolve().is_relative_to(path.resolve())
            else None
        )
        if inside is not None and not any(part.startswith(".") for part in inside.parts):
            raise ZhenboError(
                f"The working folder {work} lies in {path}, which is to be read. Name another with --work."
            )


def _audited(
    paths: Sequence[Path], found: Sequence[Part], key: bytes, folder: Path, road: Road, as_of: int | None,
    lang: Lang, packs: Packs, told: Papers,
) -> Result:  # fmt: skip
    with ExitStack() as open_now:
        spark = None if road.engine == EMBEDDED else open_now.enter_context(session(road.engine))
        runner = open_now.enter_context(Runner(road.jobs, road.report).running())
        got = read(found, key, folder / "read", runner, "arrow" if spark is None else "parquet")
        if not got.events:
            raise nothing_read(paths, got.unused)
        products = _products(got)
        asking = Asking(
            as_of or 0, cut=as_of is not None, lang=lang, policy=packs.policy, windows=got.windows, packs=packs,
            categories=categories_of(products), merchants=merchants_of(products), papers=told,
        )  # fmt: skip
        if spark is None:
            host = Host(folder, runner, max(4, -(-got.events // BUCKET_ROWS)))
            return _run(host.files, got, asking, key)
        road.report(Progress("on Spark", 0, 1, 0))
        return _run(lambda files, _, schema: SparkRows.read(spark, files, schema), got, asking, key)


def _products(got: Read) -> pa.Table:
    """The products that were read; goods are few beside events."""
    files = [f for f, _ in got.tables.get("products", [])]
    tables = [pq.read_table(f) if f.suffix == ".parquet" else read_table(f) for f in files]
    return pa.concat_tables([shaped(t, PRODUCTS) for t in tables]) if tables else empty(PRODUCTS)


def _run(hosted: Callable[..., R], got: Read, asking: Asking, key: bytes) -> Result:
    """The program, on any host."""

    def table(name: str, schema: object) -> R | None:
        files = got.tables.get(name, [])
        return hosted([f for f, _ in files], [n for _, n in files], schema) if files else None

    events, marks = table("events", EVENTS), table("marks", MARKS)
    assert events is not None
    assert marks is not None
    distinct, latest = once(events, marks)
    if not asking.cut:
        asking = replace(asking, as_of=latest)
    if asking.papers.registry.rows:
        platforms = distinct.each(_platforms, _PLATFORMS).gather()["platform"].unique().to_pylist()
        asking = replace(asking, papers=papers.hidden(asking.papers, Pseudonyms(key), platforms))
    metrics = table("metrics", SESSION_METRICS)
    if metrics is not None:
        metrics = _placed(metrics, distinct)
    told = audited(distinct, table("accounts", ACCOUNTS), metrics, asking)
    money = distinct.each(money_rows, EVENTS).gather() if asking.papers.deals else None
    return result(told.gather(), asking, got.unused, money)


_PLATFORMS = pa.schema([("platform", pa.string())])


def _platforms(events: pa.Table) -> pa.Table:
    """The platforms of a batch."""
    return pa.table({"platform": plain(events["platform"]).unique().drop_null()}, schema=_PLATFORMS)


def _placed(metrics: R, events: R) -> R:
    """Metrics that name no broadcast, in the sessions found for them; those are few, and events are looked at only for them."""
    rows = metrics.each(placing.asking, SESSION_METRICS).gather()
    if not rows.num_rows:
        return metrics
    recorded = events.each(placing.seen, placing.SPANS).gather()
    return metrics.each(partial(placing.moved, placing.homes(rows, recorded)), SESSION_METRICS)
