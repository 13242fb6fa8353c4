"""Clauses read in their own words: what is void, what a person has to read, what contradicts itself; each with the law of its day."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from zhenbo.audit.clause_words import read_clauses
from zhenbo.audit.deal_clauses import unsigned
from zhenbo.core.deal import Deal
from zhenbo.core.errors import PackError
from zhenbo.core.papers import Papers, Remark
from zhenbo.core.parties import Registry
from zhenbo.pipeline.deals import clause_law
from zhenbo.report.phrase import phrase

PACK = clause_law().pack
YUAN = 100


def told(*clauses: str, lang: str = "en", unread: tuple[Remark, ...] = (), **terms):
    """What is said of a contract, by kind and field."""
    deal = Deal("d", clauses=clauses, minutes=10, host_scheduled="h", **terms)
    return unsigned(deal, Papers((deal,), Registry((), (deal,)), unread), lambda say, args: phrase(say, args, lang), clause_law())  # fmt: skip


def kinds(*clauses: str, **terms) -> list[tuple[str, str]]:
    """Kind and field of all that is said."""
    return [(c.kind, c.field) for c in told(*clauses, **terms)]


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda r: r.id)
def test_every_rule_fires_and_stays_silent_on_its_examples(rule):
    """A rule holds of each clause it names, which is called by its kind; it holds of no honest one, and nothing calls that void."""
    for clause in rule.fires:
        assert any(PACK.holds(rule, p) for p in PACK.passages(clause)), clause
        assert PACK.judge(clause).rule.finds == rule.finds, clause
    for clause in rule.silent:
        assert not any(PACK.holds(rule, p) for p in PACK.passages(clause)), clause
        found = PACK.judge(clause)
        assert found is None or found.rule.finds == "unclear", clause


@pytest.mark.parametrize(
    ("clause", "finds"),
    [
        # who forbids, supposes or punishes obliges nobody, however the sentence runs on
        ("乙方不得从事下列行为：自行下单补足差额；组织人员拍下商品后退款；购买粉丝。", None),
        ("如乙方雇佣水军、以小号下单冲量的，甲方有权解除合同。", None),
        ("乙方自行下单补足的，该等订单不计入GMV。", None),
        ("保销额按剔除刷单后的实际成交计算", None),
        ("乙方承诺不以水军、机器人观众制造人气", None),
        ("Party B shall not place orders itself, buy likes or hire viewers to flood the chat.", None),
        ("Any brushing found by the platform shall be refunded in full.", None),
        ("Fake orders, empty parcels and bought followers are prohibited; each costs Party B USD 500.", None),
        ("刷单，走账，寄空包，均属严重违约。", None),
        ("为防止冷场，前十分钟安排托儿下单，订单事后关闭。", "void"),
        ("“虚假交易”是指无真实购买意图的订单，包括自买自卖、空包。", None),  # a definition obliges nobody, until it counts
        ("“支持订单”系指双方确认不发生实际交付的订单，该等订单计入保量。", "void"),
        ("The Merchant shall dispatch empty parcels against all orders of the list.", "void"),
        ("粉丝购买后可在评论区晒单，好坏不限。", None),
        # words that both use: fees paid ahead, goods that are not sent yet, buyers who bought, a card beside the goods
        ("甲方先支付坑位费，乙方直播间下单量达到1000单后支付50%佣金。", None),
        ("预售款暂不发货，付款订单计入业绩。", None),
        ("Viewers who have purchased the product may return it within seven days.", None),
        ("包裹内放入售后卡片与感谢信。", None),
        ("公屏刷出来的问题由场控回答。", None),
        # what follows a prohibition is an obligation again; a penalty for not doing it obliges to it
        ("乙方不得迟到，并应在开播前补单200单。", "void"),
        ("乙方补单不得少于200单。", "void"),
        ("乙方未完成刷单500单的，每少一单赔偿10元。", "void"),
        ("乙方应自行下单补足差额，否则退还全部坑位费。", "void"),
        ("乙方应刷 单２００单", "void"),
        # the same word in honest work
        ("漏发订单由甲方仓库补单重发。", None),
        ("乙方通过千川投放购买流量。", None),
        ("甲方员工可按内购价购买商品，正常发货。", None),
        ("样品由乙方下单领取，货款由甲方承担。", None),
        ("甲方应为已下单消费者补差价。", None),
        ("甲方员工负责打单发货，快递费用由甲方承担。", None),
        ("主播可自费购买产品体验，以便如实介绍。", None),
        ("若未达保底，乙方应以现金补足甲方少得的利润差额。", None),
        ("每单成交奖励主播5元，退款订单不予奖励。", None),
        ("The Brand shall pay the Host USD 5 for each order delivered and not refunded.", None),
        # and where nothing tells which it is
        ("不足部分由乙方购买补足。", "unclear"),
        ("乙方负责直播间数据维护。", "unclear"),
        ("The Agency will purchase traffic for the room.", "unclear"),
    ],
)  # fmt: skip
def test_who_obliges_whom(clause, finds):
    """The same words forbid, suppose, punish or oblige by where they stand."""
    found = PACK.judge(clause)
    assert (found.rule.finds if found else None) == finds


def test_a_void_clause_cites_the_law_of_its_day_in_both_languages():
    """Articles as numbered when it was signed; before the court's provisions of 2022 they are not cited, and nothing stands uncited."""
    clause = "乙方应安排补单200单"

    def on(year: int, month: int, lang: str = "en"):
        at = int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1_000_000
        return told(clause, signed_on=at, lang=lang, slot_fee=1)[0]

    assert "Online Consumption Disputes (I), article 9; E-commerce Law, article 17; Anti-Unfair Competition Law, article 8" in on(2025, 7).cites  # fmt: skip
    assert "Anti-Unfair Competition Law, article 9" in on(2025, 11).cites
    assert "Consumption" not in on(2021, 7).cites
    assert on(2015, 1).kind == "unclear"
    zh = on(2026, 5, "zh")
    assert "第9条" in zh.cites
    assert zh.says.startswith("该条款依法无效")
    assert clause in zh.says


