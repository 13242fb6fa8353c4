"""Entries of the book as people write them (TOML, JSONL), as acts.

An entry is one of four, told apart by its fields: a named flow (`flow` and its arguments), a transaction (`postings`), the
end of a hold (`hold`, `how`), a reversal (`reverses`). Nothing is guessed and nothing skipped: a file with a wrong entry is
refused as a whole, with every wrong entry named, since half a payment run is worse than none.
"""

import datetime as dt
import difflib
import inspect
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from zhenbo.act.book import flows
from zhenbo.act.book.law import check
from zhenbo.core.acts import Act
from zhenbo.core.case import pseudonymous
from zhenbo.core.contacts import hidden
from zhenbo.core.errors import BookError, RecordError, ZhenboError
from zhenbo.core.ledger import Book, How, Posting, Settlement, Transaction
from zhenbo.core.session import DAY

LARGEST_FILE = 64 << 20
"""Bytes of a file of entries."""
TOLD = 20
"""Wrong entries told at once."""

NAMED: Mapping[str, Callable[..., Transaction]] = {
    "deposit.paid": flows.deposit_paid,
    "deposit.refunded": flows.deposit_refunded,
    "deposit.forfeited": flows.deposit_forfeited,
    "fund.paid_in": flows.fund_paid_in,
    "advance.paid": flows.advance,
    "advance.recovered": flows.recovered,
    "advance.written_off": flows.written_off,
    "budget.granted": flows.budget_granted,
    "budget.spent": flows.budget_spent,
    "earnings.accrued": flows.accrued,
    "earnings.withdrawn": flows.withdrawn,
    "refund.paid": flows.compensated,
    "compensation.paid": flows.compensated,
    "compensation.punitive": flows.compensated,
    "freight.paid": flows.compensated,
}
"""Flows that an entry can name; their arguments are those of the functions."""

EXAMPLE = """\
# A protection fund, a seller's deposit, a buyer paid in advance, the seller made to pay.
# Amounts are whole minor units: 50000 is 500.00 yuan. `zhenbo book post FILE` enters them once, however often it is run.

[[entry]]
key = "fund-2021-08"
at = 2021-08-01T09:00:00+08:00
flow = "fund.paid_in"
amount = 16000000000            # 160 million yuan

[[entry]]
key = "deposit-s1"
at = 2021-08-02T10:00:00+08:00
flow = "deposit.paid"
party = "s1"
amount = 50000

[[entry]]
key = "claim-77-paid"
at = 2021-08-20T12:03:00+08:00
flow = "advance.paid"
buyer = "b9"
seller = "s1"
case = "claim-77"
amount = 149000

[[entry]]                       # set aside until the appeal is over, at most until September
key = "case-5-fine"
at = 2021-08-21T09:00:00+08:00
flow = "deposit.forfeited"
party = "s1"
case = "case-5"
amount = 20000
held = true
expires = 2021-09-20T09:00:00+08:00

[[entry]]
key = "case-5-void"
at = 2021-09-01T09:00:00+08:00
hold = "case-5-fine"
how = "void"                    # post, void or expire
note = "appeal upheld"

[[entry]]
key = "claim-77-from-deposit"
at = 2021-09-02T09:00:00+08:00
flow = "advance.recovered"
seller = "s1"
case = "claim-77"
amount = 49000
source = "deposit:s1"

[[entry]]                       # any other movement: its postings, which sum to zero
key = "laboratory-1"
at = 2021-09-03T09:00:00+08:00
flow = "fund.paid_out"
subject = "lot-12"
postings = [
  { account = "fund:protection", amount = -300000 },
  { account = "outside:laboratory", amount = 300000 },
]

[[entry]]                       # on appeal: the opposite transaction, never a deletion
key = "laboratory-1-back"
at = 2021-09-04T09:00:00+08:00
reverses = "laboratory-1"
note = "billed twice"
"""


class _Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    at: dt.datetime
    hold: str
    how: How
    note: str = ""


class _Undoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    at: dt.datetime
    reverses: str
    note: str = ""


class _Postings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    at: dt.datetime
    flow: str
    subject: str
    postings: tuple[Posting, ...]
    held: bool = False
    expires: dt.datetime | None = None
    note: str = ""


