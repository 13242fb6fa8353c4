"""Is the record what it was: the first row that somebody changed, dropped, moved or slipped in, by name.

The acts are read from the first on; each must say what its digest says, stand in its place and carry the seal of all
before it. Then the book is made anew from them and compared with the one that is kept, row by row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zhenbo.core.acts import Act, Entry, Head, digest, seal
from zhenbo.core.errors import RecordError
from zhenbo.core.evidence import Say
from zhenbo.core.ledger import TRANSACTION, Balance, Law, Pages
from zhenbo.record.shelf import act_of
from zhenbo.record.tables import acts, balances, head, postings, transactions

SAYS = {
    "changed": Say("Act {number} ({key}) was changed after it was recorded: it does not say what its digest says.", "第 {number} 条行为（{key}）在记录后被改动：内容与其摘要不符。"),
    "missing": Say("Act {number} is gone: after it comes {key}.", "第 {number} 条行为缺失：其后为 {key}。"),
    "unsealed": Say("Act {number} ({key}) does not follow from those before it: it or an earlier one was replaced together with its digest.", "第 {number} 条行为（{key}）与此前记录不衔接：该条或更早的记录连同摘要被替换。"),
    "cut": Say("The record ends with act {there}, but went up to act {number}: acts were cut off its end.", "记录止于第 {there} 条，但曾到第 {number} 条：末尾被截去。"),
    "beyond": Say("Act {number} ({key}) stands beyond the head of the record ({there}): it was slipped in.", "第 {number} 条行为（{key}）超出记录末端（{there}）：系事后塞入。"),
    "head": Say("The head of the record does not carry the seal of act {number}: the head was changed.", "记录末端未带有第 {number} 条的封印：末端被改动。"),
    "kept": Say("Act {number} does not carry the seal you kept: the record was written anew.", "第 {number} 条的封印与您保存的不符：记录曾被重写。"),
    "unlawful": Say("Act {number} ({key}) could never have been recorded: {what_text}", "第 {number} 条行为（{key}）本不可能被记录：{what_text}"),
    "balance": Say("The balance of {key} was changed: the acts make it {there_minor} (holds: in {there_in_minor}, out {there_out_minor}), the table says {here_minor} (in {here_in_minor}, out {here_out_minor}).", "{key} 的余额被改动：按行为应为 {there_minor}（冻结：入 {there_in_minor}，出 {there_out_minor}），表中为 {here_minor}（入 {here_in_minor}，出 {here_out_minor}）。"),
    "standing": Say("Transaction {number} ({key}) was changed in the book: the acts make it {there}, the table says {here}.", "交易 {number}（{key}）在账簿中被改动：按行为应为 {there}，表中为 {here}。"),
    "posting": Say("A posting of act {number} was changed in the book: the acts make it {there}, the table says {here}.", "第 {number} 条行为的分录在账簿中被改动：按行为应为 {there}，表中为 {here}。"),
}  # fmt: skip
"""What can be wrong."""


_AT_ONCE = 4_096


@dataclass(frozen=True)
class Finding:
    """The first thing wrong with a record.

    Args:
        what: id of its sentence in `SAYS`.
        args: the sentence's fields; `number` and `key` name the row.
    """

    what: str
    args: Mapping[str, Any]

    @property
    def say(self) -> Say:
        """The sentence."""
        return SAYS[self.what]


class _Found(Exception):  # noqa: N818 - no error: what was looked for
    """Something is wrong."""

    def __init__(self, what: str, **args: Any) -> None:
        super().__init__(what)
        self.finding = Finding(what, args)


def verify(connection: Connection, law: Law, kept: Sequence[Head] = ()) -> Finding | None:
    """The first thing wrong with the record that the connection reads.

    Args:
        connection: of a reading transaction.
        law: of the book.
        kept: heads that were written down elsewhere; an act with its seal is one too.
    """
    pages = Pages()
    try:
        places = _replay(_chain(connection, kept), law, pages)
        _balances(connection, pages)
        _standings(connection, pages, places)
        _postings(connection, pages, places)
    except _Found as found:
        return found.finding
    return None


def _chain(connection: Connection, kept: Sequence[Head]) -> Iterator[Entry]:
    """The acts in their order, each seen to follow from those before."""
    end = connection.execute(sa.select(head)).one_or_none() or Head()
    last = Head()
    told: dict[int, set[str]] = {}
    for at in kept:
        told.setdefault(at.number, set()).add(at.seal)
    for row in _rows(connection, acts):
        entry = _entry(row, last)
        last = Head(entry.number, entry.seal)
        if told.get(last.number, {last.seal}) != {last.seal}:
            raise _Found("kept", number=last.number)
        if last.number > end.number:
            raise _Found("beyond", number=last.number, key=row.key, there=end.number)
        yield entry
    most = max(end.number, *told, 0)
    if last.number < most:
        raise _Found("cut", number=most, there=last.number)
    if last.seal != end.seal:
        raise _Found("head", number=last.number)


def _entry(row: Any, last: Head) -> Entry:
    """The row as the entry that follows `last`."""
    if row.number != last.number + 1:
        raise _Found("missing", number=last.number + 1, key=row.key)
    try:
        entry = Entry(row.number, act_of(row), row.digest, row.seal)
        says = digest(entry.act)
    except (RecordError, TypeError, AttributeError, ValueError) as error:  # not even an act any more
        raise _Found("changed", number=row.number, key=str(row.key)) from error
    if says != entry.digest:
        raise _Found("changed", number=row.number, key=row.key)
    if entry.seal != seal(last.seal, entry.digest):
        raise _Found("unsealed", number=row.number, key=row.key)
    return entry


def _replay(entries: Iterable[Entry], law: Law, pages: Pages) -> dict[int, str]:
    """The book anew, in `pages`; the keys of its transactions by their places."""
    places: dict[int, str] = {}
    left = iter(entries)
    while some := list(islice(left, _AT_ONCE)):
        try:
            _enter([e.act for e in some], law, pages)
        except RecordError:
            for e in some:  # one by one, to name it
                try:
                    _enter([e.act], law, pages)
                except RecordError as error:
                    raise _Found("unlawful", number=e.number, key=e.act.key, what_text=str(error)) from error
        places |= {e.number: e.act.key for e in some if e.act.kind == TRANSACTION}
    return places


def _enter(some: Sequence[Act], law: Law, pages: Pages) -> None:
    change = law(some, pages)
    if len(change.acts) != len(some):
        raise RecordError("A hold lapsed before it, and the act that says so is not there.")
    pages.put(change)


def _balances(connection: Connection, pages: Pages) -> None:
    there = pages.accounts()
    rows = connection.execute(sa.select(balances))
    here = {(r.account, r.currency): Balance(r.posted, r.held_in, r.held_out) for r in rows}
    for pot in sorted(there.keys() | here.keys()):
        should, is_ = there.get(pot, Balance()), here.get(pot, Balance())
        if should != is_:
            raise _Found(
                "balance", key=pot[0], currency=pot[1], **_sums("there", should), **_sums("here", is_)
            )


def _sums(where: str, b: Balance) -> dict[str, int]:
    return {f"{where}_minor": b.posted, f"{where}_in_minor": b.held_in, f"{where}_out_minor": b.held_out}


def _standings(connection: Connection, pages: Pages, places: Mapping[int, str]) -> None:
    there = pages.standings(list(places.values()))
    rows = connection.execute(sa.select(transactions).order_by(transactions.c.number))
    here = {r.number: (r.state, r.expires) for r in rows}
    for number in sorted(places.keys() | here.keys()):
        s = there.get(places.get(number, ""))
        should = (s.state, s.transaction.expires) if s else None
        if should != here.get(number):
            key = places.get(number, "?")
            raise _Found(
                "standing", number=number, key=key, there=_told(should), here=_told(here.get(number))
            )


def _postings(connection: Connection, pages: Pages, places: Mapping[int, str]) -> None:
    there = pages.standings(list(places.values()))
    should = (
        (number, n, p.account, p.currency, p.amount)
        for number, key in places.items()
        for n, p in enumerate(there[key].transaction.postings)
    )
    rows = (tuple(r) for r in _rows(connection, postings))
    for line, row in zip_longest(should, rows):
        if line != row:
            number = min(x[0] for x in (line, row) if x)
            raise _Found(
                "posting", number=number, key=places.get(number, ""), there=_told(line), here=_told(row)
            )


def _rows(connection: Connection, table: sa.Table) -> Iterator[Any]:
    """The rows of a table by its primary key, so many numbers at a time: the record may be larger than memory."""
    number = table.c.number
    query = sa.select(table).order_by(*table.primary_key.columns)
    last = connection.execute(sa.select(sa.func.min(number))).scalar()
    while last is not None:
        yield from connection.execute(query.where(number >= last, number < last + _AT_ONCE)).all()
        last = connection.execute(sa.select(sa.func.min(number)).where(number >= last + _AT_ONCE)).scalar()


def _told(fields: Sequence[Any] | None) -> str:
    return (
        "nothing"
        if fields is None
        else " ".join(f"{f:,}" if isinstance(f, int) else str(f) for f in fields if f is not None)
    )
