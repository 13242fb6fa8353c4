"""The golden disputes of the field (FIELD 5, 9.2), told as stories, with the right figures and the right reasons."""

from decimal import Decimal

import pytest

from zhenbo.audit.deal import break_even_sales
from zhenbo.audit.deal_before import Past, outlook
from zhenbo.core.deal import Deal
from zhenbo.core.papers import Papers
from zhenbo.core.parties import Party, Registry
from zhenbo.core.session import DAY
from zhenbo.core.settlement import Span
from zhenbo.core.story import read
from zhenbo.pipeline.audit import audit_dataset

YUAN = 100
MAY = 1_777_593_600_000_000  # 2026-05-01, midnight UTC: the day of a story


def settle(
    story: str, *deals: Deal, parties: tuple[Party, ...] = (), lang: str = "en", as_of: int | None = None
):
    """The deals of a story, settled, by id."""
    papers = Papers(deals, Registry(parties, deals))
    audit = audit_dataset(read(story).dataset, papers=papers, lang=lang, as_of=as_of).audit
    return {d.id: d for d in audit.deals}


def answer(deal, name: str):
    """The answer to one question about a deal."""
    return next(c for c in deal.checks if c.id == name)


FEAST = """
session g0 of host h1 on 2026-04-17
20:01-21:55 lead reserves p{n} 139.90 x1429 scattered [addr=home0]
session g1 of host h1 on 2026-05-01
20:00-21:59 v1..v400 enters
20:30 a1..a4 orders real{n} 199.00 [addr=a{n}]
20:40 c1..c9 reserves left{n} 199.00 [addr=c{n}]
20:05-21:50 lead reserves q{n} 199.00 x141 scattered [addr=home0]
20:05-21:50 b1..b89 reserves o{n} 199.00 x5 scattered [addr=home{n%4}]
21:59 v1..v400 leaves
d+20 10:00 v1 unfollows
"""


def test_g1_599_orders_4_paid_and_676_60_left():
    """599 orders shown, 4 paid for 796 yuan, 676.60 left after the platform, four addresses, the same buyer in the deal before."""
    terms = {
        "slot_fee": 30_000 * YUAN,
        "tax_rate": Decimal("0.01"),
        "order_fee": 30 * YUAN,
        "platform_rate": Decimal("0.15"),
    }
    before = Deal("before", "h1", "m-0", sessions=("g0",), slot_fee=60_000 * YUAN)
    deal = Deal("g1", "h1", "m-1", sessions=("g1",), **terms)
    staff = Party("lead", "account", relation="works_for", other="team")
    room = Party("h1", "host", relation="operated_by", other="team")
    told = settle(FEAST, before, deal, parties=(staff, room))["g1"]
    assert (told.orders.shown, told.orders.paid, told.orders.verified.mid) == (599, 4, 4)
    assert (told.verified.mid, told.payout.mid) == (796 * YUAN, 67_660)
    # 30,000, 1 % tax, 30 yuan for each of the four orders that were orders
    assert (told.fee_due.mid, told.tax.mid, told.order_fees.mid) == (3_042_000, 30_000, 12_000)
    assert told.net.mid == 67_660 - 3_042_000
    assert told.sales == "likely"
    assert "orders.concentration" in {g.signal for g in told.grounds}
    assert answer(told, "addresses").says.startswith("586 of 599 orders share 4 delivery addresses")
    busy = answer(told, "repeat_buyer")
    assert (busy.observed, busy.agreed) == (141, 1_429)
    assert "141 orders" in answer(told, "own_purchase").says


STAR = """
session g2 of host h2 on 2026-05-01
20:00-21:59 v1..v900 enters
20:05-21:50 a1..a40 orders r{n} 365.00 scattered [addr=a{n} device=d{n}]
21:00-21:40 x1..x2 orders f{n} 4900.00 x100 scattered [addr=x{n%2} device=x{n%2}]
23:30-23:59 f1..f200 refunded
21:59 v1..v900 leaves
d+30 10:00 v1 unfollows
"""


