"""`zhenbo calibrate`: a history in, an overlay of packs out, with a report of what it rests on."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from zhenbo import __version__
from zhenbo.core.dataset import Dataset
from zhenbo.core.errors import Reject, ZhenboError
from zhenbo.core.session import Session
from zhenbo.pipeline.calibrate import (
    CELL_MIN,
    K_SPREAD,
    POSITIVE_MIN,
    UNLABELLED_MIN,
    Learned,
    Prior,
    Seen,
    Trying,
    Units,
    cells,
    day,
    history,
    prior,
    tried,
    units,
)
from zhenbo.pipeline.drift import Drift, drifts
from zhenbo.pipeline.labels import NOBODY, Labels
from zhenbo.pipeline.packs import Packs, default_packs, laid_over
from zhenbo.signals.catalogue import catalogue

MARK = "# Learned by `zhenbo calibrate`"
"""The first words of every file it writes; it replaces and removes no other."""


@dataclass(frozen=True)
class Calibration:
    """What a history gave.

    Args:
        texts: the overlay, by name (`baselines/counters.ratio.toml`).
        packs: the shipped packs under it.
        learned: measures in cells.
        rooms: sessions and shop months of the history.
        first, last: days of it (UTC).
        units: how each `signal@tier` did on it.
        prior: fitted to the labels, or why not.
        labels: what people said.
        own_labels: labels that rules made themselves: by `signal`, how many it could not learn from.
        drift: cells of an older overlay against this history.
        rejects: rows and files of the history that could not be used.
    """

    texts: Mapping[str, str]
    packs: Packs
    learned: Sequence[Learned]
    rooms: int
    first: date
    last: date
    units: Mapping[str, Units]
    prior: Prior
    labels: Labels
    own_labels: Mapping[str, int]
    drift: Sequence[Drift] = ()
    rejects: Sequence[Reject] = field(default=())


def calibrated(
    data: Dataset,
    *,
    labels: Labels = NOBODY,
    file: str = "labels.csv",
    against: Sequence[Mapping[str, Any]] = (),
    rejects: Sequence[Reject] = (),
    progress: Callable[[Session], None] = lambda _: None,
) -> Calibration:
    """Learn cells, caps and, where there are labels enough, a prior from a history.

    Args:
        data: the history.
        labels: what people found out about its sessions and shop months.
        file: name of the file of labels, for those that name nobody here.
        against: cells of an older overlay (`drift.learned_in`).
        rejects: findings of intake, carried along.
        progress: called with each subject before it is looked at.
    """
    shipped = default_packs()
    seen = history(data, shipped, progress)
    labels = labels.within({s.session.session_id for s in seen}, file)
    learned = cells(seen, labels, shipped)
    first, last = _days(seen)
    texts = _baselines(learned, shipped, first, last)
    under = laid_over(texts, "the history") if texts else shipped
    judged = tried(data, seen, under, progress)
    spoke = units(judged.spoke, labels, shipped.policy)
    texts["calibration/caps.toml"] = _caps(spoke, last)
    fitted = _prior(judged, seen, labels, texts, "the history")
    if fitted.fitted:
        texts["calibration/map.toml"] = _map(fitted, last)
    return Calibration(
        texts, laid_over(texts, "the history"), learned, len(seen), first, last, spoke, fitted, labels,
        _own(labels), drifts(against, seen, labels) if against else (), rejects,
    )  # fmt: skip


def _prior(
    judged: Trying, seen: Sequence[Seen], labels: Labels, texts: Mapping[str, str], place: str
) -> Prior:
    """Fitted to the scores under the cells and the caps learned."""
    hosts = {s.session.session_id: s.session.host_id for s in seen}
    scores = judged.rescored(laid_over(texts, place).policy)
    return prior(scores, hosts, labels)


def checked(
    data: Dataset,
    *,
    against: Sequence[Mapping[str, Any]],
    labels: Labels = NOBODY,
    file: str = "labels.csv",
    progress: Callable[[Session], None] = lambda _: None,
) -> dict[str, Any]:
    """Cells of an older overlay against a history, as `report` tells them, and nothing learned."""
    seen = history(data, default_packs(), progress)
    known = labels.within({s.session.session_id for s in seen}, file)
    first, last = _days(seen)
    told: dict[str, Any] = _rounded({
        "schema": 1, "zhenbo": __version__, "rooms": len(seen), "first": str(first), "last": str(last),
        "labels": {"used": len(known.known), "rejected": msgspec.to_builtins(known.rejected)},
        "drift": [_told(d) for d in drifts(against, seen, known)],
    })  # fmt: skip
    return told


def _own(labels: Labels) -> dict[str, int]:
    made = {name: sum(label.made_by(name) for label in labels.known.values()) for name in catalogue()}
    return {name: n for name, n in made.items() if n}


def _days(seen: Sequence[Seen]) -> tuple[date, date]:
    spans = [s.session.span for s in seen if s.session.span[1]]
    return day(min((a for a, _ in spans), default=0)), day(max((b for _, b in spans), default=0))


# --- as text ------------------------------------------------------------------------------------------------------


def _baselines(learned: Sequence[Learned], packs: Packs, first: date, last: date) -> dict[str, str]:
    """Overlay files by name."""
    files: dict[str, dict[str, list[str]]] = {}
    for one in learned:
        signal, measure = one.measure
        lesson = next(x for x in packs.baselines[signal].lessons if x.measure == measure)
        source = _toml(f"zhenbo calibrate: {one.n} rooms, {first} to {last}")
        files.setdefault(signal, {}).setdefault(_where(one), []).extend(
            f"{name} = {{ value = {value:.6g}, n = {one.n}, k = {k:.6g}, source = {source}, date = {last} }}"
            for name, value, k in (
                (lesson.median, math.exp(one.middle), one.k_middle),
                (lesson.sigma, one.spread, K_SPREAD),
            )
        )
    return {
        f"baselines/{signal}.toml": "\n".join([
            f"{MARK} from {first} to {last}: medians and spreads of the honest majority, by cell.",
            *(line for where, lines in wheres.items() for line in ("", "[[cell]]", f"where = {where}", *lines)),
        ]) + "\n"
        for signal, wheres in files.items()
    }  # fmt: skip


def _where(one: Learned) -> str:
    said = ", ".join(f"{name} = {_toml(list(c))}" for name, c in one.cell.where)
    return f"{{ {said} }}"


def _toml(value: Any) -> str:
    """A string or list as TOML: as JSON, but for one control character that only TOML forbids."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _caps(spoke: Mapping[str, Units], last: date) -> str:
    lines = [
        f"{MARK} on {last}: units on which each signal spoke, and how many of them it accused.",
        "# Rooms labelled honest by others count; unlabelled ones only against a signal that accuses more of them than",
        "# may be bought at the policy's highest prior.",
    ]
    for name, u in spoke.items():
        made, accused = u.told
        if made:
            lines += ["", f'[signal."{name}"]', f"units = {made}", f"accused = {accused}"]
    return "\n".join(lines) + "\n"


