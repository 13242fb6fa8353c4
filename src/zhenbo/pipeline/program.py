"""The audit as a program over `Rows`: from events of any size, on any host, to one small row per subject.

`audit.audit_dataset` is the short road for what fits in memory; both run the same steps and give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.crews import Crew
from zhenbo.audit.interests import Interests, with_insiders
from zhenbo.audit.performed import Performed, performed
from zhenbo.audit.session import case
from zhenbo.core.cells import Categories
from zhenbo.core.dataset import precedence
from zhenbo.core.division import divided, sessions
from zhenbo.core.errors import Reject
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.papers import Papers
from zhenbo.core.rows import R
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import Window
from zhenbo.core.verdict import SessionVerdict, ShopVerdict
from zhenbo.intake.coverage import SOURCE, coverage
from zhenbo.intake.distinct import distinct, distinct_rows
from zhenbo.judge import Group, Policy
from zhenbo.pipeline.audit import NO_PAPERS, UNTOLD, Lang, Result, concluded, look, result_of, usual
from zhenbo.pipeline.deals import with_deals
from zhenbo.pipeline.packs import Packs, default_packs

ANSWERS = pa.schema([
    ("subject", pa.string()), ("verdict", pa.binary()), ("named", pa.binary()), ("exhibit", pa.binary()),
    ("performed", pa.binary()),
])  # fmt: skip
"""One row per audited subject: its verdict, the accounts and orders named, what the report shows beside, what it did for
deals (msgpack)."""
_LATEST = pa.schema([("ts", pa.int64())])


@dataclass(frozen=True)
class Named:
    """Who was named in a subject, each with a probability, who acts as one, and who bought the orders named."""

    accounts: Mapping[str, float]
    orders: Mapping[str, float]
    groups: tuple[Group, ...] = ()
    crew: Crew = ()


@dataclass(frozen=True)
class Told:
    """A subject's row of `ANSWERS`: what a result needs of an `Audited` one.

    Millions of names are read back when asked for, one subject after another, and not kept.
    """

    verdict: SessionVerdict | ShopVerdict
    named: bytes
    shown: bytes

    @property
    def judgement(self) -> Named:
        """Who was named."""
        return msgspec.msgpack.decode(self.named, type=Named)

    @property
    def crew(self) -> Crew:
        """Who bought the orders named."""
        return self.judgement.crew

    @property
    def exhibit(self) -> Exhibit:
        """What the report shows beside the verdict."""
        return msgspec.msgpack.decode(self.shown, type=Exhibit)


@dataclass(frozen=True)
class Asking:
    """What is asked of a record; travels to every worker.

    Args:
        as_of: microsecond at which the record is read.
        cut: whether later events are left out (`as_of` was asked for, not found).
        lang: language of the sentences.
        policy: to judge by; that of the packs by default.
        windows: declared honest causes by session.
        packs: baselines and calendar to compare with.
        categories: of products.
        merchants: whose goods each product is.
        cover: whether coverage is computed from the events here (else the metrics hold it).
        papers: deals to settle, and who is who.
    """

    as_of: int
    cut: bool = False
    lang: Lang = "zh"
    policy: Policy = field(default_factory=lambda: default_packs().policy)
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    packs: Packs = field(default_factory=default_packs)
    categories: Categories = field(default_factory=lambda: dict(UNTOLD))
    merchants: Mapping[tuple[str, str], str] = field(default_factory=dict)
    cover: bool = True
    papers: Papers = NO_PAPERS


def audited(events: R, accounts: R | None, metrics: R | None, asking: Asking) -> R:
    """`ANSWERS` of every subject.

    Args:
        events: distinct events, in no order.
        accounts: snapshots, or None where there are none.
        metrics: rows of `SESSION_METRICS`, or None.
        asking: what is asked.
    """
    main, side = divided(events, accounts, metrics, asking.as_of if asking.cut else None)
    return main.meet(side, ("subject",), partial(answers, asking), ANSWERS)


def settled(events: R) -> R:
    """Distinct events: the versions of each (source, event_id) meet, and one stays."""
    return events.keyed(("source", "event_id"), one_each, EVENTS)


def one_each(events: pa.Table) -> pa.Table:
    """Whole identities: the version of each event that stays."""
    return distinct(events).events


def moment(events: R) -> int:
    """Microsecond of the latest of distinct events; 0 when none has a time."""
    return pc.max(events.each(latest, _LATEST).gather()["ts"]).as_py() or 0


def latest(events: pa.Table) -> pa.Table:
    """The latest time of a batch."""
    return pa.table({"ts": [pc.max(events["ts"].cast(pa.int64())).as_py()]}, schema=_LATEST)


def answers(asking: Asking, main: pa.Table, side: pa.Table) -> pa.Table:
    """Whole subjects audited: `ANSWERS` from `OWNED` and `SIDE` rows."""
    looking = partial(look, packs=asking.packs, categories=asking.categories)
    measure = measured if asking.cover else _as_read
    rows: list[tuple[str, bytes, bytes, bytes, bytes]] = []
    interests = Interests(asking.merchants, asking.papers)
    for told_ in sessions(main, side, asking.windows, asking.as_of, measure):
        session = with_insiders(told_, interests)
        made = concluded(
            case(session, looking(session), asking.policy, usual(session, asking.packs, asking.categories)),
            asking.policy, asking.lang, looking, interests,
        )  # fmt: skip
        told = made.judgement
        named = Named(dict(told.accounts), dict(told.orders), told.groups, made.crew)
        done = performed(session, made.verdict, told.orders, asking.papers, asking.policy)
        rows.append(
            (session.session_id, _packed(made.verdict), _packed(named), _packed(made.exhibit), _packed(done))
        )
    columns = list(zip(*rows, strict=True)) or [()] * len(ANSWERS)
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, ANSWERS, strict=True)], schema=ANSWERS
    )


def measured(events: pa.Table, metrics: pa.Table) -> pa.Table:
    """The metrics of a session with its coverage, as `intake.load` settles them for a whole dataset."""
    own = pc.fill_null(pc.equal(metrics["source"].cast(pa.string()), SOURCE), False)
    both = [metrics.filter(pc.invert(own)), coverage(events)]
    return distinct_rows(pa.concat_tables(both).unify_dictionaries())


def _as_read(_: pa.Table, metrics: pa.Table) -> pa.Table:
    return distinct_rows(metrics)


def result(
    told: pa.Table, asking: Asking, rejects: Sequence[Reject] = (), money: pa.Table | None = None
) -> Result:
    """The finished audit from all its `ANSWERS`; `money` are the payments that name a deal."""
    order = sorted(range(told.num_rows), key=lambda i: precedence(told["subject"][i].as_py()))
    read = [read_back(row) for row in told.take(pa.array(order, pa.int64())).to_pylist()]
    made = result_of(read, asking.as_of, asking.policy, asking.lang, rejects, asking.packs)
    if not asking.papers:
        return made
    rows = EVENTS.empty_table() if money is None else money
    done = [
        p for row in told["performed"].to_pylist() for p in msgspec.msgpack.decode(row, type=list[Performed])
    ]
    return replace(made, audit=with_deals(made.audit, done, asking.papers, rows, asking.as_of))


def read_back(row: Mapping[str, Any]) -> Told:
    """A row of `ANSWERS` as what it says."""
    shape: Any = ShopVerdict if row["subject"].startswith("shop:") else SessionVerdict
    return Told(msgspec.msgpack.decode(row["verdict"], type=shape), row["named"], row["exhibit"])


def _packed(value: Any) -> bytes:
    """Exact: floats keep their bits, mappings their order; numbers of any array library become Python's own."""
    return msgspec.msgpack.encode(value, enc_hook=lambda v: v.item())
