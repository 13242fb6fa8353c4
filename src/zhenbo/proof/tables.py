"""The tables of the proof: every section a pure function of the trials."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from zhenbo.core.subject import METRICS, Outcome
from zhenbo.proof import probability, stats
from zhenbo.proof.section import Est, Section, bought, honest
from zhenbo.proof.stats import Rate, rate
from zhenbo.proof.trial import MATERIAL, Share, Told, Trial

BANDS = ((0.0, 0.05), (0.05, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 1.01))
"""Bands of the realised dose: fabricated share of the metric that was fabricated most."""


def _groups(trials: Iterable[Trial], key: Callable[[Trial], Any]) -> dict[Any, list[Trial]]:
    made: dict[Any, list[Trial]] = defaultdict(list)
    for t in trials:
        made[key(t)].append(t)
    return dict(sorted(made.items(), key=lambda kv: str(kv[0])))


def _likely(t: Trial) -> bool:
    return t.told.outcome is Outcome.LIKELY


def _suspect(t: Trial) -> bool:
    return t.told.outcome.rank >= Outcome.SUSPECT.rank


def _count(trials: Sequence[Trial], test: Callable[[Trial], bool]) -> Rate:
    return rate(sum(map(test, trials)), len(trials))


def _mix(trials: Sequence[Trial]) -> dict[str, Any]:
    """How a group of honest sessions was answered."""
    return {
        "sessions": len(trials),
        "likely (false)": _count(trials, _likely),
        "suspect or likely (false)": _count(trials, _suspect),
        "insufficient": _count(trials, lambda t: t.told.outcome is Outcome.INSUFFICIENT),
        "unlikely": _count(trials, lambda t: t.told.outcome is Outcome.UNLIKELY),
    }


# --- false alarms -------------------------------------------------------------------------------------------------


def alarms(trials: Sequence[Trial], by: str, name: str) -> Section:
    """False alarms on simulated honest sessions, by one of their traits."""
    mine = honest(trials)
    rows = [{name: "all", **_mix(mine)}] if mine else []
    rows += [{name: key or "none", **_mix(group)} for key, group in _groups(mine, lambda t: getattr(t, by)).items()]  # fmt: skip
    return Section(
        f"alarms_by_{by}", f"False alarms on honest simulated sessions, by {name}",
        "Nothing was fabricated in any of them. Intervals: 95 %, exact binomial.", tuple(rows),
    )  # fmt: skip


def accused(trials: Sequence[Trial]) -> Section:
    """Honest accounts and orders named, and innocents named in rooms that were attacked."""
    rows = []
    for where, group in (
        ("honest sessions, simulated", honest(trials)),
        ("attacked sessions, simulated (their innocents)", bought(trials)),
        ("real recordings", [t for t in trials if t.part == "real"]),
    ):
        if group:
            counts = [[*(x for k in ("accounts", "orders") for x in _innocents(t, k))] for t in group]
            total, drawn = stats.weighted_sums(counts, [t.campaign for t in group], 7)
            row: dict[str, Any] = {
                "where": where,
                "sessions with somebody named": _count(group, _names_innocents),
            }
            for i, what in enumerate(("accounts", "orders")):
                row[what] = int(total[2 * i + 1])
                row[f"{what} named (p > 0.5)"] = _est(
                    total[2 * i] / max(total[2 * i + 1], 1),
                    drawn[:, 2 * i] / np.maximum(drawn[:, 2 * i + 1], 1),
                )
            row["sessions ready for a penalty"] = _count(group, lambda t: t.penalty)
            rows.append(row)
    return Section(
        "accused", "Honest people and orders named",
        "Share of all honest accounts and orders in the record, judged or not; accounts of one evening err together, so the interval is drawn over "
        "campaigns, and where nobody was named the bound is that on sessions. In an honest session none may be ready for a penalty.",
        tuple(rows),
    )  # fmt: skip


def _innocents(t: Trial, what: str) -> tuple[float, float]:
    counts = getattr(t, what)[1]
    return float(stats.named(counts)), float(counts.sum())


def _names_innocents(t: Trial) -> bool:
    return _innocents(t, "accounts")[0] + _innocents(t, "orders")[0] > 0


def real(trials: Sequence[Trial]) -> Section:
    """Real recordings, apart from simulated sessions."""
    mine = [t for t in trials if t.part == "real"]
    rows = [
        {"recording": name, **_mix(group)} for name, group in _groups(mine, lambda t: t.background).items()
    ]
    return Section(
        "real", "Real recordings",
        "Taken as honest, which nobody has proven; most lack identities, so that nothing can rise above suspect.", tuple(rows),
    )  # fmt: skip


# --- recall -------------------------------------------------------------------------------------------------------


def _recall(group: Sequence[Trial]) -> dict[str, Any]:
    return {
        "sessions": len(group),
        "likely": _count(group, lambda t: t.told.raised and _likely(t)),
        "suspect or likely": _count(group, lambda t: t.told.raised),
    }


def _doses(trials: Sequence[Trial]) -> str:
    """What was tried, since a rate is one of these doses."""
    low, mid, high = np.quantile([t.dose for t in trials], [0.05, 0.5, 0.95]) if trials else (0, 0, 0)
    return f"Doses tried: median {mid:.0%}, 5-95 % points {low:.0%}-{high:.0%}."


def recall(trials: Sequence[Trial], by: Callable[[Trial], Any], ident: str, name: str) -> Section:
    """Attacked sessions whose fabricated metric was called in question."""
    material = [t for t in bought(trials) if t.material]
    rows = [{name: key, **_recall(group)} for key, group in _groups(material, by).items()]
    return Section(
        f"recall_by_{ident}", f"Bought sessions found, by {name}",
        f"Of sessions in which at least {MATERIAL:.0%} of a shown metric was fabricated; found = the question of a fabricated "
        "metric was answered suspect or likely. " + _doses(material) + " A third of them during an honest burst.", tuple(rows),
    )  # fmt: skip


def sealed(trials: Sequence[Trial]) -> Section:
    """Attacks that no signal author looks at one by one, in total, beside the open ones."""
    material = [t for t in bought(trials) if t.material]
    rows = [
        {"attacks": name, **_recall(group)}
        for name, group in (
            ("open library", [t for t in material if not t.attack.startswith("sealed-")]),
            ("sealed", [t for t in material if t.attack.startswith("sealed-")]),
        )
        if group
    ]
    return Section("sealed", "Open and sealed attacks", "Sealed attacks were written without sight of the signals and are only ever reported in total.", tuple(rows))  # fmt: skip


def session_curve(trials: Sequence[Trial]) -> Section:
    """Session recall where the threshold is set to a false-alarm rate, by tier."""
    rows = []
    for tier in ("T0", "T1", "T2", "any"):
        pair = [[t for t in part if tier in (t.tier, "any")] for part in (bought(trials), honest(trials))]
        both = [t for part in pair for t in part if t.honest or t.material]
        if not all(pair):
            continue
        counts = np.array([np.stack([_bin(t, not t.honest), _bin(t, t.honest)]) for t in both])
        total, drawn = stats.weighted_sums(counts, [t.campaign for t in both], 1)
        row: dict[str, Any] = {"tier": tier, "bought": len(both) - len(pair[1]), "honest": len(pair[1])}
        for allowed in (0.001, 0.01):
            row[f"recall at {allowed:.1%} false alarms"] = _est(
                stats.recall_at(total[0], total[1], allowed),
                stats.recall_at(drawn[:, 0], drawn[:, 1], allowed),
            )
        row["average precision"] = _est(stats.average_precision(total[0], total[1]), stats.average_precision(drawn[:, 0], drawn[:, 1]))  # fmt: skip
        rows.append(row)
    return Section(
        "session_curve", "Sessions ranked by score",
        "Recall of materially bought sessions at a threshold that accuses no more than so many honest ones. Where fewer than 1,000 "
        "honest sessions stand behind a tier, 0.1 % means none of them. Bootstrap over campaigns.", tuple(rows),
    )  # fmt: skip


def _bin(t: Trial, counts: bool) -> Any:
    return stats.histogram(np.array([t.told.score_db]), 0) * counts


def _est(value: Any, drawn: Any, unit: str = "%") -> Est:
    span = stats.interval(np.asarray(drawn, dtype=np.float64))
    known = float(value) if np.isfinite(value) else None
    low, high = span or (None, None)
    return Est(known, low, high, unit)


def accounts(trials: Sequence[Trial], what: str = "accounts") -> Section:
    """Precision and recall of named accounts or orders, by family of attack."""
    pool = honest(trials)
    rows = []
    for family, group in {"all": bought(trials), **_groups(bought(trials), lambda t: t.family)}.items():
        both = [
            *[t for t in group if getattr(t, what)[0].sum()],
            *[t for t in pool if getattr(t, what)[1].sum()],
        ]
        if not any(not t.honest for t in both):
            continue
        counts = np.array([getattr(t, what) for t in both])
        total, drawn = stats.weighted_sums(counts, [t.campaign for t in both], 2)
        hits, alarms_ = stats.named(total[0]), stats.named(total[1])
        rows.append({
            "family": family, "fakes": int(total[0].sum()), "honest": int(total[1].sum()),
            "recall (p > 0.5)": _est(hits / total[0].sum(), stats.named(drawn[:, 0]) / np.maximum(drawn[:, 0].sum(-1), 1)),
            "precision (p > 0.5)": Est(float(hits / (hits + alarms_)) if hits + alarms_ else None),
            "recall at 0.1 % false": _est(stats.recall_at(total[0], total[1], 0.001), stats.recall_at(drawn[:, 0], drawn[:, 1], 0.001)),
            "recall at 1 % false": _est(stats.recall_at(total[0], total[1], 0.01), stats.recall_at(drawn[:, 0], drawn[:, 1], 0.01)),
            "average precision": _est(stats.average_precision(total[0], total[1]), stats.average_precision(drawn[:, 0], drawn[:, 1])),
        })  # fmt: skip
    return Section(
        what, f"{what.capitalize()}, by family of attack",
        f"Every fake of an attacked session against every honest one of all sessions; whoever was not judged counts as not found. "
        f"Families that hire no {what} of their own are left out.", tuple(rows),
    )  # fmt: skip


def groups(trials: Sequence[Trial]) -> Section:
    """True groups over all worlds against the coordinated groups that verdicts name."""
    parts = {"all": trials, "honest": [t for t in trials if t.honest], **_groups(bought(trials), lambda t: t.family)}  # fmt: skip
    rows = []
    for name, part in parts.items():
        true, found, named, right = (sum(t.groups[i] for t in part) for i in range(4))
        rows.append({"family": name, "true groups": true, "recall": rate(found, true), "named": named, "precision": rate(right, named)})  # fmt: skip
    return Section(
        "groups",
        "Groups of accounts that act as one",
        "A group is right when nine tenths of it are of one true crew, a crew is found when half of it is in one group. Groups called organised are not counted: they accuse nobody. Crews of people, and crews that share nothing, are among the true ones.",
        tuple(rows),
    )


# --- dose, time, size ---------------------------------------------------------------------------------------------


def least_doses(trials: Sequence[Trial]) -> Section:
    """Smallest dose that is found four times of five, at the false-alarm rate that the same answer has in the same view."""
    rows = []
    views = sorted({t.view for t in bought(trials)})
    for family, mine in _groups(bought(trials), lambda t: t.family).items():
        for view in ("any", *views):
            group = [t for t in mine if view in (t.view, "any")]
            if len(group) >= LEAST_GROUP:
                calm = [t for t in honest(trials) if view in (t.view, "any")]
                rows.append({"family": family, "view": view, **_least_dose(group, calm)})
    return Section(
        "least_dose", "Minimum detectable dose",
        "Fabricated share of the metric from which four sessions of five are answered suspect or likely (isotonic fit, 95 % bootstrap "
        "interval), beside how often honest sessions seen in the same way are answered so. *Not reached*: not even at the largest dose tried, "
        f"or fewer than {stats.LEAST_TRIED} sessions stand there. Families seen fewer than {LEAST_GROUP} times in a view are in `any` only.", tuple(rows),
    )  # fmt: skip


LEAST_GROUP = 8
"""Sessions from which a least dose is asked of a family in a view."""


def _least_dose(group: Sequence[Trial], calm: Sequence[Trial]) -> dict[str, Any]:
    dose, found = np.array([t.dose for t in group]), np.array([t.told.raised for t in group])
    low, high = stats.least_dose_interval(dose, found, 3)
    return {
        "sessions": len(group), "largest dose tried": Est(float(dose.max())),
        "least dose found": Est(stats.least_dose(dose, found), low, high),
        "found": _count(group, lambda t: t.told.raised), "honest answered so": _count(calm, _suspect),
    }  # fmt: skip


def weaknesses(trials: Sequence[Trial]) -> Section:
    """Where today's signals fail: every open attack by view and dose, worst first."""
    rows = []
    for (attack, view), group in _groups(bought(trials), lambda t: (t.attack, t.view)).items():
        if not attack.startswith("sealed-"):
            cells = {
                f"{low:.0%}–{min(high, 1):.0%}": rate(sum(t.told.raised for t in mine), len(mine))
                for low, high in BANDS
                if (mine := [t for t in group if low <= t.dose < high]) or True
            }
            rows.append({"attack": attack, "family": group[0].family, "view": view, **cells})
    return Section("weaknesses", "Found by attack, view and dose", "Sessions whose fabricated metric was called in question, of sessions tried.", tuple(rows))  # fmt: skip


