"""From created to verified sales as a reader meets it: lines with their orders, refunds by cause, those still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhenbo.audit.figures import Sales
from zhenbo.core.evidence import Say
from zhenbo.core.settlement import BridgeSeen
from zhenbo.core.verdict import Gmv, Interval, ReturnCell, Returns
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.i18n import Lang, tr
from zhenbo.report.labels import name
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.phrase import phrase

STEPS: Mapping[str, Say] = {
    "cancelled": Say("− cancelled", "− 取消"),
    "unpaid_open": Say("− not paid", "− 未付款"),
    "discount": Say("− discounts", "− 优惠"),
    "refunded": Say("− refunded", "− 退款"),
    "brushed": Say("− brushed (estimate)", "− 刷单（估计）"),
}
"""What is taken off the created amount, in this order, in the tables of deals, parties and bundles."""
CREATED = Say("created", "下单")

CELLS = 6
"""Regions and categories named that stand out."""


@dataclass(frozen=True)
class BridgeLine:
    """One line of the GMV bridge; `start` and `end` are shares of the created amount."""

    label: str
    amount: str
    note: str
    kind: str
    start: float
    end: float


@dataclass(frozen=True)
class OrdersView:
    """The orders of one line: how many, and the largest by id."""

    label: str
    total: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class ReturnsView:
    """Refunds in sentences, with a table of causes and one of ages."""

    so_far: str
    to_come: str
    after: str
    cells: str
    causes: tuple[tuple[str, str, str, str], ...]
    ages: tuple[tuple[str, str, str], ...]


def steps(of: Gmv | BridgeSeen | Sales, lang: Lang) -> list[tuple[str, int]]:
    """Created, and each amount taken off it (negative), with their labels; what remains is the caller's to name."""
    taken = [(phrase(said, {}, lang), -getattr(of, line)) for line, said in STEPS.items()]
    return [(phrase(CREATED, {}, lang), of.gross), *taken]


def bridge(gmv: Gmv, judged: bool, lang: Lang) -> tuple[BridgeLine, ...]:
    """Created to verified; where brushing was not judged, what remains is not called verified."""
    whole = max(gmv.gross, 1)
    counts: dict[str, int] = {part.line: part.orders for part in gmv.lines}
    steps = [
        (line, getattr(gmv, line), "cut", "") for line in ("cancelled", "unpaid_open", "discount", "refunded")
    ]
    if judged:
        steps.append(("brushed", gmv.brushed, "sus", _within(gmv, Interval(gmv.brushed_low, gmv.brushed, gmv.brushed_high), lang)))  # fmt: skip
    lines = [
        BridgeLine(tr(lang, "created"), fmt.money(gmv.gross, gmv.currency), "", "gross", 0, gmv.gross / whole)
    ]
    left = gmv.gross
    for line, amount, kind, note in steps:
        label = name(labels.BRIDGE, line, lang)
        said = " · ".join(filter(None, (note, _orders(counts.get(line, 0), lang))))
        lines.append(BridgeLine(label, fmt.money(-amount, gmv.currency), said, kind, (left - amount) / whole, left / whole))  # fmt: skip
        left -= amount
    last, note = (
        (name(labels.BRIDGE, "verified", lang), _within(gmv, gmv.verified, lang))
        if judged
        else (tr(lang, "remains"), tr(lang, "not verified: brushing could not be judged"))
    )
    lines.append(
        BridgeLine(last, fmt.money(gmv.verified.mid, gmv.currency), note, "sum", 0, gmv.verified.mid / whole)
    )
    return tuple(lines)


def _within(gmv: Gmv, span: Interval, lang: Lang) -> str:
    return tr(
        lang,
        "90%% interval %(low)s to %(high)s",
        low=fmt.money(span.low, gmv.currency),
        high=fmt.money(span.high, gmv.currency),
    )


def _orders(n: int, lang: Lang) -> str:
    if not n:
        return ""
    return tr(lang, "1 order") if n == 1 else tr(lang, "%(n)s orders", n=fmt.number(n))


def of_which(gmv: Gmv, lang: Lang) -> str:
    """Parts of what remains that are not final, and what statements say was paid out."""
    told = tr(
        lang,
        "Of what remains, %(unsettled)s is paid but not completed and %(returned)s is on its way back.",
        unsettled=fmt.money(gmv.of_which.unsettled, gmv.currency),
        returned=fmt.money(gmv.of_which.returned, gmv.currency),
    )
    if gmv.settled is None:
        return told
    paid = tr(
        lang,
        "Statements paid out %(settled)s for these orders, after what the platform keeps.",
        settled=fmt.money(gmv.settled, gmv.currency),
    )
    return f"{told} {paid}"