def _map(fitted: Prior, last: date) -> str:
    assert fitted.fitted is not None
    low, mid, high = fitted.fitted
    return (
        f"{MARK} on {last}: how common material fabrication is here (Elkan & Noto 2008).\n"
        f'id = "prior-pu@1:{mid:.4f}"\n\n[prior]\nlow = {low:.6g}\nmid = {mid:.6g}\nhigh = {high:.6g}\n'
        f"positive = {fitted.positive}\nunlabelled = {fitted.unlabelled}\nfound = {fitted.found:.6g}\n"
    )


# --- as a folder --------------------------------------------------------------------------------------------------


def report(made: Calibration) -> dict[str, Any]:
    """`calibrate.json`: what was learned, of how many rooms, of what days, and what could not be."""
    shipped = default_packs().policy
    told: dict[str, Any] = _rounded({
        "schema": 1,
        "zhenbo": __version__,
        "policy": made.packs.policy.name,
        "map": made.packs.policy.map_id,
        "rooms": made.rooms,
        "first": str(made.first),
        "last": str(made.last),
        "cell_min": CELL_MIN,
        "cells": [
            {
                "signal": x.measure[0], "measure": x.measure[1], "cell": x.cell.label, "where": {n: list(c) for n, c in x.cell.where},
                "n": x.n, "left_out": x.left_out, "middle": x.middle, "spread": x.spread, "k": x.k_middle, "percentiles": list(x.percentiles),
            }
            for x in made.learned
        ],
        "caps": [
            {"signal": name, **vars(u), "cap_db_shipped": shipped.cap(*name.split("@")), "cap_db": made.packs.policy.cap(*name.split("@"))}
            for name, u in made.units.items()
        ],
        "labels": {
            "used": len(made.labels.known), "made_by_rules": dict(made.own_labels),
            "rejected": msgspec.to_builtins(made.labels.rejected),
        },
        "prior": {
            **{k: v for k, v in vars(made.prior).items() if k != "table"}, "table": [list(t) for t in made.prior.table],
            "positive_min": POSITIVE_MIN, "unlabelled_min": UNLABELLED_MIN,
        },
        "drift": [_told(d) for d in made.drift],
        "unused": msgspec.to_builtins(list(made.rejects)),
    })  # fmt: skip
    return told


def write_overlay(made: Calibration, to: Path) -> None:
    """Write the overlay and its report; files of an earlier calibration that this one did not make again are removed.

    Raises:
        ZhenboError: where a file of somebody else's stands in the way, or the folder cannot be written to.
    """
    try:
        older = [*to.glob("baselines/*.toml"), *to.glob("calibration/*.toml")]
        theirs = [p for p in older if not p.read_text("utf-8").startswith(MARK)]
        if theirs:
            raise ZhenboError(
                f"{theirs[0]} was not written by `zhenbo calibrate`, which would change what it means. Name another folder "
                "with --to, or copy your own cells into it afterwards."
            )
        for path in older:
            path.unlink()
        for name, text in made.texts.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_text(text, "utf-8")
        (to / "calibrate.json").write_bytes(encoded(report(made)))
    except OSError as error:
        raise ZhenboError(
            f"The packs cannot be written to {to} ({error}). Name another folder with --to."
        ) from error


def encoded(told: Mapping[str, Any]) -> bytes:
    """A report as bytes, equal for equal histories."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _told(d: Drift) -> dict[str, Any]:
    return {**vars(d), "factor": d.factor, "drifted": d.drifted, "moved": d.moved}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) + 0.0
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list | tuple) else value
