"""The measured numbers the simulator stands on, each with its source.

`INPUTS n` and `FIELD n` are the sections of the project's reference notes; "Compass row" is the one real
抖音电商罗盘 session of INPUTS 3.1; a judgement of ours is called one.
"""

from types import MappingProxyType
from typing import NamedTuple

VISITS_PER_WATCHER = 1.41  # Compass row: 21,254 views by 15,093 watchers
WATCH_MINUTES = (1.0, 4.0)  # mean watch; Compass row 1.07, brief of the field 1-4
WATCH_SIGMA = 1.5  # log-sd of stays; heavy tail, judgement (no recorder gives stays, INPUTS 2.3)
COMMENTS_PER_WATCHER = (0.02, 0.35)  # Compass row 0.044; fan rooms far above (INPUTS 6.2)
GAP_SIGMA = (1.25, 0.27)
"""Median over users of the log-sd of their gaps, and the log-sd of that: Bilibili 2020-12-11/12, users with ten
messages or more: 5/25/50/75/95 % are 0.76/1.03/1.24/1.46/1.89 and 0.85/1.20/1.40/1.66/2.03."""
TAPS_FULL, TAPS_BROKEN = 9.8, 0.38  # Douyin capture: a hump at 9-10 taps, about a third of messages below it
ROOM_SIGMA = 0.25
"""Log-sd between rooms of one kind in messages per speaker, a third of it in the spread of gaps: judgement (two first
streams of one group, a day apart, differ 2.5-fold in the one and by a tenth in the other: INPUTS 6.2)."""
TAPS_PER_LIKE = 7.6  # Douyin capture, mean `count` (INPUTS 1.3)
LIKES_PER_VIEW = (0.1, 4.0)  # Douyin capture 0.16; honest benchmark C12 3.58 (FIELD 9.1)
FOLLOWS_PER_WATCHER = 0.034  # Compass row: 518 of 15,093
SHARES_PER_WATCHER = 0.004  # judgement; well under the packages' 0.56 % of views (FIELD 3)
CLICKS_PER_WATCHER = 0.42  # Compass row
ORDERS_PER_WATCHER = (0.005, 0.10)  # Compass row 10 %, weak rooms down to 0.5 %
UNPAID = (0.10, 0.15)  # Tmall 2020-02: 14 % of 28,010 never paid
PAY_DELAY_MEDIAN_S = 8.0  # Tmall 2020-02
PAY_DELAY_SIGMA = 1.93  # so that the 95 % point is 191 s, as there
FIRST_HOUR_REFUND = (0.0, 0.17)  # of orders; Compass row 17.25 %
SELF_REPEAT = (0.03, 0.35)  # share of messages that echo another of the same minute (INPUTS 6.1, 6.2)
CAPTURE_COVERAGE = MappingProxyType({"enter": 0.11, "like": 0.95})  # Douyin capture (INPUTS 1.2)
SHARED_HOME = 0.12  # share of people with another of the room at the same address; judgement
SHARED_DEVICE = 0.02  # families on one tablet; judgement
CARRIER_NAT = 0.25  # people behind an address translator shared by tens; judgement
NEWCOMERS = 0.06  # accounts younger than 30 days in an ordinary room; judgement
ACCOUNT_AGE_YEARS = 5.0  # 463 TikTok accounts spread over 2018-2023 (INPUTS 1.4)

PROVINCES = MappingProxyType({
    "上海": 3353, "广东省": 2463, "江苏省": 2126, "浙江省": 2061, "北京": 2054, "四川省": 2019, "山东省": 1804, "辽宁省": 1187,
    "天津": 1153, "湖南省": 1099, "河北省": 1083, "重庆": 1036, "河南省": 966, "云南省": 778, "安徽省": 609, "陕西省": 536,
    "福建省": 489, "山西省": 465, "广西壮族自治区": 436, "江西省": 411, "吉林省": 401, "黑龙江省": 379, "贵州省": 345,
    "内蒙古自治区": 215, "海南省": 178, "甘肃省": 167, "湖北省": 75, "新疆维吾尔自治区": 58, "宁夏回族自治区": 42,
})  # fmt: skip
"""Orders per province in the Tmall export of February 2020 (counts; no persons)."""


