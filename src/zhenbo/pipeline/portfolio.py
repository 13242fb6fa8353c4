"""The audit of a portfolio from files: frame, draw, audit of the sample, everything beside it."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from zhenbo.audit.buyers import buyers
from zhenbo.audit.figures import traded
from zhenbo.audit.gmv import bridge
from zhenbo.audit.growth import iso
from zhenbo.audit.portfolio import PortfolioAudit, Record, portfolio_audit, tiers, unit, usual_currency
from zhenbo.audit.reconcile import reconciled
from zhenbo.audit.repurchase import repurchase
from zhenbo.audit.sampling import Unit, plan
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.session import Session
from zhenbo.core.verdict import Audit
from zhenbo.pipeline.audit import Lang, audit_dataset, default_policy
from zhenbo.pipeline.parties import bought, earlier, known, loaded


def portfolio(
    paths: Sequence[Path], key: Callable[[], bytes], *, precision: float, seed: int, every: bool = False, as_of: int | None = None,
    lang: Lang = "zh", packs: Any = None, progress: Callable[[Session], None] = lambda _: None,
) -> tuple[PortfolioAudit, Audit]:  # fmt: skip
    """Audit a portfolio: a sample of a record, or all that an earlier audit holds.

    Args:
        paths: as `parties.known` takes them.
        key: gives the key for pseudonyms.
        precision: half the width of the 90 % interval that is wanted, as a share of the frame.
        seed: of the draw.
        every: audit every session.
        as_of: microsecond at which a record is read.
        lang: language of the verdicts' sentences.
        packs: baselines, calendar and policy.
        progress: called with each subject before it is audited.

    Raises:
        NoEventsError: when there is nothing to audit.
    """
    from zhenbo.intake import papers

    if earlier(paths):
        found = known(paths, key, as_of=as_of, lang=lang)
        units = [
            (v.gmv.currency, u) for v in found.verdicts if v.gmv is not None and (u := unit(v)) is not None
        ]
        frame, currency, others = _frame(units)
        made = plan(frame, precision, seed, every=True)
        record = _record(found.audit, frame, None, 0)
        options: dict[str, Any] = {"registry": found.papers.registry, "record": record, "currency": currency}
        return portfolio_audit(
            found.audit, frame, made, found.policy, other_currencies=others, **options
        ), found.audit
    data, rejects = loaded(paths, key())
    told = papers.read(paths)
    frame, currency, others = _frame(_facts(data, as_of))
    made = plan(frame, precision, seed, every=every)
    drawn = set(made.sample)
    result = audit_dataset(
        data,
        as_of=as_of,
        lang=lang,
        packs=packs,
        rejects=rejects,
        progress=progress,
        wanted=lambda s: s.session_id in drawn,
    )
    moment = data.latest if as_of is None else as_of
    seen = data.until(moment)
    brushed = frozenset(o for a in result.audited for o, p in a.judgement.orders.items() if p > 0.5)
    audit = portfolio_audit(
        result.audit, frame, made, packs.policy if packs else default_policy(), registry=told.registry,
        record=_record(result.audit, frame, seen, len(rejects)), currency=currency, other_currencies=others,
        books=reconciled(seen.events, moment), bought=buyers(seen.events), customers=repurchase(bought(data, moment, brushed)),
    )  # fmt: skip
    return audit, result.audit


def _facts(data: Dataset, as_of: int | None) -> list[tuple[str, Unit]]:
    """Every session and shop month with orders: its currency, and the exact lines of its bridge. No signal is asked."""
    found = []
    for s in subjects(data, as_of):
        if (gmv := bridge(s, {}, 0.0)) is not None:
            start = s.span[0]
            found.append((gmv.currency, Unit(id=s.session_id, host_id=s.host_id, start=iso(start) if start else None, gross=gmv.gross, left=gmv.verified.mid)))  # fmt: skip
    return found


def _frame(units: Sequence[tuple[str, Unit]]) -> tuple[list[Unit], str, list[str]]:
    """The units in the currency of most of them, that currency, and the others."""
    count = Counter(c for c, _ in units)
    currency = usual_currency(count)
    return [u for c, u in units if c == currency], currency, sorted(set(count) - {currency})


def _record(audit: Audit, frame: Sequence[Unit], data: Dataset | None, unused: int) -> Record:
    shops = sum(u.id.startswith("shop:") for u in frame)
    events = None if data is None else data.events
    return Record(
        hosts=len({u.host_id for u in frame}), sessions=len(frame) - shops, shop_months=shops,
        events=None if events is None else events.num_rows,
        untimed_share=None if events is None else events["ts"].null_count / max(events.num_rows, 1), unused=unused,
        sources=[] if events is None else sorted(s for s in pc.unique(events["source"]).cast("string").to_pylist() if s)[:12],
        tiers=tiers([v for v in (*audit.sessions, *audit.shops) if traded(v)]),
    )  # fmt: skip
