"""`labels.csv`: what people found out about sessions and shop months, and whose word it is.

Columns subject, outcome, by, at, reason. Whoever is not labelled is unlabelled, never honest. A rule never learns from
the label it made: `by` tells, and a row that does not say whose word it is cannot be used. A "risky room" of a
research set is no finding about bought traffic, whatever outcome it is written down as.
"""

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from zhenbo.core.errors import Reject, ZhenboError
from zhenbo.core.subject import FAMILIES

BOUGHT = ("bought", "fake", "fraud", "likely")
HONEST = ("cleared", "genuine", "honest", "unlikely")
UNDECIDED = ("insufficient", "suspect", "unknown")
NOT_BOUGHT = (
    "A risky room is not a room with bought traffic: risk labels (LiveStreamingRiskControl 0-3) also mean fraud and lures."
    " Say what somebody found out about traffic or orders."
)
_RISK = re.compile(r"risk|风险|风控", re.IGNORECASE)
_RISK_SET = re.compile(r"live[-_]?streaming[-_]?risk[-_]?control|\bLiveRisk\b", re.IGNORECASE)
"""How `by` or `reason` names the research set that labels rooms as risky (LiveRisk in its paper)."""
_COLUMNS = ("subject", "outcome", "by", "at")
_WORD = re.compile(r"[\w.\-]+")


@dataclass(frozen=True)
class Label:
    """What somebody found out.

    Args:
        subject: session or shop month.
        bought: whether it was bought; False where somebody cleared it.
        by: who says so.
        at: when, microseconds UTC.
        line: of the file.
    """

    subject: str
    bought: bool
    by: str
    at: int
    line: int

    def made_by(self, signal: str | None) -> bool:
        """Whether this signal made the label; None asks whether any signal did, zhenbo as a whole, or its policy.

        Where `by` names signals, they are meant and no other; a label of zhenbo's or of a policy is every signal's own.
        """
        words = _WORD.findall(self.by.lower())
        named = {w for w in words if w.partition(".")[0] in FAMILIES and "." in w}
        if named:
            return signal is None or signal in named
        return any(w.startswith(("zhenbo", "policy")) for w in words)


@dataclass(frozen=True)
class Labels:
    """The labels of a file, one per subject, and the rows that cannot be used."""

    known: Mapping[str, Label]
    rejected: tuple[Reject, ...] = ()

    def of(self, subject: str, signal: str | None) -> bool | None:
        """Whether a subject was bought, by somebody other than this signal (and zhenbo); None where nobody says."""
        label = self.known.get(subject)
        return None if label is None or label.made_by(signal) else label.bought

    def within(self, subjects: Collection[str], file: str) -> "Labels":
        """Those of subjects that are there; the others are rejected."""
        strange = [label for label in self.known.values() if label.subject not in subjects]
        missing = [Reject(file, label.line, "unknown_subject", label.subject[:200]) for label in strange]
        known = {name: label for name, label in self.known.items() if name in subjects}
        return Labels(known, tuple(sorted([*self.rejected, *missing], key=lambda r: r.line)))


NOBODY = Labels({})


def read_labels(path: Path) -> Labels:
    """Read a file of labels; a row that cannot be used is told by line and reason, and the others stay.

    Raises:
        ZhenboError: where the file cannot be read at all, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            lacking = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if lacking:
                raise ZhenboError(
                    f"{path} has no column {', '.join(lacking)}; it has {', '.join(reader.fieldnames or ()) or 'none'}. "
                    "Expected: subject,outcome,by,at,reason."
                )
            read = [_row(row, reader.line_num, path.name) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ZhenboError(f"The labels in {path} cannot be read: {error}. Save them as UTF-8 CSV.") from error
    rejected = [r for r in read if isinstance(r, Reject)]
    by_subject: dict[str, list[Label]] = {}
    for label in read:
        if isinstance(label, Label):
            by_subject.setdefault(label.subject, []).append(label)
    known = {}
    for subject, said in by_subject.items():
        standing, left = _standing(said)
        rejected += [
            Reject(path.name, label.line, why, f"{subject}: {label.by}"[:200]) for label, why in left
        ]
        if standing is not None:
            known[subject] = standing
    return Labels(known, tuple(sorted(rejected, key=lambda r: r.line)))


def _row(row: Mapping[str | None, str | None], line: int, file: str) -> Label | Reject:
    if None in row:
        return Reject(file, line, "too_many_fields", str(row[None])[:200])
    subject, outcome, by, at = ((row[c] or "").strip() for c in _COLUMNS)
    if not subject:
        return Reject(file, line, "no_subject")
    if _RISK.search(outcome) or _RISK_SET.search(f"{by}\n{row.get('reason') or ''}"):
        return Reject(file, line, "risk_is_not_bought", NOT_BOUGHT)
    if outcome.lower() in UNDECIDED:
        return Reject(file, line, "undecided", outcome)
    if outcome.lower() not in BOUGHT + HONEST:
        return Reject(file, line, "unknown_outcome", f"{outcome[:80]}; known: {', '.join(BOUGHT + HONEST)}")
    if not by:
        return Reject(file, line, "no_author", "whose word it is decides which rules may learn from it")
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return Reject(file, line, "bad_time", at[:200])
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return Label(subject, outcome.lower() in BOUGHT, by, int(when.timestamp() * 1_000_000), line)


def _standing(said: list[Label]) -> tuple[Label | None, list[tuple[Label, str]]]:
    """The label that stands among several on one subject, a person's before a rule's and then the latest; and why others do not."""
    said = sorted(said, key=lambda label: (not label.made_by(None), label.at, label.line))
    last = said[-1]
    rivals = [
        x
        for x in said
        if (x.made_by(None), x.at) == (last.made_by(None), last.at) and x.bought != last.bought
    ]
    if rivals:
        return None, [(label, "contradiction") for label in said]
    return last, [(label, "superseded") for label in said[:-1]]
