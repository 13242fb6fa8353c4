"""The ten complaints, each with its measure: yes, no, or cannot tell with what is missing. And clauses, letters, hostile papers."""

import re
from decimal import Decimal

import pyarrow as pa
from test_deals import MAY, YUAN, answer, settle

from zhenbo.core.dataset import Dataset
from zhenbo.core.deal import Deal
from zhenbo.core.papers import Papers
from zhenbo.core.parties import Party, Registry
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import DAY
from zhenbo.core.story import read
from zhenbo.pipeline.audit import audit_dataset
from zhenbo.pipeline.written import html
from zhenbo.report.letter import letter_pages

EVENING = """
session s1 of host h1 on 2026-05-01
20:00-21:00 v1..v80 enters
20:00 pins p1; 20:30 pins p2
20:10 a1..a20 orders o{n} 100.00 [addr=a{n} product=p1]
20:40 b1..b20 orders q{n} 100.00 [addr=b{n} product=p2]
session s2 of host h1 on 2026-05-08
20:00-21:00 v1..v80 enters
20:05 pins p2
20:10 c1 orders z1 100.00 [addr=c1 product=p2]
session none of host h1 on 2026-05-01
d+20 10:00 o1..o20 completed
"""
BASE = {"merchant_id": "m-1", "sessions": ("s1",), "products": ("p1",), "samples": 2, "minutes": 20}


def asked(deal: Deal, name: str, *parties: Party, story: str = EVENING) -> tuple[str, str]:
    """An answer and its sentence."""
    found = answer(settle(story, deal, parties=parties)[deal.id], name)
    return found.answer, found.says


def test_airtime_samples_and_links():
    """Half an hour between the pins of its goods; a product that never came up; samples of goods that were not shown."""
    assert asked(Deal("d", "h1", **BASE), "minutes")[0] == "no"
    assert asked(Deal("d", "h1", **BASE | {"minutes": 40}), "minutes") == ("yes", "30 minutes of airtime (by pinned products), 40 agreed.")  # fmt: skip
    assert asked(Deal("d", "h1", **BASE), "link")[0] == "no"
    other = Deal("d", "h1", **BASE | {"products": ("p7",)})
    assert [asked(other, name)[0] for name in ("link", "samples", "minutes")] == ["yes", "yes", "yes"]
    whole = Deal("d", "h1", **BASE | {"sessions": ("s1", "s9"), "products": ("p7",)})
    assert [asked(whole, name)[0] for name in ("link", "samples", "minutes")] == ["cannot_tell"] * 3


def test_another_host():
    """Another account, or the same account in other hands since the signature; an account alone shows no face."""
    assert asked(Deal("d", "h1", **BASE, host_scheduled="h2"), "host_substituted")[0] == "cannot_tell"
    assert asked(Deal("d", None, **BASE, host_scheduled="h2"), "host_substituted")[0] == "yes"
    fine = Deal("d", "h1", **BASE, host_scheduled="h1", signed_on=MAY - 9 * DAY)
    assert asked(fine, "host_substituted")[0] == "no"
    sold = [Party("h1", "host", relation="operated_by", other=who, valid_from=since) for who, since in (("li", None), ("wang", MAY - DAY))]  # fmt: skip
    assert asked(fine, "host_substituted", *sold) == (
        "yes",
        "h1 was announced; on that day wang operated the account h1.",
    )
    assert asked(Deal("d", "h1", **BASE, host_scheduled="wang"), "host_substituted", *sold)[0] == "no"


def test_a_re_run_that_was_and_one_that_was_not():
    """The goods came up again a week later, or the host broadcast without them, or nobody can know yet."""
    again = Deal("d", "h1", **BASE | {"products": ("p2",)}, rerun_by=MAY + 14 * DAY)
    assert asked(again, "rerun")[0] == "no"
    assert asked(Deal("d", "h1", **BASE, rerun_by=MAY + 14 * DAY), "rerun")[0] == "yes"
    assert asked(Deal("d", "h1", **BASE, rerun_by=MAY + 90 * DAY), "rerun")[0] == "cannot_tell"
    assert asked(Deal("d", "h3", **BASE, rerun_by=MAY + 14 * DAY), "rerun")[0] == "cannot_tell"