def test_g2_a_pledge_of_a_million_and_200_orders_refunded_that_night():
    """1.05 M pledged: not met on verified sales; the refunds of the night are among the reasons; one agency through three names."""
    deal = Deal(
        "g2",
        "h2",
        "m-2",
        "mcn-7",
        sessions=("g2",),
        slot_fee=303_000 * YUAN,
        pledge_gmv=1_050_000 * YUAN,
        remedy="pro_rata",
    )
    names = ("Star", "Nova", "Orbit", "Comet")
    times = (None, MAY - 40 * DAY, MAY - 9 * DAY, MAY + 5 * DAY, None)
    agency = [
        Party("mcn-7", "agency", n, valid_from=times[i], valid_to=times[i + 1]) for i, n in enumerate(names)
    ]
    signed = Party("mcn-7", "agency", relation="signs", other="g2")
    told = settle(STAR, deal, parties=(*agency, signed))["g2"]
    assert told.pledge.displayed == (40 * 365 + 200 * 4_900) * YUAN
    assert told.pledge.met is False
    assert told.verified.mid == 40 * 365 * YUAN
    assert told.bridge.refunded == 200 * 4_900 * YUAN
    assert told.fee_due.mid == round(303_000 * YUAN * 14_600 / 1_050_000)
    assert {g.signal for g in told.grounds} & {"orders.refund_echo", "orders.concentration"}
    assert answer(told, "sold_little").answer == "yes"
    assert answer(told, "contract_party").answer == "yes"
    assert answer(told, "renamed").observed == 3


PUFFED = """
session g3 of host h3 on 2026-05-01
20:00-21:59 v1..v1500 enters
20:05-21:50 a1..a900 orders r{n} 10000.00 scattered [addr=a{n} device=d{n} pay=p{n}]
20:05-21:50 x1..x38 orders f{n} 10000.00 x50 scattered [addr=x{n%4} device=x{n%4} pay=x1 weight=120]
21:59 v1..v1500 leaves
d+3 10:00-12:00 r1..r900 delivered
d+10 10:00 r1..r900 completed
d+40 10:00 v1 unfollows
"""


def test_g3_28_million_of_which_19_were_brushed_and_the_stock_bought_on_them():
    """Gross 28 M, verified at most 9 M, and what the merchant bought in for the rest stands unsold at cost."""
    deal = Deal(
        "g3",
        "h3",
        "m-3",
        sessions=("g3",),
        commission_rate=Decimal("0.3"),
        gross_margin=Decimal("0.4"),
        stocked=16_800_000 * YUAN,
    )
    told = settle(PUFFED, deal)["g3"]
    million = 1_000_000 * YUAN
    assert told.bridge.gross == 28 * million
    assert told.bridge.brushed == pytest.approx(19 * million, rel=0.02)
    assert told.verified.low <= 9 * million <= told.verified.high <= 9.4 * million
    assert told.overstock.mid == pytest.approx(11.4 * million, rel=0.03)  # 16.8 M bought in, 60 % of 9 M sold
    # 9 M of commission were paid on 28 M and more: on what was really sold, 2.7 M are due
    assert told.commission_due.mid == pytest.approx(2.7 * million, rel=0.03)