class Category(NamedTuple):
    """A kind of goods: median price in fen, log-sd, parcel grams, refund share range, share of refunds after delivery."""

    price: int
    spread: float
    grams: int
    refund: tuple[float, float]
    after_delivery: float


CATEGORIES = MappingProxyType({
    "apparel": Category(12_900, 0.5, 420, (0.45, 0.70), 0.70),  # 60-80 % in live apparel, press 2025 (FIELD 9.3)
    "beauty": Category(8_900, 0.6, 260, (0.12, 0.30), 0.35),  # Compass row 24 %
    "food": Category(4_900, 0.5, 1_500, (0.05, 0.15), 0.35),  # A22: 5-15 %
    "home": Category(5_900, 0.7, 900, (0.10, 0.25), 0.45),
    "jewellery": Category(39_900, 0.9, 90, (0.35, 0.60), 0.60),  # B35: live returns 30-50 %
})  # fmt: skip


class Package(NamedTuple):
    """A brushing package as sold (FIELD 3, A40-A42); `yuan` is what it costs."""

    views: int
    likes: int
    shares: int
    comments: int
    yuan: float


PACKAGES = MappingProxyType({
    "P30": Package(100_000, 1_288, 0, 88, 30),
    "P38": Package(8_888, 188, 50, 10, 38),
    "P388": Package(88_888, 1_588, 500, 60, 388),
})  # fmt: skip
SINGLES = MappingProxyType({
    "views": (8_888,), "likes": (188, 1_288, 1_588), "shares": (50, 500), "comments": (10, 60), "real_comments": (88,),
})  # fmt: skip
"""Single items as they stand in the packages, each also sold alone (FIELD 3, A43)."""
RAMP = (500, 800, 1_200, 2_000)  # steps to escape checks, from broadcast to broadcast (FIELD A30)
DELIVERY_MINUTES = MappingProxyType({"2h": 120.0, "20min": 20.0, "by_minute": 45.0})
"""How long a delivery takes: "finish inside 2 h" or "pay per minute" (FIELD A48); 20 and 45 minutes are judgement."""


class Price(NamedTuple):
    """A unit price of the brushing market: `yuan` for `per` units."""

    yuan: float
    per: float
    source: str

    def of(self, amount: float) -> float:
        """Yuan for an amount."""
        return self.yuan * amount / self.per


PRICES = MappingProxyType({
    "fans_kuaishou": Price(8, 100, "FIELD 3, A44"),
    "fans_douyin": Price(15, 100, "FIELD 3, A44"),
    "fans_half_bot": Price(25, 100, "FIELD 3, A28"),
    "fans_real": Price(60, 100, "FIELD 3, A28"),
    "bot_viewers": Price(25, 100, "FIELD 3, A37"),
    "human_hours": Price(10, 1, "FIELD 3, A37: one viewer for an hour, 19:00-21:00 by appointment"),
    "orders": Price(12, 1, "FIELD 3, A29: at least"),
    "suite_month": Price(688, 30, "FIELD 3, A34: comments, likes, follows, orders; per evening of a month"),
    "likes_forum": Price(0.1, 10_000, "FIELD 3, A01: a forum title of 2022"),
    "likes": Price(5, 30_000, "FIELD 3, press"),
    "one_stop": Price(100, 1, "FIELD 3, press: 一条龙, one broadcast"),
    "talkers_3h": Price(90, 500, "FIELD 3, press 2021-01: 500 accounts talking for three hours"),
    "room_session": Price(40, 1, "FIELD 3, case P1: 包场, one session of scripted comments"),
    "room_day": Price(80, 1, "FIELD 3, case P1: scripted comments for a day"),
    "phone_days": Price(6.65, 1, "FIELD 3, case P2: one phone of a farm for a day"),
    "views": Price(38, 8_888, "judgement: at most the whole package P38"),
    "shares": Price(38, 500, "judgement: a tenth of package P388 for its 500 shares"),
    "senior_comments": Price(0.6, 1, "judgement: 高级评论, about a tenth of package P388 for its 60"),
    "intents": Price(688, 30 * 200, "judgement: the suite of A34 at 200 presses of 去买 an evening"),
})  # fmt: skip
"""What is paid for one thing or the other; every attack books its cost at these prices."""
