"""A hand-written evening of four rooms and a shop month: one of each answer, with curves, gaps and raw rows."""

import math

import pytest
from msgspec.structs import replace

from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Curve, Exhibit, Row
from zhenbo.core.session import MINUTE, Window
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.core.verdict import (
    Asked,
    Audit,
    CauseTested,
    EffectSeen,
    Fake,
    Fakes,
    Gmv,
    Interval,
    OfWhich,
    Reason,
    SessionVerdict,
    ShopVerdict,
)

START = 1_795_176_000_000_000  # 2026-11-20 12:00 UTC
END = START + 180 * MINUTE

TITLES = {
    "counters.package": Say("Bought package", "人气套餐"),
    "timing.regularity": Say("Even intervals", "间隔过匀"),
    "text.templates": Say("Reused rare sentences", "罕见句复用"),
    "identity.cohort": Say("Registered together", "扎堆注册"),
    "orders.refund_echo": Say("Refund echo", "退款回声"),
}
SAYS = {
    "text.templates": {
        "reused": Say(
            "{n} comments of {accounts} accounts reuse rare sentences such as {sample_text}",
            "{accounts} 个账号的 {n} 条评论重复使用罕见句，例如 {sample_text}",
        )
    }
}


def reason(number, signal, question, db, says, *, tier=Tier.T1, window=(START, END), **more):
    """One reason with plausible numbers."""
    given = {
        "raw_db": db, "observed": 0.412, "expected": 0.083, "p": 10 ** (-abs(db) / 10) if db > 0 else 0.74,
        "effect": None, "cleared_by": [], "events": [f"demo@1:e{number}{i:03d}" for i in range(50)],
        "events_total": 1204, "message": "found", "args": {}, **more,
    }  # fmt: skip
    return Reason(
        id=f"{number:016x}", signal=signal, family=signal.partition(".")[0], question=question, tier=tier,
        weight_db=db, says=says, window=list(window), **given,
    )  # fmt: skip


def asked(verdict, tier=Tier.T1, **more):
    """An answer to one question."""
    return Asked(verdict=verdict, tier=tier, asked=True, **more)


SILENT = Asked(verdict=Outcome.INSUFFICIENT, tier=Tier.T0, asked=False, missing=["orders"])


def bought_room(zh):
    """A room with a bought package and scripted comments."""
    reasons = [
        reason(1, "counters.package", Question.AUDIENCE, 14.23,
               "20:40 起 10 分钟内在线人数净增 3,880 人后整体平移，与“P388”套餐的曲线吻合" if zh else
               "From 20:40 the counter gained 3,880 viewers in ten minutes and held them, the curve of package P388",
               tier=Tier.T0, window=(START + 40 * MINUTE, START + 75 * MINUTE), raw_db=31.0, events_total=70,
               effect=EffectSeen("viewers", 3300, 4100, 5000),
               cleared_by=[CauseTested("raid", "ruled_out"), CauseTested("lottery", "ruled_out"),
                           CauseTested("ad", "open")]),
        reason(2, "text.templates", Question.ENGAGEMENT, 11.71,
               "20 个账号的 960 条评论重复使用罕见句，例如“这个颜色真的绝了宝子们”" if zh else
               "960 comments of 20 accounts reuse rare sentences such as “这个颜色真的绝了宝子们”",
               window=(START + 60 * MINUTE, START + 120 * MINUTE), message="reused",
               args={"n": 960, "accounts": 20, "sample_text": "这个颜色真的绝了宝子们"},
               effect=EffectSeen("comments", 900, 960, 1010),
               cleared_by=[CauseTested("prompted_chant", "ruled_out")]),
        reason(3, "timing.regularity", Question.ENGAGEMENT, 7.04,
               "20 个账号的发言间隔离散系数为 0.08" if zh else "The gaps between comments of 20 accounts vary by only 8%"),
        reason(4, "identity.cohort", Question.ENGAGEMENT, -2.55,
               "注册日期分布与平台相符" if zh else "Registration dates spread as on the whole platform"),
    ]  # fmt: skip
    return SessionVerdict(
        session_id="room-7781-20261120", host_id="host-7781", platform="douyin", start="2026-11-20T12:00:00Z",
        end="2026-11-20T15:00:00Z", tier=Tier.T1, verdict=Outcome.LIKELY, question=Question.ENGAGEMENT,
        penalty_ready=False, probability=0.9962, probability_low=0.961, probability_high=0.9997, prior_db=-10.0,
        score_db=6.2, map="zhenbo-2026-11@1",
        questions={
            "audience": asked(Outcome.SUSPECT, Tier.T0, probability=0.71, score_db=4.23, share=0.34, missing=["leaves"]),
            "engagement": asked(Outcome.LIKELY, probability=0.996, score_db=6.2, share=0.41, missing=["devices"]),
            "sales": SILENT,
        },
        fake=Fakes(viewers=Fake(12000, 3300, 4100, 5000), comments=Fake(2340, 900, 960, 1010)), gmv=None,
        coverage={"enter": 0.11, "like": 0.95}, reasons=reasons,
        ask_for=["devices", "leaves"], notes=["身份已隐去" if zh else "Identities of viewers are masked by the source"],
    )  # fmt: skip


