"""From facts to a proposal: a pure function of the offence, the facts, the day and the earlier sanctions, and of nothing else.

Who is accused, in which order cases came in and when somebody found time for one make no difference: an earlier sanction
counts when its notice had gone out before this came to pass, so cases handled together never count each other.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhenbo.act.governance.penalties import Offence, Penalties, rung
from zhenbo.core.case import Case, Consequence, Grade, Outcome, Proposal, Sanction, Scalar, Stated
from zhenbo.core.errors import CaseError
from zhenbo.core.evidence import Say
from zhenbo.core.session import DAY

_EPOCH = dt.date(1970, 1, 1)
_CHINA = 8 * 3_600_000_000
"""Days are counted in China's time, in which its laws come into force."""

SAYS: Mapping[str, Say] = {
    "grade": Say("By rule {rule} this is {grade}.", "依规则 {rule}，本事项为：{grade}。"),
    "degree": Say("It counts as {grade} from {least} on ({what}).", "达到 {least} 即为“{grade}”（{what}）。"),
    "first": Say("No earlier sanction for the same is counted.", "未计入此前的同类处置。"),
    "strike": Say("{n} earlier sanction(s) for the same within {days} days are counted.", "{days} 天内此前同类处置 {n} 次，已计入。"),
    "reach": Say("With {before} points still in force, {points} points are reached, which brings at least this step.", "加上仍有效的 {before} 分，累计 {points} 分，至少适用本措施。"),
    "tolerated": Say("What is known stays below every degree of this offence: immaterial, nothing follows.", "已知事实未达到任何一档：情节轻微，不予处置。"),
    "excused": Say("It is excused: {why}", "可以免责：{why}"),
    "needs": Say("It has not been established that: {why} Nothing follows until it is.", "尚未查明：{why} 查明之前不予处置。"),
    "refuted": Say("It was established that this is not so: {why} Nothing follows.", "已查明并非如此：{why} 不予处置。"),
    "unknown": Say("What would grade it is not known: {why}", "分级所需事实不明：{why}"),
    "draft": Say("The rule for this is a draft, known only at second hand; it sanctions nobody.", "本规则为草案（仅有二手来源），不得据以处置。"),
    "no_basis": Say("No law or rule for this was in force on {day}.", "{day} 当日没有现行有效的依据。"),
    "blocked": Say("Nothing may rest on it: {why}", "不得据以处置：{why}"),
}  # fmt: skip
GRADE_TITLES: Mapping[Grade, Say] = {
    "immaterial": Say("immaterial", "轻微不计"),
    "minor": Say("minor", "轻微"),
    "ordinary": Say("ordinary", "一般"),
    "serious": Say("serious", "严重"),
    "grave": Say("grave", "特别严重"),
}


@dataclass(frozen=True)
class Prior:
    """An earlier sanction of the same party that still stands.

    Args:
        case: its case.
        offence: for what.
        at: when its notice went out.
        points: its conduct points.
        points_until: how long they count.
    """

    case: str
    offence: str
    at: int
    points: int
    points_until: int

    @classmethod
    def of(cls, case: Case, sanction: Sanction) -> "Prior":
        """What later cases see of a sanction."""
        return cls(case.id, case.offence, sanction.term.starts, sanction.does.points, sanction.points_until)


def day_of(at: int) -> dt.date:
    """The day of a moment, in China."""
    return _EPOCH + dt.timedelta(microseconds=at + _CHINA)


def check(case: Case, pack: Penalties) -> None:
    """Whether a case speaks of what the pack knows.

    Raises:
        CaseError: when a fact is unknown to the pack or of the wrong type.
        PackError: when the offence is.
    """
    pack.of(case.offence)
    for name, value in case.facts.items():
        kind = pack.facts.get(name)
        if kind is None:
            raise CaseError(f"Case {case.id}: no fact {name[:60]!r} in pack {pack.id}. It knows: {', '.join(sorted(pack.facts))}.")  # fmt: skip
        flag, text = isinstance(value, bool), isinstance(value, str)
        told = "flag" if flag else "text" if text else "number"
        if told != kind.type:
            raise CaseError(f"Case {case.id}: fact {name} is a {kind.type}, not {value!r:.60}.")
        if isinstance(value, float) and not abs(value) < 1e300:
            raise CaseError(f"Case {case.id}: fact {name} is no finite number.")