def test_seven_days_cannot_be_taken_from_buyers_of_goods_that_law_does_not_except():
    """Void for goods at large; of goods the law excepts, or that a buyer confirms, a person has to look; fees and samples are no goods."""
    (found,) = told("本场商品售出概不退换，不支持七天无理由退货", slot_fee=1)
    assert found.kind == "void"
    assert "Consumer Rights Protection Law, article 25" in found.cites
    assert kinds("定制刻字商品不支持七天无理由退货", slot_fee=1) == [("unclear", "clauses")]
    for honest in (
        "本场商品支持七天无理由退货。",
        "样品概不退还。",
        "坑位费一经支付概不退还。",
        "甲方不得拒绝消费者七日无理由退货。",
    ):
        assert kinds(honest, slot_fee=1) == [], honest


def test_consequences_without_what_they_are_consequences_of():
    """A remedy without a target, a return on no fee, a clawback of no commission; not where the field is there and does not read."""
    assert ("contradiction", "remedy") in kinds(remedy="full", slot_fee=1)
    assert kinds(remedy="none", slot_fee=1) == []
    assert kinds(remedy="full", slot_fee=1, pledge_gmv=5) == []
    assert ("contradiction", "roi") in kinds(roi=Decimal(3), remedy="full", commission_rate=Decimal("0.2"), clawback_return_rate=Decimal("0.5"))  # fmt: skip
    assert ("contradiction", "clawback_return_rate") in kinds(clawback_return_rate=Decimal("0.5"), slot_fee=1)
    from zhenbo.core.evidence import Say

    broken = Remark(
        "deals.toml", "deal 1 (d)", "pledge_gmv", Say("{value}", "{value}"), {"value": 1}, deal="d"
    )
    assert ("contradiction", "remedy") not in kinds(remedy="full", slot_fee=1, unread=(broken,))
    wrong = Remark("deals.toml", "deal 1 (d)", "remedy", Say("{value}", "{value}"), {"value": 1}, deal="d")
    assert kinds(pledge_gmv=5, slot_fee=1, unread=(wrong,)) == [("unreadable", "remedy")]


def test_a_remedy_in_words_is_no_missing_one_and_two_of_them_differ():
    """Two clauses that differ are named with both texts; one alone asks for the field; an exception in the same sentence is no contradiction."""
    terms = {"pledge_gmv": 30_000 * YUAN, "slot_fee": 10_000 * YUAN}
    kept, back = "坑位费一经支付概不退还", "未达保销额，按比例退还坑位费"
    (found,) = told(kept, back, **terms)
    assert found.kind == "contradiction"
    assert kept in found.says
    assert back in found.says
    assert kinds(back, **terms) == [("unclear", "remedy")]
    assert kinds(back, remedy="pro_rata", **terms) == []
    assert kinds(back, remedy="full", **terms) == [("contradiction", "remedy")]
    assert kinds(f"{kept}，但{back}", **terms) == [("unclear", "remedy")]
    assert kinds("因甲方原因取消直播的，坑位费不予退还", back, **terms) == [("unclear", "remedy")]
    assert kinds("未达保销额的，退还已付佣金", **terms) == [("missing", "remedy")]
    assert kinds("The slot fee is non-refundable.", "If sales fall below the pledge, the slot fee is refunded pro rata.", **terms) == [("contradiction", "clauses")]  # fmt: skip