def shop_month(zh):
    """A shop month with brushed orders refunded the next day."""
    gmv = Gmv(
        currency="CNY", gross=299_576_061, cancelled=52_093_754, unpaid_open=1_200_000, discount=3_000_001,
        refunded=57_233_592, brushed=14_200_000, brushed_low=11_000_000, brushed_high=17_500_000,
        verified=Interval(168_548_714, 171_848_714, 175_048_714), of_which=OfWhich(8_800_000, 1_240_000),
    )  # fmt: skip
    found = reason(
        9, "orders.refund_echo", Question.SALES, 16.5,
        "300 笔订单在付款后 22 至 26 小时内全额退款" if zh else "300 orders were refunded in full 22 to 26 h after payment",
        tier=Tier.T2, effect=EffectSeen("orders", 262, 300, 331), cleared_by=[CauseTested("apparel_returns", "ruled_out"),
        CauseTested("lockdown", "explains")],
    )  # fmt: skip
    return ShopVerdict(
        shop_id="shop:tmall:s1:2026-10", host_id="s1", platform="tmall", start="2026-10-01T00:00:00Z",
        end="2026-10-31T23:00:00Z", from_="2026-10-01T00:00:00Z", to="2026-10-31T23:00:00Z", tier=Tier.T2,
        verdict=Outcome.LIKELY, question=Question.SALES, penalty_ready=True, probability=0.93, probability_low=0.84,
        probability_high=0.98, prior_db=-10.0, score_db=6.5, map="zhenbo-2026-11@1",
        questions={"audience": SILENT, "engagement": SILENT, "sales": asked(Outcome.LIKELY, Tier.T2, probability=0.93,
                   score_db=6.5, share=0.083)},
        fake=Fakes(orders=Fake(28010, 262, 300, 331)), gmv=gmv, coverage={}, reasons=[found],
        ask_for=["logistics"], notes=[],
    )  # fmt: skip


def quiet_room(name, verdict, zh):
    """A room without suspicion: `unlikely` or `insufficient`."""
    clear = verdict is Outcome.UNLIKELY
    return SessionVerdict(
        session_id=name, host_id="host-12", platform="bilibili", start="2026-11-20T12:00:00Z",
        end="2026-11-20T15:00:00Z", tier=Tier.T1 if clear else Tier.T0, verdict=verdict,
        question=Question.ENGAGEMENT, penalty_ready=False, probability=0.03 if clear else None,
        probability_low=0.01 if clear else None, probability_high=0.09 if clear else None, prior_db=-10.0,
        score_db=-14.5 if clear else -10.0, map="zhenbo-2026-11@1",
        questions={"audience": asked(Outcome.INSUFFICIENT, Tier.T0, missing=["entries", "viewer_counter"]),
                   "engagement": asked(verdict, probability=0.03 if clear else None), "sales": SILENT},
        fake=Fakes(comments=Fake(5120, 0, 0, 74)) if clear else Fakes(), gmv=None, coverage={},
        reasons=[reason(7, "text.templates", Question.ENGAGEMENT, -4.5,
                        "38% 的评论是同一句话，但都在抽奖口令时段内" if zh else
                        "38% of the comments are one phrase, all of them inside the prompted windows",
                        cleared_by=[CauseTested("lottery", "explains")])] if clear else [],
        ask_for=["entries", "viewer_counter"], notes=[],
    )  # fmt: skip


def make_audit(lang):
    """The evening in one language."""
    zh = lang == "zh"
    suspect = replace(
        bought_room(zh), session_id="room-31-20261120", verdict=Outcome.SUSPECT, question=Question.AUDIENCE,
        tier=Tier.T0, probability=0.71, probability_low=0.42, probability_high=0.9, score_db=4.23,
        reasons=bought_room(zh).reasons[:1],
    )  # fmt: skip
    return Audit(
        zhenbo="0.1.0", as_of="2026-11-21T08:00:00Z", policy="default@1#0123456789abcdef", lang=lang,
        sessions=[quiet_room("room-lottery", Outcome.UNLIKELY, zh), quiet_room("room-thin", Outcome.INSUFFICIENT, zh),
                  suspect, bought_room(zh)],
        shops=[shop_month(zh)],
    )  # fmt: skip


def curves():
    """Viewers with a package step and a gap; comments beside."""
    viewers = tuple(
        None if 130 <= i < 148 else 900 + 500 * math.sin(i / 29) + (3880 * min(max(i - 40, 0), 10) / 10 if i < 76 else 900)
        for i in range(180)
    )  # fmt: skip
    comments = tuple(12 + 4 * math.sin(i / 5) + (16 if 60 <= i < 120 else 0) for i in range(180))
    return (
        Curve("viewers", "heads", START, MINUTE, viewers),
        Curve("comment_rate", "per_minute", START, MINUTE, comments),
    )


@pytest.fixture
def audit():
    """The evening in Chinese."""
    return make_audit("zh")


@pytest.fixture
def exhibits():
    """Curves, declared windows and raw rows of the evening."""
    rows = tuple(
        Row(f"demo@1:e2{i:03d}", START + (60 * 60 + i * 75) * 1_000_000, f"u_0791{i % 7}3fe2", "comment",
            "这个颜色真的绝了宝子们，加微信 abc_12345", None, None)
        for i in range(12)
    )  # fmt: skip
    orders = tuple(
        Row(f"tmall@1:o{i}", START + i * 3_000_000_000, f"u_1{i:06d}c", "refund_done", None, 5900, "CNY")
        for i in range(5)
    )
    lottery = (Window("lottery", START + 100 * MINUTE, START + 115 * MINUTE),)
    return {
        "room-7781-20261120": Exhibit(curves(), lottery, {f"{2:016x}": rows}),
        "room-31-20261120": Exhibit(curves()[:1], (), {}),
        "room-lottery": Exhibit(curves()[1:], lottery, {}),
        "shop:tmall:s1:2026-10": Exhibit((), (), {f"{9:016x}": orders}),
    }
