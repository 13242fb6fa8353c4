"""What brushed orders gained, in words: exposure that followed them, and the place they bought."""

from collections.abc import Mapping

from zhenbo.core.verdict import Gained, PlaceGained, SubjectVerdict
from zhenbo.report import format as fmt
from zhenbo.report.i18n import N_, Lang, tr
from zhenbo.report.labels import name

_WHY: Mapping[str, str] = {
    "ads": N_("cannot be told: paid exposure is not recorded in the same steps of time as exposure in all"),
    "before": N_("cannot be told: exposure rose before the orders came, so something else moved it"),
    "fell": N_("cannot be told: exposure fell after the orders, so something else moved it"),
    "few": N_("cannot be told: exposure is recorded for too few steps of time"),
}
ALL = 0.9
"""Part of the exposure up to which an interval from nothing still says something."""
_CHARTS: Mapping[str, str] = {"hour": N_("sales ranking of the hour"), "day": N_("sales ranking of the day")}


def gained_lines(subject: SubjectVerdict, lang: Lang) -> tuple[str, ...]:
    """What is known of it, one sentence each; nothing where no series tells."""
    told = subject.gained
    if told is None:
        return ()
    lines = [_exposure(told, lang)] if told.unpaid is not None or told.why else []
    return (*lines, *(_place(place, lang) for place in told.places))


def _exposure(told: Gained, lang: Lang) -> str:
    if told.exposures is None or told.per_order is None or not told.unpaid:
        return tr(lang, "exposure: %(why)s", why=name(_WHY, told.why or "few", lang))
    e, each = told.exposures, told.per_order
    if e.low <= 0 and e.high >= ALL * told.unpaid:
        return tr(
            lang, "exposure: how much of the %(unpaid)s not paid for followed the %(orders)s orders named cannot be told from so restless a series",
            orders=fmt.number(told.orders), unpaid=fmt.number(told.unpaid),
        )  # fmt: skip
    if e.low <= 0:
        return tr(
            lang, "exposure: none can be shown to have followed the %(orders)s orders named (at most %(high)s of %(unpaid)s not paid for)",
            orders=fmt.number(told.orders), high=fmt.number(round(e.high)), unpaid=fmt.number(told.unpaid),
        )  # fmt: skip
    return tr(
        lang,
        "exposure: about %(mid)s of %(unpaid)s not paid for followed the %(orders)s orders named (90%% interval %(low)s to %(high)s), %(each)s per order; an estimate from when exposure came",
        mid=fmt.number(round(e.mid)), unpaid=fmt.number(told.unpaid), orders=fmt.number(told.orders), low=fmt.number(round(e.low)),
        high=fmt.number(round(e.high)), each=fmt.number(round(each.mid)),
    )  # fmt: skip


def _place(place: PlaceGained, lang: Lang) -> str:
    chart, at = name(_CHARTS, place.chart, lang), fmt.clock(place.at, "%H:%M UTC")
    if place.without is None:
        what = (
            tr(lang, "without the orders named nothing was sold by then")
            if place.beyond
            else tr(lang, "where it would have stood without the orders named cannot be told")
        )
        return tr(lang, "place %(shown)s in the %(chart)s (%(at)s); %(what)s", shown=fmt.number(place.shown), chart=chart, at=at, what=what)  # fmt: skip
    w = place.without
    words = {
        "shown": fmt.number(place.shown), "chart": chart, "at": at, "mid": fmt.number(round(w.mid)), "low": fmt.number(round(w.low)),
        "high": fmt.number(round(w.high)),
    }  # fmt: skip
    said = tr(
        lang, "place %(shown)s in the %(chart)s (%(at)s); without the orders named about place %(mid)s (90%% interval %(low)s to %(high)s)", **words
    )  # fmt: skip
    return said + tr(lang, ", beyond what was seen") if place.beyond else said
