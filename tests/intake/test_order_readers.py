"""Several exports of one shop read together, and a set of half a million invoice lines."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from zhenbo.audit.gmv import bridge
from zhenbo.core.dataset import subjects
from zhenbo.intake.load import load

REAL = Path(__file__).parents[3] / "shared" / "data" / "online-retail" / "online_retail.parquet"
ORDERS = """主订单编号,子订单编号,订单应付金额,订单提交时间,支付完成时间,订单状态,售后状态,达人ID
1,11,59.00,2024-05-01 20:00:00,2024-05-01 20:00:05,已关闭,退款成功,88
1,12,41.00,2024-05-01 20:00:00,2024-05-01 20:00:05,已完成,-,88
2,21,30.00,2024-05-01 20:01:00,2024-05-01 20:01:05,已发货,-,88
"""
AFTER = """售后单号,订单号,商品单号,售后类型,退商品金额（元）,售后状态,售后申请时间,售后原因,用户到账时间,售后关闭时间
701,1,11,退货退款,59.00,同意退款，退款成功,2024-05-03 08:00:00,质量问题,2024-05-05 08:00:00,-
702,2,21,已发货仅退款,30.00,售后关闭,2024-05-03 08:00:00,不想要了,-,2024-05-04 08:00:00
"""
FLOWS = """动账时间,动帐流水号,动账方向,动账金额,动账场景,子订单号,订单号,售后编号
2024-05-05 08:00:00,9001,出账,59.00,退款-结算后退款-退用户,11,1,701
2024-05-12 03:00:00,9002,入账,36.90,货款结算入账,12,1,
"""


def written(folder: Path, **texts: str) -> list[Path]:
    """Files of these contents."""
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [folder]


def test_orders_after_sale_and_movements_of_one_shop_refund_once(tmp_path):
    """Three files tell of one refund; a closed request is no money on its way; the settlement is tied to its order."""
    loaded = load(written(tmp_path, orders=ORDERS, after=AFTER, flows=FLOWS), b"k" * 32)
    assert not loaded.rejects
    (month,) = subjects(loaded.dataset)
    gmv = bridge(month, {})
    assert (gmv.gross, gmv.refunded, gmv.verified.mid) == (13_000, 5_900, 7_100)
    assert (gmv.of_which.returned, gmv.of_which.unsettled, gmv.settled) == (0, 3_000, 3_690)
    (again,) = subjects(load([*written(tmp_path, twin=ORDERS + "\n")], b"k" * 32).dataset)
    assert bridge(again, {}) == gmv


def test_an_order_report_and_an_item_report_of_taobao_are_one_trade(tmp_path):
    """Goods from the one, times, payment and refund from the other: nothing twice, nothing without a date."""
    report = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n3000,300.00,261.00,浙江省,2024-05-01 20:00:00,2024-05-01 20:00:09,39.00\n"
    items = "子订单编号,主订单编号,商品标题,商品价格,购买数量,订单状态,退款状态,退款金额\n3001,3000,连衣裙,130.50,2,交易成功,没有申请退款,0\n3002,3000,围巾,39.00,1,交易成功,退款成功,39.00\n"
    (month,) = subjects(load(written(tmp_path, report=report, items=items), b"k" * 32).dataset)
    assert month.session_id.endswith("2024-05")
    gmv = bridge(month, {})
    assert (gmv.gross, gmv.discount, gmv.refunded, gmv.verified.mid) == (30_000, 0, 3_900, 26_100)


def test_an_unknown_file_is_told_the_nearest_known_source(tmp_path):
    """Columns of an order export without the parent order: the message names the source and what it needs; where none is near, what was read."""
    text = "子订单编号,订单应付金额,订单提交时间,订单状态\n1,5.00,2024-05-31 20:00:00,已发货\n"
    (reject,) = load(written(tmp_path, x=text), b"k" * 32).unused
    assert "doudian.orders" in reject.detail
    assert "主订单编号" in reject.detail
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (plain,) = load([tmp_path], b"k" * 32).unused
    assert plain.detail == "no known source has half of its fields: a, b"


RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,85123A,HOLDER,2,12/1/2010 8:26,2.55,17850,United Kingdom
536366,71053,LANTERN,6,12/1/2010 8:28,3.39,,United Kingdom
536367,22139,Unknown,56,12/1/2010 8:30,0,,United Kingdom
C536368,85123A,HOLDER,-7,12/3/2010 9:00,2.55,17850,United Kingdom
C536369,D,Discount,-1,12/3/2010 9:41,27.5,14527,United Kingdom
536370,85123A,HOLDER,soon,12/1/2010 8:26,2.55,17850,United Kingdom
"""


def test_invoice_lines_become_orders_and_cancellations_find_what_they_cancel(tmp_path):
    """Seven pieces come off two lines of that customer; a discount of nothing known stays; bad rows are named."""
    loaded = load(written(tmp_path, retail=RETAIL), b"k" * 32)
    assert [(r.line, r.reason) for r in loaded.rejects] == [(8, "bad_number")]
    gmv = bridge(next(subjects(loaded.dataset)), {})
    assert (gmv.currency, gmv.gross, gmv.refunded) == ("GBP", 255 * 8 + 339 * 6, 255 * 7)
    lines = RETAIL.splitlines()
    (tmp_path / "retail.csv").write_text("\n".join([lines[0], *lines[:0:-1]]))
    assert load([tmp_path], b"k" * 32).dataset.events.equals(loaded.dataset.events)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason=f"the real online-retail set is not at {REAL}")
def test_half_a_million_invoice_lines_to_the_penny():
    """541,909 lines: revenue and cancelled money equal an independent count in whole pence."""
    loaded = load([REAL], b"k" * 32)
    assert loaded.report.rows == 541_909
    kinds = loaded.dataset.events["kind"].cast("string")
    sums = {k: pc.sum(loaded.dataset.events.filter(pc.equal(kinds, k))["amount"]).as_py() for k in ("order_create", "refund_done")}  # fmt: skip
    table = pq.read_table(REAL).select(["InvoiceNo", "Quantity", "UnitPrice"]).to_pydict()
    sold = back = 0
    for invoice, pieces, price in zip(*table.values(), strict=True):
        pence = (abs(pieces) * round(price * 1000) + 5) // 10
        sold += pence if price > 0 and pieces > 0 and invoice[0].isdigit() else 0
        back += pence if price > 0 and pieces < 0 and invoice[0] == "C" else 0
    # a cancellation that is spread over several lines rounds each part
    assert sums["order_create"] == sold
    assert abs(sums["refund_done"] - back) <= 100
