"""A policy and its calibration, read from packs: thresholds, prior, caps. Data in, frozen noun out."""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhenbo.core.errors import PackError
from zhenbo.core.subject import METRICS, Question


@dataclass(frozen=True)
class Policy:
    """What turns evidence into an answer.

    Args:
        name: `id@version#sha256` over policy and calibration text.
        map_id: id of the calibration map.
        prior: low, mid and high probability of material fabrication before looking.
        unlikely, suspect, likely, penalty: probability thresholds.
        share: material share of a metric.
        hour_us, day_us: shortest stretch of a session and of a shop month over which a share counts.
        floor: fewest material units per metric.
        essential: per question, records (each a set of alternatives) without which it is never answered `unlikely`.
        caps: dB per `signal@tier`, from honest units tested.
        unproven: cap of a signal without such a record.
        family: cap per family, dB.
        clear: most that one clean look counts, dB.
        account: cap per account or order and family, dB.
        clean: per `question@tier`, the most that all clean looks of a question count together, dB, from how much rarer
            an answer without any finding was among bought subjects than among honest ones.
        alarms: honest subjects flagged at calibration, and honest subjects tried; None where it was not measured.
        unseen: per `metric@tier`, metric or `*`, the share of a metric that 90 % of bought subjects of which nothing was
            found stayed below.
        widen: per `metric@tier`, metric or `*`, what the ends of a counted interval move by so that they hold as often as
            they say: down by so many parts of the estimate, up by so many of the rest.
    """

    name: str
    map_id: str
    prior: tuple[float, float, float]
    unlikely: float
    suspect: float
    likely: float
    penalty: float
    share: float
    hour_us: int
    day_us: int
    floor: dict[str, int]
    essential: dict[str, tuple[frozenset[str], ...]]
    caps: dict[str, float]
    unproven: float
    family: float
    clear: float
    account: float
    clean: Mapping[str, float] = field(default_factory=dict)
    alarms: tuple[int, int] | None = None
    unseen: Mapping[str, float] = field(default_factory=dict)
    widen: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def cap(self, signal: str, tier: str) -> float:
        """Most that this signal may accuse with at this tier, dB."""
        return self.caps.get(f"{signal}@{tier}", self.unproven)

    def cleared(self, question: str, tier: str) -> float:
        """Most that the clean looks of a question may count together at this tier, dB; without a record of bought ones as one of them."""
        return self.clean.get(f"{question}@{tier}", self.clear)


@dataclass(frozen=True)
class Own:
    """What a user's own history adds to a policy (`zhenbo calibrate`), as TOML text.

    Args:
        caps: honest units of that history per `signal@tier`, and how many of them were accused.
        map: prior fitted to its labels; empty where none was.
        digest: of the whole overlay, its reference cells among it.
    """

    caps: str
    map: str
    digest: str


def parse_policy(policy: str, calibration: str, own: Own | None = None) -> Policy:
    """Read a policy and its calibration from TOML text, with what a user's own history adds.

    Raises:
        PackError: naming the entry that is missing or out of order.
    """
    text = f"{policy}\0{calibration}" + (f"\0{own.digest}" if own else "")
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        p, c = tomllib.loads(policy), tomllib.loads(calibration)
        known, fitted = (tomllib.loads(t) for t in (own.caps, own.map)) if own else ({}, {})
        prior = {**p["prior"], **fitted.get("prior", {})}
        made = Policy(
            name=f"{p['id']}{'+own' if own else ''}@{p['version']}#{digest}",
            map_id=p["map"]["id"] + (f"+{fitted['id']}" if fitted else ""),
            prior=(prior["low"], prior["mid"], prior["high"]),
            **{k: p["threshold"][k] for k in ("unlikely", "suspect", "likely", "penalty")},
            share=p["materiality"]["share"],
            hour_us=p["materiality"]["hour_s"] * 1_000_000,
            day_us=p["materiality"]["day_s"] * 1_000_000,
            floor={m: p["materiality"][m] for m in METRICS},
            essential={q: tuple(frozenset(r.split("|")) for r in p["essential"][q]) for q in Question},
            caps=_caps(c.get("signal", {}), known.get("signal", {})),
            **{k: p["cap"][k] for k in ("unproven", "family", "clear", "account")},
            clean={name: _missed(**entry) for name, entry in c.get("clean", {}).items()},
            alarms=(c["rooms"]["flagged"], c["rooms"]["honest"]) if "rooms" in c else None,
            unseen={name: entry["share"] for name, entry in c.get("unseen", {}).items()},
            widen={name: (entry["down"], entry["up"]) for name, entry in c.get("interval", {}).items()},
        )
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise PackError(
            f"This policy cannot be read: {error!r}. Compare it with packs/policies/default.toml."
        ) from error
    if not 0 < made.prior[0] <= made.prior[1] <= made.prior[2] < 1:
        raise PackError(
            f"Policy {p['id']}: prior low <= mid <= high must lie between 0 and 1, it is {made.prior}."
        )
    if not made.unlikely < made.suspect < made.likely < made.penalty:
        raise PackError(f"Policy {p['id']}: thresholds must rise: unlikely < suspect < likely < penalty.")
    return made


def _caps(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, float]:
    """Caps by `signal@tier`: what stayed silent there and here proves it together.

    Where it fails here more often than it can where it was proven (upper bound by the rule of three), what happens here
    stands alone.
    """
    caps = {}
    for name in sorted({*shipped, *own}):
        there, here = (known.get(name, {"units": 0, "accused": 0}) for known in (shipped, own))
        worse = here["accused"] * there["units"] > (3 + 3 * there["accused"]) * here["units"]
        caps[name] = _proven(here if worse else {k: there[k] + here[k] for k in ("units", "accused")})
    return caps


def _proven(entry: dict[str, Any]) -> float:
    """10·log10(honest units tested / 3), less when any of them was accused (upper bound by the rule of three)."""
    return 10 * math.log10(max(entry["units"] / (3 + 3 * entry["accused"]), 1.0))


def _missed(honest: int, honest_clean: int, bought: int, bought_clean: int) -> float:
    """10·log10 of how much more often honest subjects came out clean than bought ones; one more bought one counts as missed."""
    rarer = (honest_clean / max(honest, 1)) / ((bought_clean + 1) / (bought + 1))
    return 10 * math.log10(max(rarer, 1.0))
