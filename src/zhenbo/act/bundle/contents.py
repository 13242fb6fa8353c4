"""What an evidence bundle holds: who made it of what, the verdict in exact numbers, extracts of the record, who held what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from zhenbo.core.errors import ZhenboError
from zhenbo.core.inspection import HandOver
from zhenbo.core.verdict import SessionVerdict, ShopVerdict

T = TypeVar("T")


class Source(msgspec.Struct, frozen=True):
    """A file that the bundle was made of: its label, length and digest; its content stays where it is."""

    file: str
    bytes: int
    sha256: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """How the bundle came to be, and what a reader may expect of it.

    Args:
        zhenbo: version of the program.
        code: digest of its code and packs.
        policy: id@version#sha256 of the policy.
        as_of: microsecond at which the record was read.
        lang: language of the sentences.
        scope: `session` or `shop`.
        whole: whether the extract is the whole record of the subject, or the rows the reasons rest on.
        rows: rows of the subject's record.
        extracted: of them in this file.
        masked: values of the extract that were masked or replaced by a name of this file's own.
        missed: upper end of the brushed share that the bridge was made with.
        recomputes: reasons (their ids) whose evidence comes out again from the extract; the others are told by their rows only.
        judges: whether the whole verdict comes out again.
        sources: files it was made of.
        key: fingerprint of the key it is signed with.
        head: `NUMBER:SEAL` of the record of acts when the file was made; empty where none was looked at.
    """

    zhenbo: str
    code: str
    policy: str
    as_of: int
    lang: str
    scope: str
    whole: bool
    rows: int
    extracted: int
    masked: int
    missed: float
    recomputes: list[str]
    judges: bool
    sources: list[Source]
    key: str
    head: str = ""


class OrderP(msgspec.Struct, frozen=True):
    """An order's probability of being brushed, as the bridge took it."""

    order_id: str
    p: float


class Sealed(msgspec.Struct, frozen=True):
    """An act of the record about the subject, with its place in the chain."""

    number: int
    key: str
    kind: str
    subject: str
    at: int
    body: str
    digest: str
    seal: str


@dataclass(frozen=True)
class Contents:
    """A bundle's content.

    Args:
        made: how it came to be.
        verdict: in exact numbers.
        events: extracted rows, canonical columns by name, absent where empty.
        accounts: snapshots of the accounts among them.
        metrics: displayed counters.
        beside: rows of other subjects that the signals looked at, where the extract is whole.
        rounds: rooms that share viewers, likewise.
        windows: declared honest causes.
        orders: probabilities of orders.
        custody: hand-overs of samples.
        acts: acts of the record about the subject.
    """

    made: Made
    verdict: SessionVerdict | ShopVerdict
    events: Sequence[dict[str, Any]] = ()
    accounts: Sequence[dict[str, Any]] = ()
    metrics: Sequence[dict[str, Any]] = ()
    beside: Sequence[dict[str, Any]] | None = None
    rounds: Sequence[dict[str, Any]] | None = None
    windows: Sequence[dict[str, Any]] = ()
    orders: Sequence[OrderP] = ()
    custody: Sequence[HandOver] = ()
    acts: Sequence[Sealed] = ()

    def data(self) -> dict[str, bytes]:
        """Its segments, by name; JSON lines, one entry each."""
        told: dict[str, Sequence[Any] | None] = {
            "made": [self.made], "verdict": _flat(self.verdict), "orders": self.orders, "custody": self.custody, "acts": self.acts,
            "windows": self.windows, "metrics": self.metrics, "accounts": self.accounts, "events": self.events,
            "beside": self.beside, "rounds": self.rounds,
        }  # fmt: skip
        return {name: lines(rows) for name, rows in told.items() if rows is not None}

    @classmethod
    def read(cls, data: dict[str, bytes]) -> "Contents":
        """The content of segments.

        Raises:
            ZhenboError: when a segment does not read; the file's findings say what was changed.
        """
        try:
            made = read_lines(data["made"], Made)[0]
            shape: Any = ShopVerdict if made.scope == "shop" else SessionVerdict
            verdict = msgspec.convert(_whole(data["verdict"]), shape)
            rows = {
                name: read_lines(data[name], dict) if name in data else None
                for name in ("events", "accounts", "metrics", "beside", "rounds", "windows")
            }
            return cls(
                made, verdict, rows["events"] or [], rows["accounts"] or [], rows["metrics"] or [], rows["beside"], rows["rounds"],
                rows["windows"] or [], read_lines(data["orders"], OrderP), read_lines(data["custody"], HandOver), read_lines(data["acts"], Sealed),
            )  # fmt: skip
        except (KeyError, IndexError, ValueError, RecursionError) as error:
            raise ZhenboError(f"The bundle's data do not read ({str(error)[:200]}): it was changed, or a later version wrote it.") from error  # fmt: skip


def _flat(verdict: SessionVerdict | ShopVerdict) -> list[dict[str, Any]]:
    """The verdict as entries: its fields, then its reasons one by one, so that a change is named by the reason."""
    plain = msgspec.to_builtins(verdict)
    return [{name: value for name, value in plain.items() if name != "reasons"}, *plain["reasons"]]


def _whole(body: bytes) -> dict[str, Any]:
    head, *reasons = read_lines(body, dict)
    return {**head, "reasons": reasons}


def lines(rows: Sequence[Any]) -> bytes:
    """Rows as a segment: JSON lines in which no text can end it."""
    return b"".join(msgspec.json.encode(row).replace(b"<", b"\\u003c") + b"\n" for row in rows)


def read_lines(body: bytes, shape: type[T]) -> list[T]:
    """The rows of a segment."""
    return [msgspec.json.decode(line, type=shape) for line in body.splitlines()]