def minutes(trials: Sequence[Trial]) -> Section:
    """Minutes from the first fabricated thing to the first answer that raises it."""
    rows = []
    for family, group in _groups([t for t in trials if t.minutes is not None and t.material], lambda t: t.family).items():  # fmt: skip
        took = np.array([t.minutes for t in group], dtype=np.float64)
        found = took[np.isfinite(took)]
        low, mid, high = np.quantile(found, [0.25, 0.5, 0.75]) if len(found) else (None, None, None)
        rows.append({"family": family, "sessions": len(group), "ever found": rate(len(found), len(took)), "median and middle half": Est(mid, low, high, "min")})  # fmt: skip
    return Section("minutes", "Minutes to detection", _doses([t for t in trials if t.minutes is not None and t.material]) + " A watcher looks 2, 5, 10, 20, 40, 80, 160 minutes after the first fabricated thing, then after 1, 2 and 8 days, and once more at the complete record; of those found.", tuple(rows))  # fmt: skip


def shares(trials: Sequence[Trial]) -> Section:
    """Error of the fabricated share, and how often its interval holds the truth."""
    rows = []
    for where, group in (("honest", honest(trials)), ("bought", bought(trials))):
        for metric in ("all", *METRICS):
            mine = [(t.campaign, s) for t in group for s in t.shares if metric in (s.metric, "all") and (where == "honest" or s.truth > 0)]  # fmt: skip
            if mine:
                rows.append({"sessions": where, "metric": metric, **_share_errors(mine)})
    return Section(
        "shares", "Fabricated share of each metric",
        "Where the verdict gives one; null answers are counted as unanswered. Intervals are meant to hold the truth nine times of ten *in bought "
        "sessions*, found or not; in an honest one they begin at nothing and always hold. Their ends were set on another seed (`zhenbo.proof.intervals`). "
        "Counted: the sessions in which something was found on that metric.", tuple(rows),
    )  # fmt: skip