TERMS = {"slot_fee": 30_000 * YUAN, "pledge_gmv": 300_000 * YUAN, "commission_rate": Decimal("0.1"), "clawback_return_rate": Decimal("0.5"), "remedy": "full"}  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "field"),
    [
        ("坑位费任何情况下均不予返还", "remedy"),
        ("讲解时长不少于三十分钟。", "minutes"),
        ("商品讲解半小时", "minutes"),
        ("乙方承诺保销50万", "pledge_gmv"),
        ("本场保底销售额一百万元", "pledge_gmv"),
        ("佣金比例为百分之二十五", "commission_rate"),
        ("甲方按销售额的25%支付佣金", "commission_rate"),
        ("坑位费共计人民币伍万元整", "slot_fee"),
        ("The slot fee is RMB 50,000.", "slot_fee"),
    ],
)
def test_an_amount_in_words_against_its_field(clause, field):
    """Chinese and Arabic numerals, near the word that says what they are; both amounts are told in the unit of the term."""
    assert kinds(clause, **TERMS) == [("contradiction", field)]


@pytest.mark.parametrize(
    "clauses",
    [
        ["坑位费人民币30,000元（大写：叁万元整）", "保销额三十万元", "佣金10％", "讲解10分钟"],
        ["讲解时长不少于5分钟", "保销额不低于20万"],  # a minimum below what was agreed
        ["签约支付坑位费一万元", "播后支付坑位费两万元"],  # instalments
        ["首付坑位费一万元", "播后支付坑位费两万元"],
        ["坑位费三万元，其中一万元预付", "GMV超过50万的，额外奖励2万元", "超过50万部分佣金15%"],
        ["佣金：达人8%，机构2%", "佣金的50%于播后支付", "支付50%佣金"],
        ["讲解5至10分钟", "保销20-30万", "佣金约12%", "前30分钟讲解甲方产品"],
        ["每款讲解5分钟", "坑位费为每场一万元，共三场", "保量50万曝光", "保证金5万元"],
        ["退还坑位费一万元", "违约方按坑位费20%支付违约金", "坑位费于30日内支付三万元"],
        ["因甲方缺货未达保销额的，返场一次，不得要求退款", "未达保销额的，全额退还坑位费"],
        ["未达保销额的，返场一次", "返场后仍未达保销额的，全额退还坑位费"],
    ],
)
def test_honest_amounts_contradict_no_field(clauses):
    """Parts, instalments, levels, ranges, bounds, conditions, one of several rooms: unsure is silent."""
    assert kinds(*clauses, **TERMS) == []


def test_amounts_are_told_in_their_units_and_a_fee_of_nothing_is_a_fee():
    """Fen as yuan, a share as percent, in both languages; a deal in another currency is let be; a re-run without money is no full refund."""
    (found,) = told("坑位费三万元", lang="zh", slot_fee=0, currency="CNY")
    assert "30,000" in found.says
    (rate,) = told("佣金25%", slot_fee=1, commission_rate=Decimal("0.1"), clawback_return_rate=Decimal("0.5"))
    assert "25" in rate.says
    assert "10" in rate.says
    assert kinds("坑位费三万元", slot_fee=1, currency="USD") == []
    both = ("未达保销额的，全额退还坑位费", "未达保销额的，返场一次，不得要求退款")
    assert ("contradiction", "clauses") in kinds(*both, pledge_gmv=5, slot_fee=1)


def test_a_pack_that_names_no_group_is_refused():
    """The rule and the name are told."""
    text = "\n".join((
        'id = "x"', "version = 1", "[reading]", *(f"{n} = ['x']" for n in type(PACK.reading).__struct_fields__), "[groups]", "a = ['a']",
        "[[law]]", 'id = "l"', "cites = []", "[[rule]]", 'id = "r"', 'finds = "void"', 'law = "l"', 'says = { en = "e", zh = "z" }',
        'act = ["b"]', "fires = []", "silent = []",
    ))  # fmt: skip
    with pytest.raises(PackError, match="rule r names b"):
        read_clauses(text, "x.toml")
