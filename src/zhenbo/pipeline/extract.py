"""The extract of a subject's record that goes into a bundle: rows the reasons rest on, without what names a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.act.bundle import Contents
from zhenbo.core.contacts import hidden
from zhenbo.core.order import canonical_order
from zhenbo.core.rounds import ROUNDS
from zhenbo.core.rows import plain
from zhenbo.core.schema import ACCOUNTS, EVENTS, MONEY_KINDS, SESSION_METRICS, TRADE_KINDS
from zhenbo.core.session import Session, Window
from zhenbo.core.verdict import SessionVerdict, ShopVerdict

PEOPLE = {"actor_id": "u", "account_id": "u", "account": "u", "target_id": "u", "device": "d", "ip": "i", "addr": "a", "pay": "p", "tracking_id": "t"}  # fmt: skip
"""Columns that name people or their things, with the first letter of the name that takes the place of what could be a raw one."""
_WORDS = ("text", "state", "via", "region")
_DIGITS = 7


@dataclass
class Veil:
    """Makes rows fit to travel: raw-looking names become names of this file's own, contacts in texts are masked.

    Pseudonyms pass; what could be a phone number, an id of a platform or an address does not. Equal values stay equal.
    """

    names: dict[tuple[str, str], str] = field(default_factory=dict)
    masked: int = 0

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row, its empty cells left out; `extra` stays at home."""
        return {
            name: self._cell(name, value)
            for name, value in row.items()
            if value is not None and name != "extra"
        }

    def _cell(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            raise TypeError(name)
        if not isinstance(value, str):
            return value
        if name in PEOPLE:
            return self._who(PEOPLE[name], value)
        return self.text(value) if name in _WORDS else value

    def _who(self, letter: str, value: str) -> str:
        if not (letter == "t" or raw(value)):
            return value
        self.masked += 1
        return self.names.setdefault((letter, value), f"{letter}_{len(self.names) + 1:06}_x")

    def text(self, value: str) -> str:
        """A text with contacts and addresses masked."""
        shown = hidden(value)
        self.masked += shown != value
        return shown

    def words(self, value: Any) -> Any:
        """Every text within arguments."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {k: self.words(v) for k, v in value.items()}
        return [self.words(v) for v in value] if isinstance(value, list | tuple) else value

    def verdict(self, verdict: SessionVerdict | ShopVerdict) -> SessionVerdict | ShopVerdict:
        """The verdict with the texts in its arguments masked, and the bridge without what other subjects taught it."""
        gmv = verdict.gmv and msgspec.structs.replace(verdict.gmv, returns=None, after_returns=None)
        reasons = [
            msgspec.structs.replace(r, args=self.words(r.args), says=self.text(r.says))
            for r in verdict.reasons
        ]
        return msgspec.structs.replace(verdict, gmv=gmv, reasons=reasons)


def raw(value: str) -> bool:
    """Whether an id could be a person's own: contact, address, long number, or a name in writing."""
    digits = sum(c.isdigit() for c in value)
    return (
        hidden(value) != value
        or (digits >= _DIGITS and digits >= 0.8 * len(value))
        or any("\u4e00" <= c <= "\u9fff" for c in value)
    )


def rows(table: pa.Table, veil: Veil) -> list[dict[str, Any]]:
    """A table as rows that can travel; times are microseconds."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        elif pa.types.is_dictionary(column.type):
            column = plain(column)
        columns[name] = column
    return [veil.row(row) for row in pa.table(columns).to_pylist()]


def cited(session: Session, verdict: SessionVerdict | ShopVerdict) -> pa.Table:
    """Rows of a subject that its reasons name, and all of its trade, from which the bridge is made."""
    names = {event for reason in verdict.reasons for event in reason.events}
    e = session.events
    kinds = pa.array([*TRADE_KINDS, *MONEY_KINDS], pa.string())
    told = pc.binary_join_element_wise(plain(e["source"]), e["event_id"], ":")
    mine = pc.or_(
        pc.is_in(plain(e["kind"]), value_set=kinds),
        pc.fill_null(pc.is_in(told, value_set=pa.array(sorted(names), pa.string())), False),
    )
    return e.filter(mine)


def of_people(accounts: pa.Table, events: pa.Table) -> pa.Table:
    """Snapshots of the accounts that act in some rows."""
    return accounts.filter(pc.is_in(accounts["account_id"], value_set=pc.unique(events["actor_id"])))


def windows(session: Session) -> list[dict[str, Any]]:
    """Declared causes as rows; what they point to as proof stays at home."""
    return [{"kind": w.kind, "start": w.start, "end": w.end, "spend": w.spend} for w in session.windows]


def session(told: Contents) -> Session:
    """The subject as the extract has it, ready to be looked at again."""
    verdict, made = told.verdict, told.made
    name = verdict.session_id if isinstance(verdict, SessionVerdict) else verdict.shop_id
    rounds = None if told.rounds is None else table(told.rounds, ROUNDS)
    return Session(
        name, verdict.host_id, verdict.platform, "shop" if made.scope == "shop" else "session",
        canonical_order(table(told.events, EVENTS)), table(told.accounts, ACCOUNTS), table(told.metrics, SESSION_METRICS),
        tuple(Window(w["kind"], w["start"], w["end"], w["spend"]) for w in told.windows), made.as_of,
        None if told.beside is None else table(told.beside, EVENTS), rounds,
    )  # fmt: skip


def table(told: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table of a canonical schema."""
    held = list(told)
    columns = []
    for wanted in schema:
        values = [row.get(wanted.name) for row in held]
        kind = wanted.type
        if pa.types.is_timestamp(kind):
            columns.append(pa.array(values, pa.int64()).cast(kind))
        elif pa.types.is_dictionary(kind):
            columns.append(pa.array(values, pa.string()).dictionary_encode().cast(kind))
        else:
            columns.append(pa.array(values, kind))
    return pa.Table.from_arrays(columns, schema=schema)


def whole(session_: Session, veil: Veil) -> dict[str, Any]:
    """All that the signals looked at, as parts of a content."""
    return {
        "events": rows(session_.events, veil), "accounts": rows(session_.accounts, veil), "metrics": rows(session_.metrics, veil),
        "beside": None if session_.elsewhere is None else rows(session_.elsewhere, veil),
        "rounds": None if session_.rounds is None else rows(session_.rounds, veil),
    }  # fmt: skip


def part(session_: Session, verdict: SessionVerdict | ShopVerdict, veil: Veil) -> dict[str, Any]:
    """The rows the reasons rest on and what recomputing the bridge needs, as parts of a content."""
    kept = cited(session_, verdict)
    return {
        "events": rows(kept, veil), "accounts": rows(of_people(session_.accounts, kept), veil),
        "metrics": rows(session_.metrics, veil),
    }  # fmt: skip


def without_proofs(subject: Session) -> Session:
    """The subject as an extract can hold it."""
    return replace(subject, windows=tuple(replace(w, proof=None) for w in subject.windows))