def _share_errors(mine: Sequence[tuple[str, Share]]) -> dict[str, Any]:
    """Of shares by campaign: how many were answered, how far off, and how often the interval held."""
    said = [(c, s) for c, s in mine if s.mid is not None and s.low is not None and s.high is not None]
    error = np.array([abs(s.mid - s.truth) for _, s in said])  # type: ignore[operator]
    counted = np.array([float(s.mid or 0) for _, s in said]) > 0
    holds = np.array([float(s.low <= s.truth <= s.high) for _, s in said]) > 0  # type: ignore[operator]
    width = np.array([s.high - s.low for _, s in said])  # type: ignore[operator]
    spread = stats.weighted_sums([[e, 1.0] for e in error], [c for c, _ in said], 4)[1] if said else None
    return {
        "shown": len(mine),
        "answered": rate(len(said), len(mine)),
        "mean error, points": Est(None) if spread is None else _est(error.mean(), spread[:, 0] / np.maximum(spread[:, 1], 1)),
        "median error, counted": Est(float(np.median(error[counted])) if counted.any() else None),
        "interval holds the truth": rate(int(holds.sum()), len(said)),
        "… where counted": rate(int(holds[counted].sum()), int(counted.sum())),
        "median width": Est(float(np.median(width)) if len(width) else None),
    }  # fmt: skip