def test_a09_a_slot_of_8000_that_sold_3000():
    """Break-even at 20,000 with a margin of 60 %, at 40,000 with 40 %; with 3,000 sold, 6,800 are lost."""
    a09 = {"slot_fee": 8_000 * YUAN, "commission_rate": Decimal("0.2")}
    rich, poor = (
        Deal(f"a09-{m}", "h4", "m-4", sessions=("s1",), gross_margin=Decimal(m), **a09)
        for m in ("0.6", "0.4")
    )
    assert (break_even_sales(rich, None), break_even_sales(poor, None)) == (20_000 * YUAN, 40_000 * YUAN)
    told = settle(
        "20:00-21:00 a1..a30 orders o{n} 100.00 [addr=a{n}]\nd+20 10:00 o1..o30 completed", rich, poor
    )
    assert told["a09-0.6"].contribution.mid == (3_000 * 4 // 10 - 8_000) * YUAN
    assert told["a09-0.4"].break_even.reached is False
    assert answer(told["a09-0.6"], "fee_high").answer == "yes"
    assert "6.67 times" in answer(told["a09-0.6"], "fee_high").says


def test_a02_ninety_thousand_spent_fifty_thousand_lost():
    """Three sessions, 60,000 of slots and 30 % of 100,000: 90,000 spent; a margin of 40 % leaves a loss of 50,000."""
    story = "\n".join(
        f"session s{i} of host h5 on 2026-05-0{i}\n20:00-21:00 a{i}00..a{i}24 orders o{i}{{n}} 1000.00 x{2 if i < 3 else 1} [addr=x{{n}}]"
        for i in (1, 2, 3)
    )  # fmt: skip
    deal = Deal(
        "a02",
        "h5",
        "m-5",
        sessions=("s1", "s2", "s3"),
        slot_fee=60_000 * YUAN,
        commission_rate=Decimal("0.3"),
        gross_margin=Decimal("0.4"),
    )
    told = settle(story.replace("x2 ", "x1 ").replace("1000.00", "1333.33"), deal)["a02"]
    assert told.verified.mid == 75 * 133_333
    spent = told.fee_due.mid + told.commission_due.mid
    assert spent == pytest.approx(90_000 * YUAN, abs=YUAN)
    assert told.contribution.mid == pytest.approx(-50_000 * YUAN, abs=YUAN)


def test_g4_58_pairs_of_shoes_and_a_minute_and_a_half():
    """58 pairs sold of 1.2 M of stock; 1 min 33 s on air where five were agreed: each complaint with its measure."""
    shoes = Deal(
        "shoes",
        "h6",
        "m-6",
        sessions=("s1",),
        slot_fee=50_000 * YUAN,
        gross_margin=Decimal("0.5"),
        stocked=1_200_000 * YUAN,
    )
    told = settle("20:00-21:00 a1..a58 orders o{n} 300.00 [addr=a{n}]", shoes)["shoes"]
    assert told.overstock.mid == (1_200_000 - 58 * 150) * YUAN
    assert told.break_even.reached is False
    brief = "20:00-21:00 v1..v50 enters\n20:10 pins p1\n20:11:33 pins p2\n20:11 a1 orders o1 59.00 [product=p1]\n20:30 a2 orders o2 80.00 [product=p2]"
    deal = Deal(
        "brief",
        "h7",
        "m-7",
        sessions=("s1",),
        products=("p1", "p9"),
        slot_fee=50_000 * YUAN,
        commission_rate=Decimal("0.2"),
        minutes=5,
        samples=1,
    )
    told = settle(brief, deal)["brief"]
    assert (told.orders.verified.mid, told.verified.mid) == (1, 59 * YUAN)
    minutes = answer(told, "minutes")
    assert (minutes.answer, round(minutes.observed, 2)) == ("yes", 1.55)
    assert "p9" in answer(told, "link").says
    assert answer(told, "samples").answer == "no"
    assert [c.complaint for c in told.checks][:10] == list(range(1, 11))


HELD = """
20:00-21:59 v1..v300 enters
20:05-21:50 a1..a60 orders o{n} 100.00 scattered [addr=a{n} device=d{n} pay=p{n}]
21:00-21:30 s1..s4 orders s{n} 100.00 x10 scattered [addr=b{n} device=e{n} pay=till]
21:59 v1..v300 leaves
d+20 10:00 o1..o60 completed
"""


def test_a_target_that_only_the_agencys_own_purse_reached_is_a_question():
    """Orders paid by the agency's account are told as a fact; whether the target is met is left open, and nobody is accused."""
    deal = Deal("own", "h8", "m-8", "mcn-8", sessions=("s1",), slot_fee=5_000 * YUAN, pledge_gmv=9_000 * YUAN)
    purse = Party("mcn-8", "agency", relation="pays_from", other="till")
    told = settle(HELD, deal, parties=(purse,))["own"]
    tied = answer(told, "own_purchase")
    assert (tied.answer, told.pledge.own, told.pledge.met) == ("yes", 4_000 * YUAN, None)
    # a salesgirl who buys one for herself decides nothing
    honest = settle(HELD.replace("x10", "x1"), Deal("own", "h8", "m-8", "mcn-8", sessions=("s1",), pledge_gmv=5_000 * YUAN), parties=(purse,))["own"]  # fmt: skip
    assert answer(honest, "own_purchase").answer == "no"


def test_silence_of_the_contract_is_told_and_never_settled():
    """What the contract does not say is null, named with what would settle it, in both languages; a deal of no broadcast owes nothing."""
    story = "20:00-21:00 a1..a30 orders o{n} 100.00 [addr=a{n}]"
    for lang in ("en", "zh"):
        told = settle(story, Deal("bare", "h1", "m-1", sessions=("s1",), commission_rate=Decimal("0.2"), pledge_gmv=1), Deal("gone", "h1", sessions=("s9",), slot_fee=1), lang=lang)  # fmt: skip
        bare, gone = told["bare"], told["gone"]
        assert (bare.fee_due, bare.clawback, bare.break_even, bare.paid) == (None, None, None, None)
        assert {c.field for c in bare.missing_clauses} == {"remedy", "clawback_return_rate", "signed_on"}
        assert all(
            c.missing or c.untold or c.complaint is None for c in bare.checks if c.answer == "cannot_tell"
        )
        assert (gone.verified, gone.fee_due, gone.owed, gone.absent) == (None, None, [], ["s9"])
        assert all(c.answer == "cannot_tell" for c in gone.checks)


RETURNS = (
    """
20:00-21:59 v1..v300 enters
20:05-21:50 a1..a100 orders o{n} 100.00 scattered [addr=a{n} device=d{n}]
21:59 v1..v300 leaves
d+1 10:00 o1..o100 shipped
d+3 18:00 o1..o100 delivered
"""
    + "\n".join(f"d+{4 + i % 7} {8 + i % 12}:{i:02} o{i} refunded" for i in range(1, 41))
    + "\nd+30 10:00 o41..o100 completed"
)


@pytest.mark.parametrize(
    ("share", "due", "back"), [("0.5", 2_000, 0), ("0.4", 1_200, 800), ("0.3", 1_200, 800)]
)
def test_commission_on_returned_goods_comes_back_from_the_agreed_share_on(share, due, back):
    """40 of 100 came back: below the agreed share the host keeps the commission it was paid; from it on, 20 % of the returned sales come back."""
    deal = Deal(
        "claw",
        "h1",
        "m-1",
        sessions=("s1",),
        commission_rate=Decimal("0.2"),
        clawback_return_rate=Decimal(share),
    )
    parties = (Party("m-1", "merchant", relation="acts_as", other="boss"),)
    data = read(RETURNS).dataset
    paid = _with_payment(data, "claw", "boss", 2_000 * YUAN)
    told = audit_dataset(paid, papers=Papers((deal,), Registry(parties, (deal,))), lang="en").audit.deals[0]
    assert told.paid.commission == 2_000 * YUAN
    assert (told.commission_due.mid, told.clawback.mid) == (due * YUAN, back * YUAN)
    assert sum(o.amount.mid for o in told.owed if o.payee == "m-1") == back * YUAN


def test_what_was_paid_may_stand_in_the_contracts_file():
    """Where the record holds no payments the stated ones count: 20 % of 3,000 due, 1,000 paid, 400 come back with the fee."""
    deal = Deal("said", "h1", "m-1", sessions=("s1",), slot_fee=500 * YUAN, commission_rate=Decimal("0.2"), paid_fee=500 * YUAN, paid_commission=1_000 * YUAN)  # fmt: skip
    told = settle("20:00-21:00 a1..a30 orders o{n} 100.00 [addr=a{n}]\nd+20 10:00 o1..o30 completed", deal)[
        "said"
    ]
    total = told.owed[-1]
    assert (total.payer, total.payee, total.what, total.amount.mid) == ("h1", "m-1", "total", 400 * YUAN)


def _with_payment(data, deal: str, payer: str, amount: int):
    """The record with one commission paid under a deal."""
    from dataclasses import replace

    import pyarrow as pa

    from zhenbo.core.dataset import canonical_order
    from zhenbo.core.schema import EVENTS

    row = {
        "platform": "story", "source": "bank@1", "event_id": "b1", "kind": "commission", "ts": data.latest, "actor_id": payer,
        "ref_id": deal, "amount": amount, "currency": "CNY", "flags": 0,
    }  # fmt: skip
    return replace(data, events=canonical_order(pa.concat_tables([data.events, pa.Table.from_pylist([row], schema=EVENTS)]).unify_dictionaries()))  # fmt: skip


def test_twenty_outcomes_follow_the_history():
    """A host who always sold twice the break-even pays nearly always, one who sold half of it seldom; a short history is wide."""
    deal = Deal("next", slot_fee=8_000 * YUAN, commission_rate=Decimal("0.2"), gross_margin=Decimal("0.6"))

    def past(*sold: int):
        return [Past(str(i), Span.exactly(s * YUAN), s // 100, doubted=False) for i, s in enumerate(sold)]

    good = outlook(deal, past(38_000, 44_000, 41_000, 36_000, 47_000, 40_000, 42_000, 39_000), "CNY")
    bad = outlook(deal, past(9_000, 12_000, 10_000, 11_000, 8_000, 10_500, 0, 9_500), "CNY")
    short = outlook(deal, past(41_000), "CNY")
    assert good.break_even == 20_000 * YUAN
    assert good.pays >= 18
    assert bad.pays <= 3
    assert (
        short.outcomes[-1].sales / short.outcomes[0].sales
        > 2 * good.outcomes[-1].sales / good.outcomes[0].sales
    )
    assert outlook(deal, past(41_000, 0), "CNY") == outlook(deal, past(41_000, 0), "CNY")
    loss = outlook(
        Deal("bait", slot_fee=1, commission_rate=Decimal("0.2"), gross_margin=Decimal("-0.1")),
        past(10_000),
        "CNY",
    )
    assert (loss.break_even, loss.per_order, loss.pays) == (None, -3_000, 0)
