"""The contract of every signal: its page is whole, its findings are well formed, nothing but facts decides them.

A signal is held to it by standing in its family folder: `check_signal` takes what `catalogue()` found, and answers
with sentences that name what is broken. Records come from the signal's own page, from the honest stories and from
corners (empty, one row, all null).
"""

import ast
import doctest
import hashlib
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.cells import parse_baseline
from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import EVENTS_CITED, RECORDS, Evidence, Found, Missing, Say, Signal
from zhenbo.core.schema import EVENTS, KINDS
from zhenbo.core.session import Session
from zhenbo.core.story import read
from zhenbo.core.subject import METRICS, Question, Tier
from zhenbo.pipeline import baselines
from zhenbo.proof.honest import HONEST
from zhenbo.report.format import UNKNOWN
from zhenbo.report.phrase import phrase
from zhenbo.signals.catalogue import page

HEADINGS = ("What it looks for", "Why it matters", "How it is fooled", "What clears it", "Examples")
"""Headings of every page, in this order; others may stand between them."""
ACCUSES_BELOW = 1e-3
OUTCOMES = ("ruled_out", "open", "explains")
_FIELD = re.compile(r"\{(\w+)\}")
_NAMES = ("actor_id", "target_id", "device", "ip", "addr", "pay")
"""Columns that hold the name of a person, a device or a place."""


Told = tuple[Session, ...]
"""The subjects of a record."""


def check_signal(signal: Signal) -> list[str]:
    """What a signal violates, in sentences; empty when it keeps its contract."""
    text = page(signal.id)
    toml = files("zhenbo.packs") / "baselines" / f"{signal.id}.toml"
    problems = [
        *check_page(text), *check_says(signal), *check_baselines(toml.read_text("utf-8") if toml.is_file() else ""),
    ]  # fmt: skip
    if problems:
        return [f"{signal.id}: {p}" for p in problems]  # examples cannot run from a broken page
    problems += check_examples(text)
    told = {f"example {i} of its page": story for i, story in enumerate(page_stories(text), start=1)}
    for name, story in {**told, **HONEST}.items():
        problems += [f"on {name}: {p}" for p in check_on(signal, *_tellings(story), honest=name in HONEST)]
    for name, session in _corners():
        problems += [f"on {name}: {p}" for p in _never_raises(signal, session)]
    return [f"{signal.id}: {p}" for p in problems]


# --- the page -----------------------------------------------------------------------------------------------------


def check_page(text: str) -> list[str]:
    """Headings that miss, or stand in another order, or over nothing; a title line."""
    parts = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    out = [f"its page has no heading “{h}”" for h in HEADINGS if h not in found]
    out += [f"nothing stands under “{h}”" for h in HEADINGS if h in found and not found[h].strip()]
    if not out and [h for h in found if h in HEADINGS] != list(HEADINGS):
        out.append(f"its headings stand in another order than {', '.join(HEADINGS)}")
    return out if parts[0].strip() else [*out, "its page begins without a line that says what it is"]


def check_examples(text: str) -> list[str]:
    """The examples run as printed; one accuses, one stays silent."""
    test = doctest.DocTestParser().get_doctest(text, {}, "page", "page", 0)
    told: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    out = [f"an example of its page does not run as printed: {''.join(told).strip()}"] if told else []
    looks = [e.want for e in test.examples if _story(e.source) is not None]
    if not any("accuses" in want for want in looks):
        out.append("no example of its page accuses")
    if all("accuses" in want for want in looks):
        out.append("no example of its page stays silent")
    return out


def page_stories(text: str) -> list[str]:
    """The stories that the examples of a page tell."""
    examples = doctest.DocTestParser().get_examples(text)
    return [story for e in examples if (story := _story(e.source)) is not None]