def money(trials: Sequence[Trial]) -> Section:
    """Error of the verified GMV, and how often its interval holds the truth."""
    rows = []
    for where, group in (
        ("honest", honest(trials)),
        ("brushed", [t for t in bought(trials) if t.orders[0].sum()]),
    ):
        mine = [(t.campaign, t.money) for t in group if t.money is not None]
        if not mine:
            continue
        error = np.array([abs(m.mid - m.truth) / m.gross for _, m in mine])
        spread = stats.weighted_sums([[e, 1.0] for e in error], [c for c, _ in mine], 5)[1]
        rows.append({
            "sessions": where, "with sales": len(mine),
            "mean error, of gross": _est(error.mean(), spread[:, 0] / np.maximum(spread[:, 1], 1)),
            "median error": Est(float(np.median(error))),
            "within 3 % of gross": rate(int((error <= 0.03).sum()), len(error)),
            "interval holds the truth": rate(sum(m.low <= m.truth <= m.high for _, m in mine), len(mine)),
        })  # fmt: skip
    return Section("money", "Verified GMV", "Against the world's own books: created − cancelled − unpaid − discount − refunded − brushed.", tuple(rows))  # fmt: skip


def purchasers(trials: Sequence[Trial]) -> Section:
    """Whom a suspect or likely verdict leans to as the purchaser, beside who paid."""
    rows = []
    for who, test in (("a rival", True), ("somebody of the room", False)):
        group = [t for t in bought(trials) if t.leans and (t.family == "victims") is test]
        if group:
            rows.append({
                "paid by": who, "suspect or likely": len(group),
                "right": _count(group, lambda t, rival=test: t.leans in ({"rival"} if rival else {"host", "merchant"})),  # type: ignore[misc]
                "wrong": _count(group, lambda t, rival=test: t.leans in ({"host", "merchant"} if rival else {"rival"})),  # type: ignore[misc]
                "cannot tell": _count(group, lambda t: t.leans == "cannot_tell"),
            })  # fmt: skip
    return Section("purchasers", "Who bought it", "Stated likelihoods (`packs/attribution`), fitted on nothing. Whether host or merchant paid is known of few simulated attacks, so that only rival or not is judged.", tuple(rows))  # fmt: skip


