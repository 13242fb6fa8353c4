"""Repurchase: buyer-days from orders, and forecasts on the real online-retail orders against what came."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from zhenbo.audit.purchases import _folded, purchases
from zhenbo.audit.repurchase import repurchase
from zhenbo.core.session import DAY
from zhenbo.core.story import read

RETAIL = Path(__file__).parents[3] / "shared/data/online-retail/online_retail.parquet"
real = pytest.mark.skipif(not RETAIL.exists(), reason="the online-retail orders are not beside the clone")


def test_a_purchase_is_a_day_net_of_refunds_and_brushed_orders_are_left_out():
    """Two orders of a day are one purchase; the order named as brushed is none."""
    told = read("20:00 a1 orders o1 59.00; 20:05 a1 orders o2 1.00; 20:01 a2 orders o3 10.00; 20:02 a3 reserves o4 5.00")  # fmt: skip
    found = purchases(told.dataset.events, told.dataset.latest + DAY, frozenset({"o3"}))
    assert (found.buyers, found.net.tolist(), found.left_out) == (1, [6_000], 1)


def day(text):
    """Days since 1970."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.fixture(scope="module")
def lines():
    """Buyer, day, amount and whether it is a sale, of every line."""
    table = pq.read_table(RETAIL)
    amount = np.round(np.asarray(table["Quantity"]) * np.asarray(table["UnitPrice"]) * 100).astype(np.int64)
    when = np.asarray(table["InvoiceDate"].cast(pa.int64())) // DAY
    who = np.asarray(pc.fill_null(table["CustomerID"], -1)).astype(np.int64)
    return who, when, amount, ~np.asarray(pc.starts_with(table["InvoiceNo"], "C"))


def until(lines, end):
    """The purchases known before a day."""
    who, when, amount, sale = (column[lines[1] < end] for column in lines)
    return _folded(who, when, amount, sale, "GBP", end, 0)


def came(lines, begin, days):
    """Sales to customers known on a day in the days after, and the share of them who bought."""
    who, when, amount, sale = lines
    known = np.unique(who[(when < begin) & sale & (who >= 0)])
    after = (when >= begin) & (when < begin + days) & np.isin(who, known)
    return amount[after].sum(), len(np.unique(who[after & sale])) / len(known)


@real
@pytest.mark.slow
def test_held_out_summer_is_foretold_within_a_tenth(lines):
    """June to August 2011 asked on 1 June: known customers' sales and the share who buy again, nearer than the naive forecast."""
    begin = day("2011-06-01")
    made = repurchase(until(lines, begin), 92).ahead
    revenue, rate = came(lines, begin, 92)
    assert abs(made.known.mid / revenue - 1) <= 0.1
    assert abs(made.rate.mid / rate - 1) <= 0.1
    naive = came(lines, begin - 92, 92)[0]
    assert abs(made.known.mid / revenue - 1) < abs(naive / revenue - 1)


@real
@pytest.mark.slow
def test_an_autumn_never_seen_is_missed_but_lies_in_the_interval(lines):
    """September to November sold a third more than any forecast without a year of record could say; the interval says it can."""
    begin = day("2011-09-01")
    made = repurchase(until(lines, begin), 91).ahead
    revenue, rate = came(lines, begin, 91)
    assert made.known.mid < revenue < made.known.high
    assert made.rate.low < rate < made.rate.high


@real
@pytest.mark.slow
def test_cohorts_and_months_add_up(lines):
    """Every buyer is in one cohort, the months sum to the whole, and new buyers sum to all."""
    made = repurchase(until(lines, day("2011-12-10")))
    assert sum(c.buyers for c in made.cohorts) == made.buyers == sum(m.new for m in made.months)
    assert sum(m.net for m in made.months) == made.net