def _story(source: str) -> str | None:
    """The story in `look('family.name', '''…''')`, if that is what the line says."""
    with suppress(SyntaxError, ValueError):
        call = ast.parse(source.strip(), mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "look":
            return str(ast.literal_eval(call.args[1]))
    return None


def check_says(signal: Signal) -> list[str]:
    """Every sentence stands in both languages with the same fields (`metric_zh` is the Chinese word of `metric`)."""
    out = [] if signal.title.en.strip() and signal.title.zh.strip() else ["its title lacks a language"]
    if not signal.says:
        out.append("it has no sentence in `says`")
    for name, say in signal.says.items():
        fields = [{f.removesuffix("_zh") for f in _FIELD.findall(text)} for text in (say.en, say.zh)]
        if not say.en.strip() or not say.zh.strip():
            out.append(f"`says.{name}` lacks a language")
        elif fields[0] != fields[1]:
            out.append(f"`says.{name}` has other fields in zh than in en: {sorted(fields[0] ^ fields[1])}")
    return out


def check_baselines(text: str) -> list[str]:
    """Every declared number has value, unit, source and date."""
    out = []
    for name, entry in tomllib.loads(text).items():
        if name in {"cell", "learn"}:
            with suppress(PackError):
                parse_baseline(text, "the baseline file")
                continue
            out.append(f"its [[{name}]] tables cannot be read")
            continue
        if not isinstance(entry, dict):
            out.append(f"baseline {name} is no table with value, unit, source and date")
            continue
        out += [f"baseline {name} has no {k}" for k in ("value", "unit", "source", "date") if entry.get(k, "") == ""]  # fmt: skip
        if "date" in entry and not isinstance(entry["date"], date):
            out.append(f"baseline {name} has a date that is none: {entry['date']!r}")
    return out


# --- what it finds ------------------------------------------------------------------------------------------------


def check_on(signal: Signal, told: Told, mixed: Told, masked: Told, *, honest: bool = False) -> list[str]:
    """Laws of a signal on a record: well formed, the same again, blind to order and to names, silent if honest.

    Args:
        signal: the signal held to the laws.
        told: the subjects of the record.
        mixed: the same after `shuffled`.
        masked: the same after `renamed`.
        honest: whether an accusation would be false.
    """
    try:
        found = _look(signal, told)
    except Exception as error:  # noqa: BLE001 - whatever is raised is the finding
        return [f"raises {error!r}"]
    out = [p for one in found.values() for f in one for p in check_found(signal, f)]
    for subject in told:
        ids = set(pc.binary_join_element_wise(subject.events["source"].cast(pa.string()), subject.events["event_id"], ":").to_pylist())  # fmt: skip
        cited = {e for f in found[subject.session_id] if isinstance(f, Evidence) for e in f.events}
        out += [f"cites {sorted(cited - ids)[:3]}, which are not in the record"] if cited - ids else []
    if _look(signal, told) != found:
        out.append("looking twice finds something else")
    if _look(signal, mixed) != found:
        out.append("another order of the rows finds something else")
    people = {n for s in told for c in _NAMES for n in pc.unique(s.events[c]).to_pylist() if n}
    if _look(signal, masked) != {k: [_renamed_found(f, people) for f in one] for k, one in found.items()}:  # fmt: skip
        out.append("other names of accounts, devices and addresses find something else")
    if honest:
        out += [
            f"accuses an honest room (p = {f.p:.2g}, says {f.says})"
            for one in found.values() for f in one
            if isinstance(f, Evidence) and f.p < ACCUSES_BELOW and not f.explained
        ]  # fmt: skip
    return out


def check_found(signal: Signal, found: Found) -> list[str]:
    """What is malformed about one piece of evidence, or one record asked for."""
    if isinstance(found, Missing):
        known = found.record in RECORDS and isinstance(found.question, Question)
        return [] if known else [f"asks for {found.record!r}, which `RECORDS` does not know"]
    e = found
    rules: list[tuple[bool, str]] = [
        (e.signal == signal.id and e.version == signal.version, "signs with another id or version"),
        (isinstance(e.question, Question) and isinstance(e.tier, Tier), "has no question or tier"),
        (_between(e.p, 0, 1), f"p = {e.p} is no probability"),
        (_finite(e.observed) and _finite(e.expected), f"observed {e.observed} or expected {e.expected} is not finite"),
        (len(e.window) == 2 and e.window[0] <= e.window[1], f"its window {e.window} ends before it begins"),
        (len(e.events) <= EVENTS_CITED and len(set(e.events)) == len(e.events), "cites an event twice, or too many"),
        (e.events_total >= len(e.events), f"cites {len(e.events)} events of {e.events_total}"),
        (all(map(_finite, [*e.accounts.values(), *e.orders.values()])), "a weight of an account or order is not finite"),
        (all(isinstance(n, str) for n in [*e.accounts, *e.orders]), "an account or order has no name"),
        (all(c.outcome in OUTCOMES for c in e.causes), "an innocent cause has an unknown outcome"),
        (bool(e.events) or e.p >= ACCUSES_BELOW or not (e.accounts or e.orders), "accuses by name without citing an event"),
    ]  # fmt: skip
    if e.effect is not None:
        low, mid, high = e.effect.low, e.effect.mid, e.effect.high
        rules.append((e.effect.metric in METRICS, f"counts {e.effect.metric!r}, which is no metric"))
        rules.append((all(map(_finite, (low, mid, high))) and 0 <= low <= mid <= high, f"its effect {low} <= {mid} <= {high} is no interval"))  # fmt: skip
    return [text for holds, text in rules if not holds] + _spoken(signal, e)


def _spoken(signal: Signal, e: Evidence) -> list[str]:
    """The sentence it says, rendered in both languages with the arguments given."""
    say = signal.says.get(e.says)
    if say is None:
        return [f"says {e.says!r}, which is not among its sentences"]
    out = [
        f"says {e.says} without {{{f}}}" for f in sorted(set(_FIELD.findall(say.en + say.zh)) - set(e.args))
    ]
    for lang, text in (("en", phrase(say, e.args, "en")), ("zh", phrase(say, e.args, "zh"))):
        if not out and UNKNOWN in text and not _long_lists(e.args) and UNKNOWN not in _bare(say):
            out.append(f"says {e.says} in {lang} with an argument that cannot be shown: {text}")
    return out


def _long_lists(args: Mapping[str, Any]) -> bool:
    """Whether an argument is a list that the report cuts with an ellipsis, or quotes somebody's own ellipsis."""
    return any(isinstance(v, list | tuple) or (isinstance(v, str) and UNKNOWN in v) for v in args.values())


def _bare(say: Say) -> str:
    return _FIELD.sub("", say.en + say.zh)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _between(value: Any, low: float, high: float) -> bool:
    return _finite(value) and low <= value <= high


def _look(signal: Signal, told: Told) -> dict[str, list[Found]]:
    """What a signal finds in every subject of a record."""
    return {s.session_id: list(signal.look(s, baselines(signal.id))) for s in told}


def _never_raises(signal: Signal, session: Session) -> list[str]:
    """A corner makes a signal silent or asking; it never stops it."""
    try:
        found = list(signal.look(session, baselines(signal.id)))
    except Exception as error:  # noqa: BLE001 - whatever is raised is the finding
        return [f"raises {error!r}"]
    out = [p for f in found for p in check_found(signal, f)]
    loud = [f for f in found if isinstance(f, Evidence) and f.p < ACCUSES_BELOW]
    return out + [f"accuses (says {f.says})" for f in loud]


# --- the same record, told differently ----------------------------------------------------------------------------


def shuffled(data: Dataset, seed: int = 1) -> Dataset:
    """The same rows, read in another order and in pieces: other dictionary codes, other chunks."""
    events = data.events.take(pa.array(np.random.default_rng(seed).permutation(data.events.num_rows)))
    plain = pa.Table.from_pylist(events.to_pylist(), schema=EVENTS)
    half = plain.num_rows // 2
    pieces = pa.concat_tables([plain.slice(half), plain.slice(0, half)])
    return replace(data, events=canonical_order(pieces.unify_dictionaries()))


def renamed(data: Dataset) -> Dataset:
    """The same record with every person, device, place and product under another name (one to one)."""
    events, accounts = data.events, data.accounts
    for name in _NAMES:
        events = events.set_column(events.schema.get_field_index(name), name, _other(events[name]))
    at, goods = accounts.schema.get_field_index("account_id"), data.products
    return replace(
        data,
        events=events,
        accounts=accounts.set_column(at, "account_id", _other(accounts["account_id"])),
        products=goods.set_column(
            goods.schema.get_field_index("product_id"), "product_id", _other(goods["product_id"])
        ),
    )


def other_name(name: str) -> str:
    """What `renamed` calls somebody: in no relation to the order of the names."""
    return "x" + hashlib.sha256(name.encode()).hexdigest()[:15]


def _other(column: pa.ChunkedArray) -> pa.ChunkedArray:
    made = [None if v is None else other_name(v) for v in column.to_pylist()]
    return pa.chunked_array([pa.array(made, pa.string())])


def _renamed_found(found: Found, people: set[str]) -> Found:
    if isinstance(found, Missing):
        return found
    swap: Callable[[Any], Any] = lambda v: other_name(v) if isinstance(v, str) and v in people else v  # noqa: E731
    args = {k: [swap(x) for x in v] if isinstance(v, list) else swap(v) for k, v in found.args.items()}
    return replace(found, accounts={other_name(k): v for k, v in found.accounts.items()}, args=args)


@cache
def _tellings(story: str) -> tuple[Told, Told, Told]:
    """A story, the same in another order, the same with other names; read once for all signals."""
    data = read(story).dataset
    told, mixed, masked = (tuple(subjects(d)) for d in (data, shuffled(data), renamed(data)))
    return told, mixed, masked


@cache
def _corners() -> tuple[tuple[str, Session], ...]:
    return tuple(corners())


def corners() -> Iterator[tuple[str, Session]]:
    """Records with next to nothing in them."""
    yield "an empty record", _session([])
    for kind in KINDS:
        yield f"one {kind} and nothing else of it", _session([{"kind": kind}])
        yield f"one {kind} at a time", _session([{"kind": kind, "ts": 1_777_665_600_000_000}])
    yield "every kind three times, all null", _session([{"kind": k} for k in KINDS * 3])
    full = {"ts": 1_777_665_600_000_000, "actor_id": "a", "order_id": "o", "qty": 0, "amount": 0, "text": "", "device": "", "addr": "", "pay": ""}  # fmt: skip
    yield (
        "every kind thirty times at one moment, all zero",
        _session([full | {"kind": k} for k in KINDS * 30]),
    )
    yield "a shop of unpaid orders without a time", replace(_session([{"kind": "order_create", "order_id": f"o{i}"} for i in range(60)]), scope="shop")  # fmt: skip


def _session(rows: list[dict[str, Any]]) -> Session:
    named = [{"source": "corner", "event_id": f"e{i}", "session_id": "s", "flags": 0} | r for i, r in enumerate(rows)]  # fmt: skip
    plain = [r | {"ts": None} if r.get("ts") is None else r for r in named]
    events = canonical_order(pa.Table.from_pylist(plain, schema=EVENTS.set(EVENTS.get_field_index("ts"), pa.field("ts", pa.int64()))).cast(EVENTS))  # fmt: skip
    return Session("s", "h", "story", "session", events.combine_chunks(), as_of=pc.max(events["ts"].cast(pa.int64())).as_py() or 0)  # fmt: skip