# --- signals ------------------------------------------------------------------------------------


def ablation(trials: Sequence[Trial]) -> Section:
    """What each signal is worth: the verdicts without it, and by it alone."""
    mine = [t for t in bought(trials) if t.material and t.without]
    pool = [t for t in honest(trials) if t.without]
    rows = []
    for signal in sorted({name for t in [*mine, *pool] for name in t.without}):
        lost = [[t.told.raised - t.without[signal].raised, 1.0] for t in mine]
        total, drawn = stats.weighted_sums(lost, [t.campaign for t in mine], 6)
        rows.append({
            "signal": signal,
            "recall lost without it": _est(total[0] / max(total[1], 1), drawn[:, 0] / np.maximum(drawn[:, 1], 1)) if mine else Est(None),
            "recall by it alone": rate(sum(t.alone[signal].raised for t in mine), len(mine)),
            "false suspect without it": rate(sum(_grave(t.without[signal]) for t in pool), len(pool)),
            "false suspect by it alone": rate(sum(_grave(t.alone[signal]) for t in pool), len(pool)),
        })  # fmt: skip
    return Section("ablation", "What each signal is worth", "The same evidence weighed again. A signal that loses nothing when it is gone is covered by another, or earns nothing.", tuple(rows))  # fmt: skip


def _grave(told: Told) -> bool:
    return told.outcome.rank >= Outcome.SUSPECT.rank


