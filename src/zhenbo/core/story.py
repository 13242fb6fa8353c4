"""The `story` language: a few readable lines that become canonical events.

Signal pages, tests and docs speak it, so an example is at once prose, test and data.

    session s1 of host h1 on 2026-05-01            # optional head; these are the defaults
    20:00 a1 enters; 20:03 a1 orders o1 59.00; d+1 09:00 o1 refunded
    20:00-21:00 a1..a20 say "link {1|2|3} please" every 72s
    20:00-22:00 b1..b300 say "hello {n}" x10 scattered
    20:00-22:00 entered_total 0..5000 every 60s

One statement: `WHEN WHO VERB ARGUMENTS REPEAT [field=value …]`, ended by a newline or `;`; `#` starts a comment.

* WHEN: `20:00`, `20:00:05`, `d+1 09:00`, or a stretch `20:00-21:00` (the end may lie past midnight: `23:00-01:00`).
* WHO: `a1`, or `a1..a20` for all of them (`o1..o5 refunded` likewise); left out for counters and for `o1 refunded`.
* VERB: enters leaves says likes follows unfollows shares gifts clicks; orders (created and paid), reserves
  (created, not paid), pays; cancelled shipped delivered completed refunded returned reviewed (of an order);
  viewers, entered_total, like_total, follow_total (counters); lottery, control, pins; slot_fee, compensation, … (of money,
  as in `m1 slot_fee agency 30000.00`).
* `20:00-22:00 office.watches 21500`: a figure of the back office, of advertising (`ads.`) or a ranking (`chart.`) for that stretch (`SESSION_METRICS`).
* REPEAT: `every 72s` (fixed gaps), `x50` (that many each), `scattered` (irregular but deterministic) in place of even.
* `{n}` counts events, `{a|b|c}` takes turns, in quoted text; `o{n}` names orders in turn.
* `[device=d1 addr=x pay=p1 via=search region=湖北 weight=500 product=p3 qty=2]` fills columns, and `[since=2024-01-01 followers=3
  following=90 level=2]` those of the account; values may hold `{n}`. What is done with an order takes its words in quotes: `reviewed o{n} x9 "soft and warm"`, `refunded o1 "too small"`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.errors import StoryError
from zhenbo.core.money import parse_minor
from zhenbo.core.schema import ACCOUNTS, COUNTER_KINDS, EVENTS, MONEY_KINDS, SESSION_METRICS
from zhenbo.core.session import SECOND, Session

VERBS = {
    "enter": "enter", "leave": "leave", "say": "comment", "like": "like", "follow": "follow", "unfollow": "unfollow",
    "share": "share", "gift": "gift", "click": "product_click", "order": "order", "reserve": "reserve", "pay": "order_pay",
    "cancelled": "order_cancel", "shipped": "order_ship", "delivered": "order_deliver", "completed": "order_complete",
    "refunded": "refund_done", "returned": "return_ship", "reviewed": "review", "lottery": "lottery", "pin": "product_pin",
    "control": "control", **{k: k for k in COUNTER_KINDS}, **{k: k for k in MONEY_KINDS},
}  # fmt: skip
_OF_ORDER = {"order_cancel", "order_ship", "order_deliver", "order_complete", "refund_done", "return_ship", "review", "order_pay"}  # fmt: skip
_CLOCK = r"(?:d\+(?P<{0}day>\d+)\s+)?(?P<{0}h>\d\d?):(?P<{0}m>\d\d)(?::(?P<{0}s>\d\d))?"
_WHEN = re.compile(_CLOCK.format("a") + r"(?:-" + _CLOCK.format("b") + r")?\s+")
_OFFICE = re.compile(r"((?:office|ads|chart)\.\w+)\s+(\d+(?:\.\d+)?)\s*$")
_HEAD = re.compile(r"session\s+(\S+)(?:\s+of\s+host\s+(\S+))?(?:\s+on\s+(\d{4}-\d\d-\d\d))?\s*$")
_STANDING = ("followers", "following", "level")
_TOKEN = re.compile(r'"(?P<text>[^"]*)"|\[(?P<fields>[^\]]*)\]|(?P<word>[^\s\[]+)')


@dataclass(frozen=True)
class Story:
    """A story read: its tables, and the subjects they make."""

    dataset: Dataset

    def session(self, session_id: str | None = None) -> Session:
        """The one session told, or the one named."""
        return next(s for s in subjects(self.dataset) if session_id in {None, s.session_id})


@dataclass
class _Teller:
    """State while reading: the head in force and the rows so far."""

    session: str | None = "s1"
    host: str = "h1"
    day: datetime = datetime(2026, 5, 1, tzinfo=UTC)
    when: tuple[int, int | None] = (0, None)
    metrics: list[dict[str, Any]] = field(default_factory=list)


def read(text: str) -> Story:
    """Read a story.

    Raises:
        StoryError: naming the statement that does not read, and what was expected.

    Examples:
        >>> read('20:00 a1 enters; 20:03 a1 orders o1 59.00; d+1 09:00 o1 refunded').session().counts
        {'enter': 1, 'order_create': 1, 'order_pay': 1, 'refund_done': 1}
    """
    teller = _Teller()
    rows: list[dict[str, Any]] = []
    accounts: dict[str, dict[str, Any]] = {}
    for statement in _statements(text):
        head = _HEAD.match(statement)
        if head:
            teller.session = None if head[1] == "none" else head[1]
            teller.host = head[2] or teller.host
            teller.day = datetime.fromisoformat(head[3]).replace(tzinfo=UTC) if head[3] else teller.day
            continue
        rows.extend(_tell(statement, teller, accounts))
    for number, row in enumerate(rows):
        row["event_id"] = f"e{number + 1}"
    events = pa.Table.from_pylist(rows, schema=EVENTS)
    return Story(
        Dataset(
            canonical_order(events), pa.Table.from_pylist(list(accounts.values()), schema=ACCOUNTS),
            pa.Table.from_pylist(teller.metrics, schema=SESSION_METRICS),
        )
    )  # fmt: skip


def _statements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        body = line.split("#", 1)[0] if '"' not in line else line
        for statement in re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", body):
            if statement.strip():
                yield statement.strip()


def _moment(match: re.Match[str], end: str, day: datetime) -> int | None:
    """One end of a stretch; the second lies on the day of the first unless it names its own."""
    if match[f"{end}h"] is None:
        return None
    at = day + timedelta(
        days=int(match[f"{end}day"] or match["aday"] or 0), hours=int(match[f"{end}h"]), minutes=int(match[f"{end}m"]), seconds=int(match[f"{end}s"] or 0)
    )  # fmt: skip
    return int(at.timestamp()) * SECOND


def _tell(statement: str, teller: _Teller, accounts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    when = _WHEN.match(statement)
    if when:
        start = _moment(when, "a", teller.day)
        end = _moment(when, "b", teller.day)
        assert start is not None
        if end is not None and end < start:
            end += 86_400 * SECOND
        teller.when = (start, end)
    office = _OFFICE.match(statement[when.end() :] if when else statement)
    if office:
        teller.metrics.append(_figure(office, teller))
        return []
    said = _Said.parse(statement[when.end() :] if when else statement, statement)
    said.stretch = (teller.when[0], teller.when[1] or teller.when[0])
    rows = []
    for index, (at, actor) in enumerate(said.schedule(*teller.when)):
        base = {
            "platform": "story", "source": "story@1", "host_id": teller.host, "session_id": teller.session,
            "ts": at, "ts_seen": at, "actor_id": actor, "flags": 0, **said.columns(index),
        }  # fmt: skip
        rows.extend(said.events(base, index))
        profile = said.profile(index)
        if actor and profile:
            accounts[actor] = {"platform": "story", "account_id": actor, "seen_at": at, **profile}
    return rows


def _figure(said: re.Match[str], teller: _Teller) -> dict[str, Any]:
    """A row of `SESSION_METRICS`."""
    start, end = teller.when
    return {
        "platform": "story", "session_id": teller.session, "bucket_start": start,
        "bucket_seconds": ((end or start) - start) // SECOND, "metric": said[1], "value": float(said[2]), "source": "story@1",
    }  # fmt: skip


@dataclass
class _Said:
    """One statement without its time."""

    actors: list[str | None]
    kind: str
    words: list[str]
    text: str | None
    fields: dict[str, str]
    times: int | None
    every: int | None
    scattered: bool
    statement: str
    stretch: tuple[int, int] = (0, 0)

    @classmethod
    def parse(cls, body: str, statement: str) -> "_Said":
        words: list[str] = []
        text = None
        fields: dict[str, str] = {}
        for token in _TOKEN.finditer(body):
            if token["fields"] is not None:
                fields |= dict(pair.split("=", 1) for pair in token["fields"].split() if "=" in pair)
            elif token["word"] is not None:
                words.append(token["word"])
            else:
                text = token["text"]
        times = next((int(w[1:]) for w in words if re.fullmatch(r"x\d+", w)), None)
        every = None
        if "every" in words and words.index("every") + 1 < len(words):
            at = words.index("every")
            every = int(words[at + 1].rstrip("s"))
            del words[at : at + 2]
        scattered = "scattered" in words
        words = [w for w in words if not re.fullmatch(r"x\d+", w) and w != "scattered"]
        place = next((i for i, w in enumerate(words[:3]) if _verb(w)), None)
        if place is None:
            known = ", ".join(sorted(VERBS))
            raise StoryError(f"No verb in the story line {statement!r}. Known verbs: {known}.")
        kind = _verb(words[place]) or ""
        who = [w for w in words[:place] if w not in {"is", "room"}]
        rest = words[place + 1 :]
        if kind in _OF_ORDER and who and not rest:
            rest, who = who, []
        return cls(
            _people(who[0]) if who else [None], kind, rest, text, fields, times, every, scattered, statement
        )

    def schedule(self, start: int, end: int | None) -> Iterator[tuple[int, str | None]]:
        """When each actor acts."""
        counter = self.kind in COUNTER_KINDS
        if end is None:
            for _ in range(self.times or 1):
                yield from ((start, a) for a in self.actors)
            return
        if self.every:
            span = range(start, end + (SECOND if counter else 0), self.every * SECOND)
            shift = 0 if counter else self.every * SECOND / len(self.actors)
            for number, actor in enumerate(self.actors):
                yield from ((int(at + number * shift), actor) for at in span)
            return
        total = (self.times or 1) * len(self.actors)
        for i in range(total):
            share = self._scatter(i) if self.scattered else i / max(total - (1 if counter else 0), 1)
            yield int(start + share * (end - start)), self.actors[i % len(self.actors)]

    def _scatter(self, i: int) -> float:
        """A share of the stretch as irregular as chance, and the same every time the story is read."""
        return int.from_bytes(hashlib.sha256(f"{self.statement}#{i}".encode()).digest()[:6]) / 2**48

    def profile(self, index: int) -> dict[str, Any]:
        """What is said of the account itself."""
        given: dict[str, Any] = {k: int(_fill(self.fields[k], index)) for k in _STANDING if k in self.fields}
        if "since" in self.fields:
            born = datetime.fromisoformat(_fill(self.fields["since"], index)).replace(tzinfo=UTC)
            given |= {"since_basis": "stated", "since": born}
        return given

    def columns(self, index: int) -> dict[str, Any]:
        names = {"device", "ip", "addr", "pay", "via", "region", "state", "tracking_id"}
        given: dict[str, Any] = {k: _fill(v, index) for k, v in self.fields.items() if k in names}
        if "product" in self.fields:
            given["target_id"] = _fill(self.fields["product"], index)
        if "weight" in self.fields:
            given["weight_g"] = int(_fill(self.fields["weight"], index))
        if "qty" in self.fields:
            given["qty"] = int(_fill(self.fields["qty"], index))
        return given

    def events(self, base: dict[str, Any], index: int) -> list[dict[str, Any]]:
        """The canonical rows of one act."""
        words = [_fill(w, index) for w in self.words]
        if self.kind in _OF_ORDER and words and len(every := _people(words[0])) > 1:
            return [row for name in every for row in self._one(base, [str(name), *words[1:]], index)]
        return self._one(base, words, index)

    def _one(self, base: dict[str, Any], words: list[str], index: int) -> list[dict[str, Any]]:
        if self.kind in {"order", "reserve"}:
            if len(words) < 2:
                raise StoryError(
                    f"{self.statement!r} needs an order and an amount, as in `a1 orders o1 59.00`."
                )
            made = base | {
                "kind": "order_create", "order_id": words[0], "amount": parse_minor(words[1]), "currency": "CNY", "qty": base.get("qty", 1),
            }  # fmt: skip
            return (
                [made]
                if self.kind == "reserve"
                else [made, made | {"kind": "order_pay", "ts": base["ts"] + 5 * SECOND}]
            )
        row = base | {"kind": self.kind}
        if self.kind in COUNTER_KINDS:
            row |= {"qty": self._gauge(base["ts"], words), "actor_id": None}
        elif self.kind in _OF_ORDER:
            row["order_id"] = words[0]
            if len(words) > 1:
                row |= {"amount": parse_minor(words[1]), "currency": "CNY"}
            if self.text:  # a review's words, or why the order was given back
                row["text"] = _fill(self.text, index)
        elif self.kind == "comment":
            row["text"] = _fill(self.text or "", index)
        elif self.kind in {"product_click", "product_pin", "gift"} and words:
            row["target_id"] = words[0]
        elif self.kind in MONEY_KINDS and len(words) > 1:
            row |= {"target_id": words[0], "amount": parse_minor(words[1]), "currency": "CNY"}
        elif self.kind == "like":
            row["qty"] = int(words[0]) if words else 1
        return [row]

    def _gauge(self, at: int, words: list[str]) -> int:
        first, _, last = (words[0] if words else "0").partition("..")
        if not last:
            return int(first)
        start, end = self.stretch
        return round(int(first) + (int(last) - int(first)) * (at - start) / max(end - start, 1))


def _verb(word: str) -> str | None:
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if form in VERBS:
            return VERBS[form]
    return None


def _people(who: str) -> list[str | None]:
    match = re.fullmatch(r"([A-Za-z_]+)(\d+)\.\.(?:[A-Za-z_]+)?(\d+)", who)
    return [f"{match[1]}{i}" for i in range(int(match[2]), int(match[3]) + 1)] if match else [who]


def _fill(text: str, index: int) -> str:
    """`{n}` → running number from 1, `{n%4}` → that modulo 4, `{a|b}` → each in turn."""

    def one(match: re.Match[str]) -> str:
        body = match[1]
        if body == "n":
            return str(index + 1)
        if re.fullmatch(r"n%\d+", body):
            return str(index % int(body[2:]))
        choices = body.split("|")
        return choices[index % len(choices)]

    return re.sub(r"\{([^{}]*)\}", one, text)
