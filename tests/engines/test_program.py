"""The audit as a program over `Rows` gives what `audit_dataset` gives, however a host tears its tables."""

# ruff: noqa: TID251 - tests draw, from a seed

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engines.records import crossing
from engines.torn import Torn
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.division import divided, sessions
from zhenbo.core.rows import Held
from zhenbo.core.verdict import to_json
from zhenbo.engines.embedded import Host, Runner, Spilled
from zhenbo.engines.embedded.host import FILE_ROWS
from zhenbo.engines.embedded.spill import write_table
from zhenbo.intake.distinct import distinct_rows
from zhenbo.pipeline import audit_dataset, tables
from zhenbo.pipeline.program import Asking, audited, moment, result, settled

DAY_US = 86_400_000_000


def sorted_sides(data: Dataset) -> Dataset:
    """Side tables as the door gives them."""
    return replace(data, accounts=distinct_rows(data.accounts), metrics=distinct_rows(data.metrics))


def told(session) -> tuple:
    """All there is to a subject, to be compared."""
    held = (session.events, session.accounts, session.metrics, session.rounds, session.elsewhere)
    return (
        session.session_id, session.host_id, session.platform, session.scope, session.windows, session.as_of,
        *(None if t is None else t.to_pydict() for t in held),
    )  # fmt: skip


def twice(events: pa.Table, rng: np.random.Generator) -> pa.Table:
    """The events, a third of them delivered twice."""
    again = events.take(pa.array(rng.permutation(events.num_rows)[: events.num_rows // 3]))
    return pa.concat_tables([events, again]).unify_dictionaries()


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "as of"])
@pytest.mark.parametrize("seed", range(4))
def test_every_subject_is_put_together_the_same(seed: int, cut: bool):
    """Rooms and shop months with what they are told from elsewhere: equal to the short road, field by field."""
    data, rng = sorted_sides(crossing(seed)), np.random.default_rng(seed)
    as_of = data.latest - 3 * DAY_US if cut else data.latest
    events = settled(Torn.of(twice(data.events, rng), rng))
    accounts, metrics = (Torn.of(t, rng) for t in (data.accounts, data.metrics))
    main, side = divided(events, accounts, metrics, as_of if cut else None)
    made = sessions(main.gather(), side.gather(), data.windows, as_of, lambda _, m: distinct_rows(m))
    short = [told(s) for s in subjects(data, as_of if cut else None)]
    assert [told(s) for s in made] == short
    assert sum(bool(s[-1]) and bool(s[-1]["kind"]) for s in short) >= 4, (
        "nobody is told of orders elsewhere: nothing tested"
    )


def spilled(folder: Path, jobs: int) -> Callable[[pa.Table], Spilled]:
    """Tables given to the embedded host as three files each, split five ways at every hop."""
    host = Host(folder / "gathers", Runner(jobs), 5)

    def rows(table: pa.Table) -> Spilled:
        place = folder / f"t{len(list(folder.iterdir()))}"
        place.mkdir(parents=True)
        n = -(-table.num_rows // 3)
        parts = [table.slice(i * n, n) for i in range(3)]
        for i, part in enumerate(parts):
            write_table(place / f"{i}.arrow", part)
        return host.files([place / f"{i}.arrow" for i in range(3)], [FILE_ROWS] * 3, table.schema)

    return rows


@pytest.mark.parametrize(
    "host", ["held", "torn", "embedded", pytest.param("processes", marks=pytest.mark.slow)]
)
def test_verdicts_and_tables_are_the_same_bytes(host: str, tmp_path: Path):
    """The whole audit of a crossing record: verdict.json, named accounts and orders, exhibits."""
    data, rng = sorted_sides(crossing(11, 900)), np.random.default_rng(11)
    short = audit_dataset(data, lang="en")
    hosts = {
        "held": Held, "torn": partial(Torn.of, rng=rng), "embedded": spilled(tmp_path, 1), "processes": spilled(tmp_path, 2),
    }  # fmt: skip
    rows = hosts[host]
    events = settled(rows(twice(data.events, rng)))
    asking = Asking(moment(events), lang="en", windows=data.windows, cover=False)
    made = result(audited(events, rows(data.accounts), rows(data.metrics), asking).gather(), asking)
    assert to_json(made.audit) == to_json(short.audit)
    assert [t.to_pydict() for t in tables(made).values()] == [t.to_pydict() for t in tables(short).values()]
    assert [a.exhibit for a in made.audited] == [a.exhibit for a in short.audited]
