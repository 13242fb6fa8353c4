"""Who may have bought it, in words: shares of three hypotheses, the facts behind them, and how little that is."""

from zhenbo.core.verdict import FactSeen, SubjectVerdict
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.i18n import Lang, tr
from zhenbo.report.labels import name


def purchaser_line(subject: SubjectVerdict, lang: Lang) -> str:
    """The three shares and what they lean to; empty below suspect."""
    told = subject.purchaser
    if told is None:
        return ""
    if not told.facts:
        return tr(lang, "cannot be told: no fact on record bears on it")
    shares = tr(
        lang, "host or agency %(host)s, merchant %(merchant)s, rival %(rival)s",
        host=fmt.probability(told.host), merchant=fmt.probability(told.merchant), rival=fmt.probability(told.rival),
    )  # fmt: skip
    if told.leans == "cannot_tell":
        return tr(lang, "cannot be told (%(shares)s)", shares=shares)
    return tr(
        lang, "leans to %(who)s (%(shares)s); judgement by stated likelihoods, no finding, and no part of the verdict",
        who=name(labels.PURCHASERS, told.leans, lang), shares=shares,
    )  # fmt: skip


def purchaser_facts(subject: SubjectVerdict, lang: Lang) -> tuple[str, ...]:
    """What moved the shares, one line per fact."""
    return tuple(_fact(f, lang) for f in subject.purchaser.facts) if subject.purchaser else ()


def _fact(fact: FactSeen, lang: Lang) -> str:
    moved = {"host": fact.host_db, "merchant": fact.merchant_db, "rival": fact.rival_db}
    best = max(moved.values())
    fits = [name(labels.PURCHASERS, who, lang) for who, db in moved.items() if db == best]
    return tr(
        lang, "%(fact)s: %(share)s of %(of)s; fits %(who)s best",
        fact=name(labels.FACTS, fact.fact, lang), share=fmt.share(fact.share), of=fmt.number(fact.of),
        who=("、" if lang == "zh" else ", ").join(fits),
    )  # fmt: skip