def line_orders(gmv: Gmv, judged: bool, lang: Lang) -> tuple[OrdersView, ...]:
    """Which orders stand in which line."""
    return tuple(
        OrdersView(
            name(labels.BRIDGE, part.line, lang)
            if judged or part.line != "verified"
            else tr(lang, "remains"),
            _orders(part.orders, lang),
            tuple(clean(i, ID_LIMIT) for i in part.ids),
        )
        for part in gmv.lines
        if part.orders and (judged or part.line != "brushed")
    )


def returns(gmv: Gmv, judged: bool, lang: Lang) -> ReturnsView | None:
    """Refunds so far and to come; None where nothing was paid."""
    seen = gmv.returns
    if seen is None:
        return None
    whole = max(sum(c.amount for c in seen.causes), 1)
    spans = max(sum(seen.after.values()), 1)
    return ReturnsView(
        so_far=_so_far(seen, lang),
        to_come=_to_come(gmv, seen, lang),
        after=_after(gmv, judged, lang),
        cells=_cells([c for c in seen.cells if c.stands_out], lang),
        causes=tuple(
            (name(labels.RETURN_CAUSES, c.cause, lang), _orders(c.orders, lang), fmt.money(c.amount, gmv.currency), fmt.share(c.amount / whole))
            for c in seen.causes
        ),
        ages=tuple(
            (name(labels.RETURN_AGES, span, lang), fmt.money(amount, gmv.currency), fmt.share(amount / spans))
            for span, amount in seen.after.items() if amount
        ),
    )  # fmt: skip


def _after(gmv: Gmv, judged: bool, lang: Lang) -> str:
    """What stays once expected returns are gone; where brushing was not judged, the interval is that of the returns alone."""
    later, coming = gmv.after_returns, gmv.returns.to_come if gmv.returns else None
    if later is None or coming is None:
        return ""
    if not judged:
        left = gmv.verified.mid
        later = Interval(left - coming.high, left - coming.mid, left - coming.low)
    return f"{fmt.money(later.mid, gmv.currency)} · {_within(gmv, later, lang)}"


def _so_far(seen: Returns, lang: Lang) -> str:
    if seen.usual is None:
        return tr(lang, "Refunded so far: %(share)s of what was paid.", share=fmt.share(seen.share))
    return tr(
        lang,
        "Refunded so far: %(share)s of what was paid; usual for such goods by now: %(low)s to %(high)s.",
        share=fmt.share(seen.share), low=fmt.share(seen.usual.low), high=fmt.share(seen.usual.high),
    )  # fmt: skip


def _to_come(gmv: Gmv, seen: Returns, lang: Lang) -> str:
    if seen.to_come is not None:
        return tr(
            lang,
            "Still expected back: %(mid)s (%(interval)s), of which %(open)s is asked back already.",
            mid=fmt.money(seen.to_come.mid, gmv.currency),
            interval=_within(gmv, seen.to_come, lang),
            open=fmt.money(seen.open, gmv.currency),
        )
    if seen.told == "nothing":
        return tr(
            lang,
            "The record tells of no refund at all, where some would be usual: its source may leave them out. What will come back cannot be said without the after-sale export.",
        )
    return tr(
        lang,
        "Refunds carry no time of their own in this record, so what is still to come back cannot be said.",
    )


def _cells(out: Sequence[ReturnCell], lang: Lang) -> str:
    """Where refunds stand out: a map is delivery, and accuses nobody."""
    if not out:
        return ""
    told = "; ".join(
        tr(lang, "%(name)s %(refunded)s of %(orders)s", name=clean(c.name, ID_LIMIT), refunded=fmt.number(c.refunded), orders=fmt.number(c.orders))
        for c in out[:CELLS]
    )  # fmt: skip
    if all(c.by == "region" for c in out):
        return tr(
            lang,
            "Refunds follow the map: %(told)s; elsewhere %(rest)s. That points to delivery and accuses nobody.",
            told=told, rest=fmt.share(out[0].rest),
        )  # fmt: skip
    return tr(
        lang,
        "More than elsewhere came back in: %(told)s; the rest %(rest)s.",
        told=told,
        rest=fmt.share(out[0].rest),
    )