def _plain_evening(t: Trial) -> bool:
    return t.honest and t.burst == "none"


def _burst_evening(t: Trial) -> bool:
    return t.honest and t.burst != "none"


def _material(t: Trial) -> bool:
    return t.material


def naive(trials: Sequence[Trial]) -> Section:
    """Naive detectors beside ours, on the same sessions."""
    asked = [t for t in trials if t.naive and t.part in {"honest", "attacked"}]
    rows = []
    for name in ["zhenbo", *sorted({n for t in asked for n in t.naive})]:
        heard = [(t, _suspect(t) if name == "zhenbo" else t.naive[name]) for t in asked if name == "zhenbo" or name in t.naive]  # fmt: skip
        plain, burst, fake = (
            [fired for t, fired in heard if test(t)] for test in (_plain_evening, _burst_evening, _material)
        )
        rows.append({
            "detector": name, "false, plain evenings": rate(sum(plain), len(plain)), "false, honest bursts": rate(sum(burst), len(burst)),
            "bought sessions flagged": rate(sum(fake), len(fake)),
        })  # fmt: skip
    return Section("naive", "Naive detectors on the same sessions", "Rules as practitioners write them (`zhenbo.proof.naive`), each over the sessions whose record lets it speak. " + _doses([t for t in asked if t.material]) + " Ours: suspect or likely, for whatever reason." + _left_out(), tuple(rows))  # fmt: skip


def _left_out() -> str:
    return (
        "" if find_spec("sklearn") else " Left out: isolation-forest (needs scikit-learn, the extra `prove`)."
    )


# --- other backgrounds --------------------------------------------------------------------------------------------


def injected(trials: Sequence[Trial]) -> Section:
    """Attacks laid over real recordings."""
    mine = [t for t in trials if t.part == "injected"]
    rows = []
    for (name, family), group in _groups(mine, lambda t: (t.background, t.family)).items():
        rows.append({
            "recording": name, "family": family, "laid over": len(group), "realised dose": Est(float(np.median([t.dose for t in group])), min(t.dose for t in group), max(t.dose for t in group)),
            "likely": _count(group, lambda t: t.told.raised and _likely(t)), "suspect or likely": _count(group, lambda t: t.told.raised),
        })  # fmt: skip
    return Section(
        "injected",
        "Attacks laid over real recordings",
        "The background is not ours. Doses: median and range.",
        tuple(rows),
    )


def worlds(trials: Sequence[Trial]) -> Section:
    """Worlds of many sessions."""
    rows = []
    for name, group in _groups([t for t in trials if t.part == "world"], lambda t: t.background).items():
        clean, fake = [t for t in group if t.honest], [t for t in group if t.material]
        rows.append({
            "world": name, "sessions": len(group), "honest": len(clean), "false suspect or likely": _count(clean, _suspect),
            "bought": len(fake), "found": _count(fake, lambda t: t.told.raised),
        })  # fmt: skip
    return Section("worlds", "Worlds of many sessions", "People, hosts, agencies and deals over days and weeks.", tuple(rows))  # fmt: skip


def quiet(trials: Sequence[Trial]) -> list[Section]:
    """How often honest sessions are accused: the tables a run of honest sessions alone can fill."""
    by = (("tier", "tier"), ("view", "view"), ("burst", "honest burst"))
    return [*(alarms(trials, trait, name) for trait, name in by), accused(trials)]


def sections(trials: Sequence[Trial]) -> list[Section]:
    """Every table, in reading order; empty ones left out."""
    made = [
        *quiet(trials),
        real(trials),
        recall(trials, lambda t: t.family, "family", "family"),
        recall(trials, lambda t: t.tier, "tier", "tier"),
        recall(trials, lambda t: t.view, "view", "view"),
        sealed(trials),
        session_curve(trials),
        accounts(trials),
        accounts(trials, "orders"),
        groups(trials),
        shares(trials),
        money(trials),
        purchasers(trials),
        least_doses(trials),
        minutes(trials),
        *probability.sections(trials),
        ablation(trials),
        naive(trials),
        injected(trials),
        worlds(trials),
        weaknesses(trials),
    ]
    return [s for s in made if s.rows]
