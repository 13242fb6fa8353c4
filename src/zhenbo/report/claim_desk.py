"""The page of a desk of claims: how they were decided, how fast, which clocks were missed, and who claims as one."""

from collections.abc import Mapping, Sequence

from zhenbo.act.guarantee.desk import Settled, Summary
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.claim import PARTIES, REMEDIES, say, text, when, word
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import accounts, masked
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table, listed

ROWS = 500
"""Claims listed on the page; the JSON has all."""
WHO = 6
"""Buyers of a ring that the page names, in part; the JSON has all."""
_KINDS = {"pay": "unlikely", "ask": "insufficient", "redirect": "", "refuse": "suspect"}


def desk_page(
    seen: Summary, settled: Sequence[Settled], rate: float | None, names: Mapping[str, Say], version: str, now: int,
    rejects: int, again: str, lang: Lang,
) -> Page:  # fmt: skip
    """The page of many claims."""
    lines = (say("rejects", lang, n=rejects),) if rejects else ()
    sections = [_overview(seen, lang), _decisions(seen, names, lang)]
    if seen.rings:
        sections.append(_rings(seen, rate, lang))
    sections.append(_claims(settled, names, lang))
    meta = say("meta", lang, version=version, now=when(now, 480))
    return Page(say("titles", lang), meta, lines, tuple(sections), (say("method", lang),), again, say("foot", lang))  # fmt: skip


def _overview(seen: Summary, lang: Lang) -> Section:
    facts = [(say("count", lang), fmt.number(seen.claims))]
    for currency, amount in sorted(seen.amount.items()):
        facts.append((say("paid", lang), fmt.money(amount, currency)))
        facts.append((say("advanced", lang), fmt.money(seen.advanced.get(currency, 0), currency)))
    if seen.liable:
        facts.append((say("owed_by", lang), _counts(seen.liable, PARTIES, lang)))
    if seen.remedies:
        facts.append((say("what", lang), _counts(seen.remedies, REMEDIES, lang)))
    if seen.middle is not None and seen.nine is not None:
        speed = say("speed_says", lang, soon=seen.soon, shown=seen.shown, middle=fmt.duration(seen.middle, lang), nine=fmt.duration(seen.nine, lang))  # fmt: skip
        facts.append((say("speed", lang), speed))
    if seen.waiting:
        facts.append((say("waiting", lang), _counts(seen.waiting, PARTIES, lang)))
    if seen.held:
        facts.append((say("held", lang), fmt.number(seen.held)))
    blocks: list[Block] = [Facts(tuple(facts))]
    if seen.missed:
        rows = tuple((Cell(word(PARTIES, k.partition(" ")[0], lang)), Cell(masked(k.partition(" ")[2], 80)), Cell(fmt.number(n), "num")) for k, n in _ordered(seen.missed))  # fmt: skip
        blocks.append(Table((say("whose", lang), say("decided", lang), say("count", lang)), rows, title=say("missed", lang)))  # fmt: skip
    return Section("desk", say("desk", lang), tuple(blocks))


def _counts(counts: Mapping[str, int], words: Mapping[str, Say], lang: Lang) -> str:
    return listed([f"{word(words, k, lang)} {fmt.number(n)}" for k, n in _ordered(counts)], lang)


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _decisions(seen: Summary, names: Mapping[str, Say], lang: Lang) -> Section:
    outcomes = tuple(o for o in ("pay", "redirect", "ask", "refuse") if seen.outcomes.get(o))
    heads = (say("service", lang), *(say(o, lang) for o in outcomes), say("count", lang))
    by_service = sorted(seen.services.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows = [
        (Cell(word(names, service, lang) if service else "–"), *(Cell(fmt.number(counts.get(o, 0)), "num") for o in outcomes), Cell(fmt.number(sum(counts.values())), "num"))
        for service, counts in by_service
    ]  # fmt: skip
    total = max(seen.claims, 1)
    rows.append((Cell(""), *(Cell(f"{fmt.number(seen.outcomes[o])} ({fmt.share(seen.outcomes[o] / total)})", "num") for o in outcomes), Cell(fmt.number(seen.claims), "num")))  # fmt: skip
    why = tuple(
        (Cell(say(o, lang)), Cell(masked(step, 80)), Cell(fmt.number(n), "num"))
        for o in outcomes
        for step, n in _ordered(seen.reasons.get(o, {}))[:12]
    )
    return Section("outcomes", say("outcomes", lang), (
        Table(heads, tuple(rows)),
        Table((say("outcome", lang), say("decided", lang), say("count", lang)), why, title=say("reasons", lang)),
    ))  # fmt: skip


def _rings(seen: Summary, rate: float | None, lang: Lang) -> Section:
    hidden = accounts(b for r in seen.rings for b in r.buyers)
    heads = tuple(say(k, lang) for k in ("ring", "buyers", "count", "orders", "expected", "pictures", "worth", "since", "ties"))  # fmt: skip
    rows = tuple(
        (
            Cell(r.id), Cell(fmt.number(len(r.buyers)), "num"),
            Cell(fmt.number(len(r.claims)), "num"), Cell("–" if r.orders is None else fmt.number(r.orders), "num"),
            Cell("–" if r.expected is None else fmt.number(round(r.expected, 1)), "num"), Cell(fmt.number(r.pictures), "num"),
            Cell(fmt.money(r.amount, "CNY"), "num"), Cell(when(r.since, 480), "when"),
            Cell(listed([hidden[b] for b in r.buyers[:WHO]], lang) + (" …" if len(r.buyers) > WHO else ""), "soft"),
        )
        for r in seen.rings
    )  # fmt: skip
    note = say("rings_says", lang, rate="–" if rate is None else fmt.share(rate))
    return Section("rings", say("rings", lang), (Lines((note,)), Table(heads, rows, aside=2)))


def _claims(settled: Sequence[Settled], names: Mapping[str, Say], lang: Lang) -> Section:
    rows = []
    for one in settled[:ROWS]:
        told = one.decision
        last = told.then if told.outcome == "redirect" and told.then else told
        amount = fmt.money(last.amount, last.currency) if last.outcome == "pay" and last.amount else "–"
        rows.append((
            Cell(masked(one.claim, 60)), Cell(say(told.outcome, lang), _KINDS[told.outcome]), Cell(word(names, told.service, lang) if told.service else "–"),
            Cell(amount, "num"), Cell(text(told.reason.says, lang)),
        ))  # fmt: skip
    heads = tuple(say(k, lang) for k in ("claim", "outcome", "service", "amount", "sentence"))
    return Section("claims", say("all", lang), (Table(heads, tuple(rows), long=len(rows) > 40),))
