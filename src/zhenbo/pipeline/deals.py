"""Deals beside an audit: what each broadcast did for them, gathered as the audit goes, and settled at its end."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files

import msgspec
import pyarrow as pa

from zhenbo.audit.clause_words import ClauseLaw, read_clauses
from zhenbo.audit.deal_payments import payments
from zhenbo.audit.deals import remarks, settled
from zhenbo.audit.performed import Performed
from zhenbo.core.papers import Papers
from zhenbo.core.verdict import Audit
from zhenbo.pipeline.policies import register
from zhenbo.report.phrase import phrase


@cache
def clause_law() -> ClauseLaw:
    """The words by which clauses are read, as shipped, and the register of texts."""
    text = (files("zhenbo.packs") / "clauses" / "cn.toml").read_text("utf-8")
    return ClauseLaw(read_clauses(text, "packs/clauses/cn.toml"), register())


def with_deals(audit: Audit, done: Iterable[Performed], papers: Papers, money: pa.Table, as_of: int) -> Audit:
    """The audit with its deals settled, and with what is wrong in the papers among its notes.

    Args:
        audit: of all subjects.
        done: what each of them did for each deal.
        papers: deals and parties.
        money: payments that name a deal (`deal_payments.money_rows`).
        as_of: microsecond at which the record is read.
    """
    starts = {
        s.session_id: int(datetime.fromisoformat(s.start).timestamp()) * 1_000_000
        for s in audit.sessions
        if s.start
    }
    deals = settled(
        done, papers, payments(money, papers, as_of), audit.sessions, starts, as_of,
        lambda say, args: phrase(say, args, audit.lang), clause_law(),
    )  # fmt: skip
    notes = [*audit.notes, *remarks(papers, lambda say, args: phrase(say, args, audit.lang))]
    return msgspec.structs.replace(audit, deals=deals, notes=notes)
