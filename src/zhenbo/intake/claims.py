"""Claims as people write them: TOML (one claim, or `[[claim]]` many) and JSONL (one a line), read one by one.

A claim that does not read costs itself only: it is named by file and line, with what was seen and what would do. Times are
ISO 8601 or whole microseconds; one without a zone is read in the claim's own (`zone`, minutes east; Beijing by default).
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from zhenbo.core.claim import (
    FINDINGS,
    KINDS,
    PROMISES,
    PROOFS,
    TRAITS,
    Answer,
    Claim,
    Finding,
    Promise,
    Proof,
    Purchase,
    State,
)
from zhenbo.core.errors import Reject, ZhenboError
from zhenbo.core.session import HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = frozenset({"at", "due", "filed_at", "contacted_at", "received_back_at", "ordered_at", "signed_at"})
_FIRST, _LAST = 0, 7_258_118_400_000_000  # 1970 to 2200
_LONGEST = 1 << 20
_MOST = 10**11  # minor units; a billion yuan is no purchase
_TIMES_MOST = 1_000  # 假一赔千 has been said; more is a slip of the keys
_MANY = 100_000
_CURRENCY = re.compile("[A-Z]{3}")
BEIJING = 480


@dataclass
class Read:
    """Claims in the order of files and lines, and what could not be read."""

    claims: list[Claim] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read(paths: Sequence[Path]) -> Read:
    """Claims of files and folders (`claims*.toml`, `claims*.jsonl` of a folder).

    Raises:
        ZhenboError: when a path is not there or cannot be read.
    """
    found, seen = Read(), dict[str, Claim]()
    for path in _files(paths):
        for number, body in _bodies(path, found):
            made = _claim(path.name, number, body, found)
            if made is None:
                continue
            before = seen.setdefault(made.id, made)
            if before is made:
                found.claims.append(made)
            elif before != made:
                found.rejects.append(Reject(path.name, number, "claim_twice", f"{made.id} was read before and says otherwise; give each claim an id of its own"))  # fmt: skip
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.startswith("claims") and p.suffix in {".toml", ".jsonl"})  # fmt: skip
            if not inside:
                raise ZhenboError(
                    f"{path} holds no claims.toml or claims.jsonl. `zhenbo claim --example` prints one."
                )
            yield from inside
        elif path.exists():
            yield path
        else:
            raise ZhenboError(f"{path} is not there. `zhenbo claim --example > claim.toml` makes one to try.")


def _bodies(path: Path, found: Read) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix.lower() == ".toml":
        yield from _toml(path, found)
        return
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip() and (body := _line(path.name, number, line, found)) is not None:
                    yield number, body
    except OSError as error:
        raise ZhenboError(f"{path} cannot be read: {error}. Check its permissions.") from error


def _line(name: str, number: int, line: bytes, found: Read) -> Mapping[str, Any] | None:
    if len(line) > _LONGEST:
        found.rejects.append(Reject(name, number, "too_long", f"a line of {len(line)} bytes; up to {_LONGEST} are read"))  # fmt: skip
        return None
    try:
        body = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        found.rejects.append(Reject(name, number, "no_json", str(error)[:200]))
        return None
    if not isinstance(body, dict):
        found.rejects.append(Reject(name, number, "no_claim", "a line holds one claim: {…}"))
        return None
    return body


def _toml(path: Path, found: Read) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        whole = tomllib.loads(path.read_bytes()[: _LONGEST * 64].decode("utf-8-sig"))
    except OSError as error:
        raise ZhenboError(f"{path} cannot be read: {error}. Check its permissions.") from error
    except (ValueError, RecursionError) as error:
        found.rejects.append(Reject(path.name, 0, "no_toml", str(error)[:200]))
        return
    many = whole.get("claim")
    rows = many if isinstance(many, list) else [many] if isinstance(many, dict) else [whole]
    for number, body in enumerate(rows, start=1):
        if isinstance(body, dict):
            yield number, {"zone": whole["zone"], **body} if "zone" in whole and many else body


def _claim(name: str, number: int, body: Mapping[str, Any], found: Read) -> Claim | None:
    zone = body.get("zone", BEIJING)
    try:
        made = msgspec.convert(timed(body, zone), Claim)
        _sound(made)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        found.rejects.append(Reject(name, number, "no_claim", _mendable(str(error))))
        return None
    return made


_PARTS = (Claim, Purchase, State, Answer, Proof, Finding, Promise)
_FIELDS = sorted({name for part in _PARTS for name in part.__struct_fields__})
_UNKNOWN = re.compile("unknown field `([^`]+)`")
_BROKEN = re.compile(r"Expected `int[^`]*`(?: \| `null`)?, got `(?:float|str)` - at `\$[^`]*\.(\w+)`")
_COUNTS = frozenset({"buyer_orders", "faults", "number"})


def _mendable(error: str) -> str:
    """What the decoder says, with what to write instead where that is known."""
    said = error[:200]
    if unknown := _UNKNOWN.search(said):
        near = difflib.get_close_matches(unknown[1], _FIELDS, 1, 0.6)
        return f"{said}; did you mean {near[0]}?" if near else f"{said}; docs/guarantee.md lists the fields"
    if (broken := _BROKEN.search(said)) and broken[1] not in _COUNTS:
        return f"{said}; write whole minor units (fen), 5900 for 59 yuan"
    return said


def _zone(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 1440:
        return value
    raise ValueError(f"zone {str(value)[:40]!r} is none; write minutes east of Greenwich, 480 for Beijing")


def timed(value: Any, zone: Any) -> Any:
    """A body with its times as microseconds.

    Raises:
        ValueError: naming the time or zone that is none.
    """
    return _timed(value, _zone(zone))


def _timed(value: Any, zone: int, key: str = "") -> Any:
    """The body with its times as microseconds."""
    if isinstance(value, Mapping):
        inner = {k: _timed(v, zone, k) for k, v in value.items() if k != "asked"}
        return inner | (
            {"asked": {k: _micros(v, zone, k) for k, v in value["asked"].items()}}
            if isinstance(value.get("asked"), dict)
            else {}
        )
    if isinstance(value, list):
        return [_timed(v, zone, key) for v in value]
    return _micros(value, zone, key) if key in _TIMES and value is not None else value


def _micros(value: Any, zone: int, key: str) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{key} {value[:40]!r} is no time; write 2026-05-30T10:00:00+08:00") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        there = value if value.tzinfo else value.replace(tzinfo=timezone(timedelta(minutes=zone)))
        value = (there - _EPOCH) // timedelta(microseconds=1)
    if not isinstance(value, int) or isinstance(value, bool) or not _FIRST <= value <= _LAST:
        raise ValueError(f"{key} {str(value)[:40]!r} is no time of 1970 to 2200; write 2026-05-30T10:00:00+08:00")  # fmt: skip
    return value


def _sound(claim: Claim) -> None:
    """What a type cannot say."""
    _known("kind", [claim.kind], KINDS)
    _known("trait", claim.purchase.traits, TRAITS)
    _known("proof", [p.kind for p in claim.proofs], PROOFS)
    _known("finding", [f.what for f in claim.findings], FINDINGS)
    if not claim.id.strip() or len(claim.id) > 120 or not claim.purchase.id.strip():
        raise ValueError("a claim and its order need an id each, of 1 to 120 characters")
    if claim.damaged is not None and not 0 < claim.damaged <= 1:
        raise ValueError(
            f"damaged {claim.damaged} is no share; write 0.3 where three in ten pieces are damaged"
        )
    bought = claim.purchase
    if not _CURRENCY.fullmatch(bought.currency):
        raise ValueError(f"currency {bought.currency[:40]!r} is none; write its three letters, CNY for yuan")
    money = [bought.paid, bought.refunded, bought.appraisal, bought.gift_unreturned, bought.kept_price, bought.set_paid, bought.freight, bought.freight_cover]  # fmt: skip
    for promise in claim.promises:
        sound_promise(promise)
    _in_turn({"ordered_at": bought.ordered_at, "signed_at": bought.signed_at, "received_back_at": claim.received_back_at})  # fmt: skip
    _in_turn({"ordered_at": bought.ordered_at, "filed_at": claim.filed_at})
    orders, faults = bought.buyer_orders or 0, claim.faults or 0
    if not (0 <= orders <= _MANY and 0 <= faults <= _MANY):
        raise ValueError(f"buyer_orders {orders} and faults {faults} are counts of 0 to {_MANY}")
    wrong = [m for m in money if m is not None and not 0 <= m <= _MOST]
    if wrong:
        raise ValueError(f"{wrong[0]} is no amount; write whole minor units (fen), 5900 for 59 yuan")


def _in_turn(times: Mapping[str, int | None]) -> None:
    """Nothing is signed for, claimed or sent back before it was ordered; clocks may disagree by an hour."""
    told = [(key, at) for key, at in times.items() if at is not None]
    for (first, a), (then, b) in pairwise(told):
        if b < a - HOUR:
            raise ValueError(
                f"{then} lies before {first}: correct one of them, or leave out the one that is not known"
            )


def sound_promise(promise: Promise) -> None:
    """What the type of a promise cannot say.

    Raises:
        ValueError: naming what it is and what would do.
    """
    _known("promise", [promise.kind], PROMISES)
    if promise.number is not None and not 0 <= promise.number <= _MANY:
        raise ValueError(f"number {promise.number} of promise {promise.id[:40]} is none of 0 to {_MANY}")
    if promise.kind == "multiple" and (promise.number or 0) > _TIMES_MOST:
        raise ValueError(f"{promise.number} times the price; up to {_TIMES_MOST} are read")
    wrong = [m for m in (promise.amount, promise.most) if m is not None and not 0 <= m <= _MOST]
    if wrong:
        raise ValueError(f"{wrong[0]} is no amount; write whole minor units (fen), 5900 for 59 yuan")


def _known(what: str, given: Sequence[str], words: Sequence[str]) -> None:
    for word in given:
        if word not in words:
            near = difflib.get_close_matches(word, words, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(words)}"
            raise ValueError(f"{what} {word[:40]!r} is unknown{hint}")
