"""Promises on air: which words are one, and what became of them (K55, K57; the traps of B29)."""

import pytest

from zhenbo.act.guarantee.fulfil import Bought, Trade, Win, kept
from zhenbo.act.guarantee.onair import conformity, heard
from zhenbo.core.claim import Chat, Line, Promise

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("姐妹们假一赔十，48小时内发货", [("multiple", 10), ("ship_hours", 48)]),
        ("前一百名半价", [("half_price", 100)]),
        ("7天内降价退差价", [("difference", 7)]),
        ("如果买贵了，退差价", [("difference", None)]),
        ("抽奖抽10台手机送给大家", [("lottery", 10)]),
        ("拍下就送面膜", [("gift", None)]),
        ("first 50 orders half price", [("half_price", 50)]),
        ("我们不退差价", []),
        ("有没有半价？", []),
        ("前50单半价吗", []),
        ("别人家前100单半价", []),
        ("上次抽奖抽了5台手机送出去", []),
        ("如果破万就抽奖抽10台手机送大家", []),
        ("要是下单过万我就假一赔百", []),
        ("如果是假的，假一赔十", [("multiple", 10)]),
        ("we do not refund the difference", []),
        ("拍一号链接，买两件更划算", []),
        ("价格差不多，不用等", []),
    ],
)
def test_plain_offers_are_heard_and_nothing_else(text, found):
    """Denied, asked, conditional, of others or of another day: owed by nobody."""
    assert [(p.kind, p.number) for p in heard([Line(0, "s1", text)])] == found


def test_a_ceiling_said_in_the_same_breath_is_part_of_the_promise():
    """假一赔十 up to 500 yuan is not 假一赔十; a ceiling of something else is none of it."""
    lines = (
        "假一赔十，最高500元",
        "假一赔十最多赔付500",
        "假一赔十，500块封顶",
        "假一赔十。满减最高500元",
        "假一赔十，七天无理由",
    )
    assert [[p.most for p in heard([Line(0, "s1", text)]) if p.kind == "multiple"] for text in lines] == [[50_000]] * 3 + [[None]] * 2  # fmt: skip


def test_a_promise_said_again_is_the_same():
    """A host repeats the offer all evening; it is one obligation."""
    lines = [Line(n * MINUTE, "s1", "前50单半价") for n in range(20)]
    assert len(list(heard(lines))) == 1


def bought(name, at, *, amount=5_000, shipped=HOUR, **more):
    """A paid order of product p1 in broadcast s1."""
    gone = {"shipped_at": None if shipped is None else at + shipped}
    return Bought(name, "s1", f"b-{name}", "p1", amount, at, at, **{**gone, **more})


def test_half_price_winners_called_off_are_broken():
    """Trap 2: the winner's order is called abnormal; a buyer who cancels is none; the fourth of three is not owed it."""
    said = Promise("p", "half_price", "host", number=3, at=0, session="s1")
    orders = [
        bought("won", MINUTE), bought("refused", 2 * MINUTE, shipped=None, cancelled_at=HOUR, cancelled_by="seller"),
        bought("left", 3 * MINUTE, shipped=None, cancelled_at=HOUR, cancelled_by="buyer"), bought("fourth", 4 * MINUTE, amount=9_900),
    ]  # fmt: skip
    found = kept([said], Trade(orders, list_price={"p1": 10_000}, now=30 * DAY))[0]
    assert (found.owed, found.kept, found.released, [(b.ref, b.amount) for b in found.broken]) == (3, 1, 1, [("refused", 5_000)])  # fmt: skip


def test_the_difference_is_owed_until_paid():
    """Trap 3: cheaper within seven days, not paid back a week later; paid back, it is kept; before that it is open."""
    said = Promise("p", "difference", "host", number=7, at=0, session="s1")
    orders = [bought("dear", MINUTE, amount=8_000), bought("paid", 2 * MINUTE, amount=8_000, refunded=1_000), bought("cheap", 2 * DAY, amount=7_000)]  # fmt: skip
    early, late = (kept([said], Trade(orders, now=now))[0] for now in (3 * DAY, 12 * DAY))
    assert (early.open, early.kept, early.broken) == (1, 1, ())
    assert [(b.ref, b.amount) for b in late.broken] == [("dear", 1_000)]


def test_prizes_that_nobody_wrote_down_are_open():
    """Trap 1: a winner without a parcel is broken; without any record of prizes or winners nothing is."""
    said = Promise("p", "lottery", "host", number=3, at=0, session="s1")
    wins = [Win("s1", "b-lucky", MINUTE), Win("s1", "b-waiting", MINUTE)]
    prize = Bought("z", "s1", "b-lucky", None, 0, HOUR, HOUR, 2 * HOUR, sample=True)
    found = kept([said], Trade([prize], wins, now=30 * DAY))[0]
    assert (found.kept, found.open, [b.ref for b in found.broken]) == (1, 1, ["b-waiting"])
    blind = kept([said], Trade([], wins, now=30 * DAY))[0]
    assert (blind.open, blind.broken) == (3, ())


def test_a_parcel_late_by_a_minute_is_broken_and_one_in_time_is_kept():
    """48 hours to ship run from payment."""
    said = Promise("p", "ship_hours", "host", number=48, at=0, session="s1")
    orders = [
        bought("kept", MINUTE, shipped=48 * HOUR),
        bought("late", 2 * MINUTE, shipped=48 * HOUR + MINUTE),
    ]
    found = kept([said], Trade(orders, now=9 * DAY))[0]
    assert (found.kept, [b.ref for b in found.broken]) == (1, ["late"])


def test_customer_service_is_set_beside_the_broadcast():
    """Both quotes of a contradiction; who was answered by nobody, by a robot only, and how fast by a person."""
    said = Promise("p", "difference", "host", text="买贵了退差价", at=0, session="s1")
    chats = [
        Chat(HOUR, "b1", "buyer", "退差价"), Chat(HOUR + 1, "b1", "robot", "请稍等"), Chat(3 * HOUR, "b1", "seller", "我们不支持退差价"),
        Chat(HOUR, "b2", "buyer", "在吗"), Chat(HOUR + 1, "b2", "robot", "请稍等"), Chat(HOUR, "b3", "buyer", "人呢"),
    ]  # fmt: skip
    found = conformity([said], chats)
    assert [(c.promise.text, c.chat.text) for c in found.contradictions] == [
        ("买贵了退差价", "我们不支持退差价")
    ]
    assert (found.unanswered, found.robot_only, found.first_answer) == (("b3",), ("b2",), {"b1": 2 * HOUR})


def test_words_before_the_promise_deny_nothing():
    """What was said before a promise was made does not take it back."""
    said = Promise("p", "difference", "host", at=5 * HOUR, session="s1")
    assert not conformity([said], [Chat(HOUR, "b", "seller", "不支持退差价")]).contradictions