def test_stated_figures_own_streams_and_usual_returns():
    """What was stated at recruitment against what was verified; the merchant's own broadcast as the measure of little."""
    stated = Deal("d", "h1", **BASE, stated_gmv=50_000 * YUAN)
    assert asked(stated, "recruitment")[0] == "yes"
    own = Party("h1", "host", relation="operated_by", other="m-1")
    poor = Deal("d", "h1", merchant_id="m-1", sessions=("s2",))
    assert asked(poor, "sold_little", own)[0] == "yes"
    back = EVENING + "d+4 10:00 o1..o9 refunded\nd+40 10:00 o10..o20 completed\n"
    assert (
        asked(Deal("d", "h1", **BASE, returns_expected=Decimal("0.1")), "returns_high", story=back)[0]
        == "yes"
    )
    assert (
        asked(Deal("d", "h1", **BASE, returns_expected=Decimal("0.7")), "returns_high", story=back)[0] == "no"
    )
    promised = Deal("d", "h1", **BASE, shop_visits=100)
    assert asked(promised, "shop_traffic")[0] == "cannot_tell"
    visited = EVENING.replace("20:40 b1", "20:00-21:00 office.shop_visits 40\n20:40 b1")
    assert asked(promised, "shop_traffic", story=visited) == ("yes", "40 visits to the shop, 100 promised.")


def test_goods_that_nobody_bought_sold_nothing():
    """Orders that name their goods, none of them the deal's: zero sold (A14), and the fee is compared with that; no orders at all is unknown."""
    fee = {"slot_fee": 20_000 * YUAN, "gross_margin": Decimal("0.5")}
    told = settle(EVENING, Deal("d", "h1", **BASE | {"products": ("p7",)}, **fee))["d"]
    assert (told.verified.mid, told.orders.shown, told.contribution.mid) == (0, 0, -20_000 * YUAN)
    assert answer(told, "fee_high").answer == "yes"
    blind = settle("20:00-21:00 v1..v30 enters", Deal("d", "h1", **BASE, **fee))["d"]
    assert (blind.verified, blind.contribution, answer(blind, "fee_high").answer) == (
        None,
        None,
        "cannot_tell",
    )


def test_what_was_said_of_the_goods():
    """Airtime and selling points from speech, where there are no pins: the points never heard are named."""
    rows = [
        {"kind": "speech", "ts": MAY + (20 * 60 + at) * 60_000_000, "target_id": product, "text": text, "session_id": "s1", "host_id": "h1", "source": "asr@1", "event_id": f"t{at}", "platform": "story", "flags": 0}
        for at, product, text in ((0, "p1", "今天这款珍珠是淡水珠"), (12, "p2", "再看下一款"), (30, "p2", "喜欢的拍"))
    ]  # fmt: skip
    events = pa.Table.from_pylist(rows, schema=EVENTS)
    deal = Deal("d", "h1", **BASE, points=("淡水珠", "附证书"))
    made = audit_dataset(
        Dataset(events=events), papers=Papers((deal,), Registry([], (deal,))), lang="en"
    ).audit
    found = answer(made.deals[0], "minutes")
    assert (found.answer, found.observed) == ("yes", 12.0)
    assert "附证书" in found.says
    assert "淡水珠" not in found.says


def test_letters_say_what_is_owed_in_both_languages_and_hostile_papers_stay_text():
    """Names, ids and clauses of strangers reach no page as markup and no folder as a path; every figure of the letter is the settlement's."""
    evil = '<script>alert("x")</script>'
    deal = Deal(f"../{evil}", "h1", **BASE, slot_fee=90_000 * YUAN, pledge_gmv=4_000 * YUAN, remedy="full", clauses=(f"应安排刷单{evil}",), host_scheduled=evil)  # fmt: skip
    papers = Papers((deal,), Registry([Party("m-1", "merchant", evil)], (deal,)))
    for lang in ("en", "zh"):
        result = audit_dataset(read(EVENING).dataset, papers=papers, lang=lang)
        (name, page), report = next(letter_pages(result.audit)), html(result)
        assert re.fullmatch(r"letter-[\w.-]+\.html", name)
        for body in (page, report):
            assert "<script" not in body
            assert "alert(" in body
        assert "¥2,000.00" in page  # really sold, of 4,000 promised
        assert ("not met" if lang == "en" else "未达标") in report
        assert "{" not in re.sub(r"(?s)<style>.*?</style>", "", page)


def test_two_audits_settle_to_the_same_bytes():
    """The same files give the same settlement, whatever the order of the papers."""
    deals = [Deal("a", "h1", **BASE, pledge_gmv=1), Deal("b", "h1", **BASE, commission_rate=Decimal("0.15"))]
    one, two = (audit_dataset(read(EVENING).dataset, papers=Papers(tuple(sorted(d, key=lambda x: x.id)), Registry([], d))).audit for d in (deals, deals[::-1]))  # fmt: skip
    assert one == two
