"""What chance does when many rooms are looked at, and what is left of a verdict without what it rests on, in words."""

from collections.abc import Sequence

from zhenbo.core.evidence import Say
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, Many, Reason, SubjectVerdict, Without
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.i18n import Lang, tr
from zhenbo.report.labels import name
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.phrase import phrase

_ACCOUNTS = Say("{accounts|account|accounts}", "{accounts} 个账号")
_ORDERS = Say("{orders|order|orders}", "{orders} 笔订单")
_BOTH = Say("{accounts|account|accounts} and {orders|order|orders}", "{accounts} 个账号和 {orders} 笔订单")
STANDING = 12
"""Rooms that stand which are named; verdict.json has them all."""


def many_lines(audit: Audit, lang: Lang) -> tuple[str, ...]:
    """What looking at so many rooms means; nothing where there is but one."""
    return chance_lines(audit.many, lang)


def chance_lines(told: Many | None, lang: Lang) -> tuple[str, ...]:
    """The same of any selection of rooms."""
    if told is None or told.rooms < 2:
        return ()
    lines = [_expected(told, lang)] if told.flagged else []
    if told.per_1000_low is not None and told.per_1000_high is not None:
        lines.append(
            tr(
                lang,
                "Of 1,000 honest rooms, %(low)s to %(high)s are flagged by chance (95%% interval, measured on simulated honest rooms).",
                low=_count(told.per_1000_low), high=_count(told.per_1000_high),
            )
        )  # fmt: skip
    if told.flagged:
        lines.append(_standing(told, lang))
    return tuple(lines)


def _expected(told: Many, lang: Lang) -> str:
    return tr(
        lang,
        "%(flagged)s of %(rooms)s rooms and shop months are suspect or worse. Honest ones to be expected among these: %(n)s (%(high)s if fabrication is rare).",
        flagged=fmt.number(told.flagged), rooms=fmt.number(told.rooms), n=_count(told.expected_false),
        high=_count(told.expected_false_high),
    )  # fmt: skip


def _standing(told: Many, lang: Lang) -> str:
    rate = fmt.share(told.rate)
    if not told.survive:
        return tr(lang, "Kept to a false discovery rate of %(rate)s over all of them, none stands (e-BH).", rate=rate)  # fmt: skip
    return tr(
        lang,
        "Kept to a false discovery rate of %(rate)s over all of them, %(n)s of the %(flagged)s stand (e-BH): %(names)s.",
        rate=rate, n=fmt.number(len(told.survive)), flagged=fmt.number(told.flagged), names=_names(told.survive, lang),
    )  # fmt: skip


def _names(names: Sequence[str], lang: Lang) -> str:
    shown = [clean(n, ID_LIMIT) for n in names[:STANDING]]
    return ("、" if lang == "zh" else ", ").join([*shown, *(["…"] if len(names) > STANDING else [])])


def _count(value: float) -> str:
    """A number of rooms: two digits are enough, and nothing is exactly none."""
    return "0" if value == 0 else "< 0.01" if value < 0.01 else fmt.number(float(f"{value:.2g}"))


def without_named(subject: SubjectVerdict, lang: Lang) -> str:
    """The counterfactual of a verdict in one sentence; empty where none was asked."""
    left = subject.without
    if left is None or subject.probability is None:
        return ""
    who = _who(left, lang)
    before = fmt.probability(subject.probability)
    if left.probability is None:
        return tr(
            lang, "Without the %(who)s named here and all their rows, nothing is left to judge.", who=who
        )
    return tr(
        lang,
        "Without the %(who)s named here and all their rows, the likelihood of %(before)s becomes %(after)s: %(word)s.",
        who=who, before=before, after=fmt.probability(left.probability), word=name(labels.OUTCOMES, left.verdict, lang),
    )  # fmt: skip


def _who(left: Without, lang: Lang) -> str:
    named = _ORDERS if not left.accounts else _BOTH if left.orders else _ACCOUNTS
    return phrase(named, {"accounts": left.accounts, "orders": left.orders}, lang)


def without_reason(reason: Reason, subject: SubjectVerdict, lang: Lang) -> str:
    """What the likelihood would be without one reason of an accusing verdict; empty where it says nothing."""
    told = reason.without is not None and reason.weight_db >= 0.05 and reason.question == subject.question
    if not told or subject.verdict.rank < Outcome.SUSPECT.rank:
        return ""
    return tr(lang, "without this reason: %(p)s", p=fmt.probability(reason.without or 0.0))
