"""Which sessions to audit, and what their sum says of all: a stratified sample of a portfolio (FIELD K31).

The frame is exact and cheap: what remains of every session's created amounts after cancelled, unpaid, discounted and refunded
ones. Only what of it is brushed has to be found out, and only in a sample. The largest sessions are all taken; the others are
drawn within bands of like size, each band in proportion to its amounts, by lots hashed from a seed that is printed, so
that the draw can be made again and nobody chose it.

The total is the frame's less the brushed share found, band by band. Its interval is that of a share in a complex survey
(Korn & Graubard, "Confidence intervals for proportions with small expected number of positive counts", JSM 1998): the exact
binomial one at the effective size of the sample, which a normal one would miss where most sessions hold nothing and a few much.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from zhenbo.core.verdict import Z90, Count, Interval

STRATA = 4
SURE = 5
"""One in so many of the sample is spent on the largest sessions."""
LEAST = 20
"""Sessions of a sample at least, where there are so many."""
PLANNED_SD = 0.25
"""Spread of the brushed share between sessions that the plan expects: one in eight brushed to three quarters; judgement."""
_GRID = 2048
"""Steps of the grid on which hidden amounts are added."""


class Unit(Struct, frozen=True, kw_only=True):
    """One session or shop month of the frame."""

    id: str
    host_id: str
    start: str | None
    gross: int
    left: Annotated[int, Meta(description="what remains of its created amounts, minor units: its size")]


class Stratum(Struct, frozen=True, kw_only=True):
    """A band of like size."""

    least: int
    most: int
    units: Count
    drawn: Count
    left: Annotated[int, Meta(description="what remains of all its sessions together")]
    all_taken: bool


class Plan(Struct, frozen=True, kw_only=True):
    """Which sessions to audit, and what may be said of all of them from it."""

    seed: int
    precision: Annotated[
        float, Meta(description="half the width of the 90 % interval that is wanted, as a share of the frame")
    ]
    units: Count
    drawn: Count
    covered: Annotated[float, Meta(description="share of the frame's amounts that the sample holds")]
    coverage: Annotated[float, Meta(description="how often the interval is meant to hold the truth")] = 0.9
    strata: list[Stratum]
    sample: Annotated[list[str], Meta(description="sessions to audit, the largest first")]


class Extrapolated(Struct, frozen=True, kw_only=True):
    """Verified sales of the whole frame, minor units."""

    currency: str
    gross: int
    left: int
    sampled: Annotated[Count, Meta(description="sessions whose brushing could be judged")]
    unjudged: Annotated[
        Count,
        Meta(
            description="of the sample, those in which it could not; their size is taken as like the others of their band"
        ),
    ]
    brushed_share: Annotated[float, Meta(description="of what remains, best estimate")]
    verified: Interval
    from_sampling: Annotated[int, Meta(description="half the width that comes of auditing a sample only")]
    from_judging: Annotated[int, Meta(description="half the width that comes of the verdicts' own intervals")]


@dataclass(frozen=True)
class Found:
    """What the audit of a session says of its brushing, as shares of what remains.

    Args:
        low: brushed, lower end.
        mid: best estimate.
        high: upper end, of what was noticed.
        chance: probability that something is brushed and was not noticed.
        hidden: share that nine of ten such sessions stay below.
    """

    low: float
    mid: float
    high: float
    chance: float = 0.0
    hidden: float = 0.0


def plan(frame: Sequence[Unit], precision: float, seed: int, *, every: bool = False) -> Plan:
    """The sampling plan of a frame.

    Args:
        frame: all sessions and shop months; those of which nothing remains need no audit.
        precision: half the width of the 90 % interval that is wanted, as a share of the frame.
        seed: of the lots.
        every: take all.
    """
    units = sorted((u for u in frame if u.left > 0), key=lambda u: (-u.left, u.id))
    n = len(units) if every else _size(len(units), precision)
    total = sum(u.left for u in units)
    sure = _certain(units, n)
    rest = units[sure:]
    bands = _bands(rest)
    counts = _allot([sum(u.left for u in band) for band in bands], [len(b) for b in bands], n - sure)
    drawn = list(units[:sure])
    strata = [_stratum(units[:sure], sure)] if sure else []
    for band, k in zip(bands, counts, strict=True):
        drawn += sorted(sorted(band, key=lambda u: _lot(seed, u.id))[:k], key=lambda u: (-u.left, u.id))
        strata.append(_stratum(band, k))
    return Plan(
        seed=seed, precision=precision, units=len(units), drawn=len(drawn), strata=strata, sample=[u.id for u in drawn],
        covered=sum(u.left for u in drawn) / total if total else 0.0,
    )  # fmt: skip


def _size(units: int, precision: float) -> int:
    """Sessions needed for the precision, corrected for the finite frame."""
    wanted = (Z90 * PLANNED_SD / max(precision, 1e-3)) ** 2
    n = wanted / (1 + wanted / max(units, 1))
    return min(units, max(LEAST, math.ceil(n)))


def _certain(units: Sequence[Unit], n: int) -> int:
    """How many of the largest are taken for sure: a fifth of the sample, and those larger than the step of a draw in proportion to size."""
    left, taken = sum(u.left for u in units), 0
    while taken < min(n, len(units)) and (taken < n // SURE or units[taken].left * (n - taken) >= left):
        left -= units[taken].left
        taken += 1
    return len(units) if n >= len(units) else taken


def _bands(units: Sequence[Unit]) -> list[list[Unit]]:
    """Bands of about equal amounts, the largest sessions first."""
    total, held = sum(u.left for u in units), 0
    made: list[list[Unit]] = [[]] if units else []
    for u in units:
        if held >= total * len(made) / STRATA and len(made) < STRATA:
            made.append([])
        made[-1].append(u)
        held += u.left
    return made


def _allot(sizes: Sequence[int], units: Sequence[int], n: int) -> list[int]:
    """A draw divided over bands in proportion to their amounts, two of each at least, none more than it has."""
    counts = [min(2, u) for u in units]
    while sum(counts) < min(n, sum(units)):
        open_ = [i for i, u in enumerate(units) if counts[i] < u]
        best = max(open_, key=lambda i: (sizes[i] / (counts[i] + 1), -i))
        counts[best] += 1
    return counts


def _lot(seed: int, ident: str) -> bytes:
    """A session's lot in the draw: anybody can make the draw again with a pencil and SHA-256."""
    return hashlib.sha256(f"{seed}\n{ident}".encode()).digest()


