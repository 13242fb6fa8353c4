"""Facts that an example tells: stated ones, and counts of the events of its story."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.condition import Value, checked
from zhenbo.core.dataset import Dataset
from zhenbo.core.errors import PackError
from zhenbo.core.rule import Example
from zhenbo.core.session import DAY
from zhenbo.core.story import read
from zhenbo.core.workdays import worked

COUNTS = {
    "record.orders": "order_create", "record.paid": "order_pay", "record.refunds": "refund_done", "record.returns": "return_ship",
    "record.shipped": "order_ship", "record.reviews": "review", "record.comments": "comment", "record.lotteries": "lottery",
}  # fmt: skip
"""Facts that count events of a kind."""


def facts_of(example: Example, kinds: Mapping[str, str]) -> dict[str, Value]:
    """Facts of an example.

    Args:
        example: as written.
        kinds: kind per fact.

    Raises:
        PackError: where a stated fact is unknown or of another kind.
        StoryError: where the story does not read.
    """
    told = {**counted(read(example.story).dataset), **example.facts} if example.story else example.facts
    return checked({name: _day(value, kinds.get(name)) for name, value in told.items()}, kinds)


def counted(record: Dataset) -> dict[str, Any]:
    """What a record's events tell: how many of a kind, and the days between a delivery and its return, the longest."""
    kinds = record.events["kind"].to_pylist()
    facts: dict[str, Any] = {name: kinds.count(kind) for name, kind in COUNTS.items()}
    for name, start, end in (
        ("record.days_to_return", "order_deliver", "return_ship"), ("record.days_to_refund", "return_ship", "refund_done"),
    ):  # fmt: skip
        first, last = (_times(record, kind) for kind in (start, end))
        spans = [last[order] - first[order] for order in first.keys() & last.keys()]
        facts[name] = float(np.max(spans)) / DAY if spans else None
    return facts


def _times(record: Dataset, kind: str) -> dict[str, int]:
    """First moment of a kind of event per order."""
    rows = record.events.filter(pc.equal(record.events["kind"], kind))
    out: dict[str, int] = {}
    for order, at in zip(rows["order_id"].to_pylist(), rows["ts"].cast("int64").to_pylist(), strict=True):
        if order is not None and at is not None:
            out.setdefault(order, at)
    return out


def _day(value: object, kind: str | None) -> object:
    """JSON has no days: a text is one where a day is meant. Days between two days are counted here."""
    if isinstance(value, dict) and kind in {"days", "workdays"}:
        first, last = (_day(value.get(k), "day") for k in ("from", "to"))
        if not (type(first) is date and type(last) is date and first <= last):
            raise PackError(f"{str(value)[:80]} is no span; write {{ from = 2026-09-28, to = 2026-10-09 }}.")
        return worked(first, last) if kind == "workdays" else (last - first).days
    if kind != "day" or not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PackError(f'{value[:40]!r} is no day; write it as "2025-10-15".') from error


def days_read(facts: Mapping[str, object], kinds: Mapping[str, str]) -> dict[str, Value]:
    """Facts from outside, their days read and their kinds checked.

    A number of days may be told as a span, `{ from, to }`: the day it runs from is not counted, its last day is. Working days
    are those of mainland China; where the calendar does not reach, their number is not known.

    Raises:
        ZhenboError: naming the fact, what it is and what it should be.
    """
    return checked({name: _day(value, kinds.get(name)) for name, value in facts.items()}, kinds)