def read_entries(path: Path) -> list[tuple[str, Any]]:
    """The entries of a file, each with its place in words; they are not looked into yet.

    Raises:
        ZhenboError: when the file cannot be opened, is too large, or is neither TOML nor JSONL.
    """
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_FILE + 1)
        text = body.decode("utf-8-sig")
    except OSError as error:
        raise ZhenboError(f"{path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise ZhenboError(f"{path} is no UTF-8 text ({error.reason} at byte {error.start}).") from error
    if len(body) > LARGEST_FILE:
        raise ZhenboError(f"{path} has more than {LARGEST_FILE} bytes. Split it; entries of one file are entered in their order.")  # fmt: skip
    return list(_lines(path, text) if text.lstrip().startswith("{") else _tables(path, text))


def _lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield f"{path.name} line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ZhenboError(f"{path.name} line {number} is no JSON: {str(error)[:200]}. Write one entry per line.") from error  # fmt: skip


def _tables(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ZhenboError(f"{path.name} is neither TOML nor JSONL: {str(error)[:200]}. `zhenbo book post --example` shows a file.") from error  # fmt: skip
    strangers = sorted(set(whole) - {"entry"})
    entries = whole.get("entry")
    if strangers or not isinstance(entries, list):
        said = f"it holds {', '.join(strangers)[:200]}" if strangers else "it holds none"
        raise ZhenboError(f"{path.name}: entries begin with a line [[entry]]; {said}. `zhenbo book post --example` shows a file.")  # fmt: skip
    for number, entry in enumerate(entries, start=1):
        yield f"{path.name} entry {number}", entry


def acts_of(entries: Sequence[tuple[str, Any]], book: Book, now: int) -> list[Act]:
    """The acts that the entries make.

    Args:
        entries: with their places, as `read_entries` gives them.
        book: where what is reversed or settled is looked up, if no entry before made it.
        now: UTC microseconds; what lies more than a day ahead is refused, since it would let holds lapse.

    Raises:
        BookError: naming each wrong entry and what is wrong with it.
    """
    made: dict[str, Transaction] = {}
    acts, wrong = [], []
    for place, entry in entries:
        try:
            one = _entry(entry, made, book)
            one = _fit(one)
            if one.at > now + DAY:
                raise BookError(f"its time {entry['at']} lies ahead.")
            if isinstance(one, Transaction):
                check(one)
                made[one.key] = one
            acts.append(one.act())
        except (RecordError, msgspec.ValidationError, OverflowError) as error:
            wrong.append(f"{place}{_called(entry)}: {error}")
    if wrong:
        more = f"\n… and {len(wrong) - TOLD} more" if len(wrong) > TOLD else ""
        raise BookError("Nothing was entered.\n" + "\n".join(wrong[:TOLD]) + more)
    return acts


def _fit(one: Transaction | Settlement) -> Transaction | Settlement:
    """The movement as it can be recorded for good: contacts in its note masked, none in its names."""
    names = [one.key, one.subject]
    if isinstance(one, Transaction):
        names += [unquote(p.account) for p in one.postings]
    for name in names:
        pseudonymous("name", name)
    return replace(one, note=hidden(one.note))


def _called(entry: Any) -> str:
    key = entry.get("key") if isinstance(entry, dict) else None
    return f" ({key[:80]})" if isinstance(key, str) else ""


def _entry(entry: Any, made: Mapping[str, Transaction], book: Book) -> Transaction | Settlement:
    if not isinstance(entry, dict):
        raise BookError("an entry is a table of fields.")
    if "hold" in entry:
        e = msgspec.convert(entry, _Ending)
        return Settlement(e.key, _micros(e.at), e.hold, e.how, _looked_up(e.hold, made, book).subject, e.note)
    if "reverses" in entry:
        u = msgspec.convert(entry, _Undoing)
        return flows.reversal(_looked_up(u.reverses, made, book), u.key, _micros(u.at), u.note)
    if "postings" in entry:
        p = msgspec.convert(entry, _Postings)
        expires = None if p.expires is None else _micros(p.expires)
        return Transaction(p.key, _micros(p.at), p.flow, p.subject, p.postings, p.held, expires, note=p.note)
    return _named(entry)


def _looked_up(key: str, made: Mapping[str, Transaction], book: Book) -> Transaction:
    if key in made:
        return made[key]
    standing = book.standings([key]).get(key)
    if standing is None:
        raise BookError(f"there is no transaction {key[:80]} in the book or in the entries before.")
    return standing.transaction


def _named(entry: Mapping[str, Any]) -> Transaction:
    """An entry by the name of its flow."""
    flow = entry.get("flow")
    if not isinstance(flow, str) or flow not in NAMED:
        near = difflib.get_close_matches(str(flow)[:80], NAMED, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known ones: {', '.join(NAMED)}; or give postings."
        raise BookError(f"flow {str(flow)[:80]!r} has no arguments of its own. {hint}")
    does = NAMED[flow]
    takes = {n: p for n, p in inspect.signature(does).parameters.items() if n != "flow"}
    given = {n: v for n, v in entry.items() if n not in {"flow", "held", "expires"}}
    missing = [n for n, p in takes.items() if p.default is inspect.Parameter.empty and n not in given]
    strangers = sorted(set(given) - set(takes) - {"note"})
    if missing or strangers:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"knows no {', '.join(strangers)[:200]}"] if strangers else []
        raise BookError(f"{flow} {' and '.join(said)}. It takes {', '.join(takes)}.")
    args = {n: _argument(n, v) for n, v in given.items() if n in takes}
    made = does(**args, **({"flow": flow} if does is flows.compensated else {}))
    held = msgspec.convert(entry.get("held", False), bool)
    expires = entry.get("expires")
    note = msgspec.convert(entry.get("note", made.note), str)
    until = None if expires is None else _micros(msgspec.convert(expires, dt.datetime))
    return replace(made, held=held, expires=until, note=note)


def _argument(name: str, value: Any) -> Any:
    try:
        if name == "at":
            return _micros(msgspec.convert(value, dt.datetime))
        return msgspec.convert(value, int if name == "amount" else str)
    except msgspec.ValidationError as error:
        raise BookError(f"{name}: {error}.") from error


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _micros(at: dt.datetime) -> int:
    """UTC microseconds; a time without a zone is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)