def _stratum(band: Sequence[Unit], drawn: int) -> Stratum:
    return Stratum(
        least=min(u.left for u in band), most=max(u.left for u in band), units=len(band), drawn=drawn,
        left=sum(u.left for u in band), all_taken=drawn >= len(band),
    )  # fmt: skip


def extrapolated(
    frame: Sequence[Unit], made: Plan, found: Mapping[str, Found], currency: str
) -> Extrapolated | None:
    """Verified sales of the whole frame from the sessions audited; None where none of them could be judged.

    Args:
        frame: all sessions and shop months, as the plan was made from.
        made: the plan.
        found: by id, what the audit says of a sampled session whose brushing could be judged.
        currency: of the frame.
    """
    size = {u.id: u.left for u in frame if u.left > 0}
    total = sum(size.values())
    parts = _parts(size, made, found)
    if not parts:
        return None
    share = math.fsum(p.left * p.mean for p in parts) / total
    variance = math.fsum((p.left / total) ** 2 * p.variance for p in parts)
    n = sum(len(p.ids) for p in parts)
    low, high = _ends(share, variance, n, census=all(p.whole for p in parts))
    weight = {i: p.left / len(p.ids) * (size[i] / p.mean_size) for p in parts for i in p.ids}
    host = {u.id: u.host_id for u in frame}
    missed, spread = _unnoticed([(host[i], w, found[i]) for i, w in sorted(weight.items())], total)
    wide_low = math.sqrt(math.fsum((w * (found[i].mid - found[i].low)) ** 2 for i, w in weight.items()))
    wide_high = math.sqrt(math.fsum((w * (found[i].high - found[i].mid)) ** 2 for i, w in weight.items()))
    brushed_low = share * total - math.hypot((share - low) * total, wide_low)
    brushed_high = share * total + missed + math.hypot((high - share) * total, wide_high, spread)
    ends = [min(max(total - x, 0), total) for x in (brushed_high, share * total, brushed_low)]
    return Extrapolated(
        currency=currency, gross=sum(u.gross for u in frame), left=total, sampled=n, unjudged=made.drawn - n, brushed_share=share,
        verified=Interval(math.floor(ends[0]), round(ends[1]), math.ceil(ends[2])),
        from_sampling=round((high - low) / 2 * total), from_judging=round((missed + math.hypot(wide_high, spread) + wide_low) / 2),
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """A stratum with what was found in it."""

    left: int
    ids: list[str]
    mean: float
    variance: float
    mean_size: float
    whole: bool


def _parts(size: Mapping[str, int], made: Plan, found: Mapping[str, Found]) -> list[_Part]:
    """Strata with the share found brushed, by amount; one without a judged session joins its neighbour."""
    order = sorted(size, key=lambda i: (-size[i], i))
    parts, at, held = [], 0, 0
    for stratum in made.strata:
        mine = order[at : at + stratum.units]
        at += stratum.units
        held += stratum.left
        ids = [i for i in mine if i in found]
        if not ids:
            continue
        sizes = np.array([size[i] for i in ids], dtype=np.float64)
        taints = np.array([found[i].mid for i in ids])
        mean = float((sizes * taints).sum() / sizes.sum())
        residue = sizes * (taints - mean) / sizes.mean()
        part_taken = len(ids) / max(stratum.units, len(ids))
        variance = float((residue**2).sum() / max(len(ids) - 1, 1) / len(ids)) * (1 - part_taken)
        parts.append(_Part(held, ids, mean, variance, float(sizes.mean()), len(ids) == stratum.units))
        held = 0
    if parts and held:
        last = parts[-1]
        parts[-1] = _Part(last.left + held, last.ids, last.mean, last.variance, last.mean_size, False)
    return parts


def _ends(share: float, variance: float, n: int, *, census: bool) -> tuple[float, float]:
    """Korn and Graubard's interval of a share."""
    from scipy.special import betaincinv

    if census:
        return share, share
    effective = min(max(share * (1 - share) / variance, n / 2), 4 * n) if variance > 0 else float(n)
    hits = share * effective
    low = float(betaincinv(hits, effective - hits + 1, 0.05)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, effective - hits, 0.95)) if hits < effective else 1.0
    return min(low, share), max(high, share)