def propose(case: Case, pack: Penalties, priors: Iterable[Prior] = ()) -> Proposal:
    """What the rules make of a case.

    Args:
        case: what is held against the party.
        pack: the rules.
        priors: the party's sanctions that stand, in any order; which of them count is told here.

    Returns:
        A proposal; only one whose outcome is `sanction` can lead to one.
    """
    check(case, pack)
    offence = pack.of(case.offence)
    name = f"{pack.id} {offence.id}"
    basis = pack.basis(offence, day_of(case.happened))
    known = tuple(_sentence(pack, f, v) for f, v in sorted(case.facts.items()) if v is not False)

    def none(outcome: Outcome, key: str, grade: Grade | None = None, wanted: Sequence[str] = (), **fields: Say) -> Proposal:  # fmt: skip
        why = Stated(_filled(SAYS[key], fields))
        return Proposal(case.id, outcome, f"{name}@{pack.version}", (why,), known, basis, grade, wanted=tuple(wanted))  # fmt: skip

    if case.blocked is not None:
        return none("blocked", "blocked", why=case.blocked)
    if offence.status == "draft":
        return none("blocked", "draft")
    if not basis:
        day = day_of(case.happened).isoformat()
        return none("blocked", "no_basis", day=Say(day, day))
    for flag in offence.excused:
        if case.facts.get(flag) is True:
            return none("none", "excused", why=pack.facts[flag].says)
    for flag in offence.needs:
        if case.facts.get(flag) is False:
            return none("none", "refuted", why=pack.facts[flag].says)
    missing = [flag for flag in offence.needs if flag not in case.facts]
    grade, reached = _grade(offence, case.facts)
    if grade == "immaterial":
        return none("none", "tolerated", grade)
    if missing:
        return none("ask", "needs", grade, missing, why=pack.facts[missing[0]].says)
    if grade is None:
        wanted = _ungraded(offence, case.facts)
        return none("ask", "unknown", wanted=wanted, why=pack.facts[wanted[0]].wanted)
    why = tuple(_reached(pack, grade, f, least) for f, least in sorted(reached.items()))
    return _sanction(case, pack, offence, grade, tuple(priors), known, why)


def _sanction(case: Case, pack: Penalties, offence: Offence, grade: Grade, priors: tuple[Prior, ...], known: tuple[Stated, ...], why: tuple[Stated, ...]) -> Proposal:  # fmt: skip
    rule = f"{pack.id} {offence.id}/{grade}@{pack.version}"
    since = case.happened - offence.strikes * DAY
    before = [p for p in priors if p.case != case.id and p.at <= case.happened]
    strikes = sorted(p.case for p in before if p.offence == case.offence and p.at > since)
    does = rung(pack.rungs(offence, grade), len(strikes))
    reasons = [Stated(_filled(SAYS["grade"], {"grade": GRADE_TITLES[grade]}), {"rule": rule}), *why]
    reasons.append(Stated(SAYS["strike"], {"n": len(strikes), "days": offence.strikes}) if strikes else Stated(SAYS["first"]))  # fmt: skip
    bearing = [p for p in before if p.points and p.points_until >= case.happened]
    held = sum(p.points for p in bearing)
    counted = set(strikes)
    for reach in reversed(pack.reach):
        if held and held + does.points >= reach.points:
            if reach.does.rank > does.rank:
                reasons.append(Stated(SAYS["reach"], {"before": held, "points": held + does.points}))
                counted |= {p.case for p in bearing}
                does = _at_least(does, reach.does)
            break
    return Proposal(
        case.id, "sanction", rule, tuple(reasons), known, pack.basis(offence, day_of(case.happened)), grade, does,
        tuple(sorted(counted)), (), pack.points_days, pack.appeal_days, pack.review_days,
    )  # fmt: skip


def _at_least(own: Consequence, reached: Consequence) -> Consequence:
    """The step that points bring, with the points and the forfeit of the offence itself."""
    limits = tuple(sorted({*own.limits, *reached.limits}))
    return Consequence(reached.step, reached.days, own.points, min(own.weight, reached.weight), limits, own.forfeit)  # fmt: skip


def _grade(offence: Offence, facts: Mapping[str, Scalar]) -> tuple[Grade | None, Mapping[str, float]]:
    """The gravest degree whose figures are known and reached, with these; immaterial where all are known and none is; else None."""
    for degree in offence.degrees:
        for w in degree.when:
            if all(_at(facts, f, least) for f, least in w.items()):
                return degree.grade, w
    return (None if _ungraded(offence, facts) else "immaterial"), {}


def _reached(pack: Penalties, grade: Grade, fact: str, least: float) -> Stated:
    """From where on a figure makes it so grave."""
    title = pack.facts[fact].wanted
    number = int(least) if float(least).is_integer() else least
    return Stated(
        _filled(SAYS["degree"], {"grade": GRADE_TITLES[grade], "what": title, "least": Say(f"{{{fact}}}", f"{{{fact}}}")}),
        {fact: number},
    )  # fmt: skip


def _at(facts: Mapping[str, Scalar], name: str, least: float) -> bool:
    value = facts.get(name)
    return not isinstance(value, str) and value is not None and value >= least


def _ungraded(offence: Offence, facts: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Facts not known that could still make it a matter: those of degrees that no known fact rules out."""
    open_ = {
        f
        for d in offence.degrees
        for w in d.when
        if all(f not in facts or _at(facts, f, least) for f, least in w.items())
        for f in w
        if f not in facts
    }
    return tuple(sorted(open_))


def _sentence(pack: Penalties, fact: str, value: Scalar) -> Stated:
    return Stated(pack.facts[fact].says, {fact: value})


def _filled(say: Say, fields: Mapping[str, Say]) -> Say:
    """The sentence with those fields filled that are sentences or names themselves."""
    en, zh = say.en, say.zh
    for name, value in fields.items():
        en, zh = en.replace(f"{{{name}}}", value.en), zh.replace(f"{{{name}}}", value.zh)
    return Say(en, zh)