@dataclass(frozen=True)
class _Risk:
    """What a host may hide: the chance that it does, the share that nine of ten stay below, its amount in the whole."""

    chance: float
    hidden: float
    amount: float


def _unnoticed(weighed: Sequence[tuple[str, float, Found]], total: int) -> tuple[float, float]:
    """Brushed amounts that nobody noticed: how much to expect, and what nineteen of twenty portfolios stay below.

    Hosts hide independently, the sessions of one host together: who hides in one room hides in all. How much of a host's
    sales is hidden falls from certainty at nothing to one in ten at `hidden` and to none at all of it, as in the
    settlement of deals. The sum's distribution is their convolution, on a grid.
    """
    risks = [r for r in _risks(weighed) if r.chance > 0 and r.amount > 0]
    if not risks:
        return 0.0, 0.0
    step = total / _GRID
    size = 2 * _GRID
    product = np.ones(size + 1, dtype=np.complex128)
    for r in risks:
        edges = np.arange(1, _GRID + 1) * step / r.amount
        above = np.concatenate([[1.0], _above(edges, r.hidden)])
        mass = np.append(above[:-1] - above[1:], above[-1]) * r.chance
        mass[0] += 1 - r.chance
        product = product * np.fft.rfft(mass, 2 * size)
    sums = np.fft.irfft(product, 2 * size)[: _GRID + 1]
    reached = np.cumsum(sums)
    most = float(np.searchsorted(reached, 0.95) * step)
    means = [r.chance * r.amount * (0.55 * r.hidden + 0.05 * (1 - r.hidden)) for r in risks]
    expected = math.fsum(means)
    return expected, max(min(most, total) - expected, 0.0)


def _risks(weighed: Sequence[tuple[str, float, Found]]) -> list[_Risk]:
    """Sessions brought together by host."""
    by: dict[str, list[tuple[float, Found]]] = {}
    for host, amount, found in weighed:
        by.setdefault(host, []).append((amount, found))
    made = []
    for _, rooms in sorted(by.items()):
        amount = math.fsum(w for w, f in rooms if f.chance > 0)
        hidden = math.fsum(w * f.hidden for w, f in rooms if f.chance > 0)
        made.append(_Risk(max(f.chance for _, f in rooms), hidden / amount if amount else 0.0, amount))
    return made


def _above(share: np.ndarray, hidden: float) -> np.ndarray:
    """Probability that more than a share is hidden, where anything is."""
    near = 1 - 0.9 * share / max(hidden, 1e-9)
    far = 0.1 * (1 - share) / max(1 - hidden, 1e-9)
    return np.clip(np.where(share < hidden, near, far), 0.0, 1.0)
