"""Orders made for show, as their organisers make them today: recruited hands, gifts, parts, pledges, rivals and rings.

Written afresh from the cases (FIELD P4-P6, G1-G3) and the practices A15-A18, A29, A50, B33, with what the trade tells of
itself: an organiser is paid by a merchant or by a host's side, hands the money on through agents, and each agent has
people who order from their own phones for their own homes. How careful each is, is drawn; shares and sizes are
judgement, since nobody publishes labelled orders (METHODS 1.12).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.crowd import Crowd, Ints
from zhenbo.worlds.show import SECOND
from zhenbo.worlds.stalls import KEPT, OPENERS, SHELF, THING, Batch, Fate, Stall, sell
from zhenbo.worlds.trade import browse

GOOD = (
    "质量真的没话说",
    "比图片还好看",
    "做工很细致",
    "性价比很高",
    "包装也很用心",
    "和主播讲的一模一样",
    "没有任何异味",
    "尺寸刚刚好",
    "客服态度也好",
    "物流特别快",
)
CLOSERS = (
    "，值得入手",
    "，下次还会来",
    "，推荐给大家",
    "，五星好评",
    "，已经安利给同事",
    "，回购无疑",
    "，放心买",
    "，给商家点赞",
    "",
)
SYNONYMS = (
    ("质量", "品质"),
    ("很", "非常"),
    ("好看", "漂亮"),
    ("推荐", "安利"),
    ("特别", "超级"),
    ("值得", "可以"),
    ("物流", "快递"),
)
ASKED = (
    "这个怎么用",
    "有现货吗",
    "今天能发吗",
    "适合什么人",
    "包邮吗",
    "保质期多久",
    "和上次那款一样吗",
    "尺寸多大",
    "有赠品吗",
    "质量怎么样",
)
SLIPS = ("货款", "活动返现", "劳务费", "代付款", "往来款", "工资", "晒图奖励")
BLAMED = ("假货", "质量太差", "和描述不符", "有异味", "差评，避雷", "收到是坏的")


@dataclass
class Organiser:
    """Somebody who has orders made: a list of people, the agents who pay them, and a habit.

    Args:
        number: crowd number of the organiser, whose account pays.
        hands: people of the list.
        agents: crowd numbers of agents.
        agent_of: which agent each of the people belongs to, by place.
        careful: whether orders follow the hours of honest ones and baskets vary.
        served: how often each was called, by place.
    """

    number: int
    hands: Ints
    agents: Ints
    agent_of: Ints
    careful: bool
    served: Ints

    def call(self, rng: np.random.Generator, n: int) -> Ints:
        """Places of `n` people, those rested longest first; nobody twice unless the list is short."""
        places: list[Ints] = []
        left = n
        while left > 0:
            turn = np.argsort(self.served + rng.random(len(self.hands)) * 3.0)[:left]
            self.served[turn] += 1
            places.append(turn)
            left -= len(turn)
        return np.concatenate(places) if places else np.empty(0, dtype=np.int64)


def organiser(
    crowd: Crowd, rng: np.random.Generator, now: int, hands: int, agents: int, *, careful: bool
) -> Organiser:
    """An organiser with a list of real people: old accounts, homes all over the country, a few couples among them."""
    who = crowd.ordinary(rng, hands, now, 0.15, 0.0)
    heads = crowd.ordinary(rng, agents + 1, now, 0.0, 0.0)
    crowd.set_trait("pay", heads, crowd.fresh(agents + 1))
    return Organiser(
        int(heads[0]), who, heads[1:], rng.integers(agents, size=hands), careful, np.zeros(hands, dtype=np.int64)
    )  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One scheme on one stall.

    Args:
        to: the stall.
        by: who organises it.
        n: orders wanted.
        side: one of `ledger.SIDES`.
        scheme: name of the scheme.
        payer: crowd number of who pays for it all.
        settled: microsecond at which fee and commission are settled.
    """

    to: Stall
    by: Organiser
    n: int
    side: str
    scheme: str
    payer: int
    settled: int

    @property
    def rng(self) -> np.random.Generator:
        """Stream of chance of the stall."""
        return self.to.rng


def moments(task: Task, n: int, last: float = 1.0) -> Ints:
    """When orders are placed: at the hours of honest ones, or from a desk in shifts, in the last part of the time.

    Args:
        task: the scheme.
        n: how many.
        last: part of the stall's time, from its end.
    """
    to, rng = task.to, task.rng
    since = to.end - int((to.end - to.start) * last)
    known = np.concatenate(to.when) if to.when else np.empty(0, dtype=np.int64)
    known = known[(known >= since) & (known <= to.end)]
    if task.by.careful and len(known):
        jitter = (rng.normal(0, 4 if to.live else 25, n) * MINUTE).astype(np.int64)
        at = rng.choice(known, n) + jitter
    elif to.live:
        at = since + (rng.random(n) * (to.end - since)).astype(np.int64)
    else:
        day = since // DAY * DAY - 8 * HOUR + rng.integers(0, max(1, (to.end - since) // DAY), n) * DAY
        desk = rng.choice([9.5, 14.0, 19.5], n, p=[0.3, 0.4, 0.3])
        at = day + ((desk + rng.uniform(0, 2.5, n)) * HOUR).astype(np.int64)
    return np.asarray(np.sort(np.clip(at, to.start + MINUTE, to.end - MINUTE)), dtype=np.int64)


def basket(task: Task, n: int) -> Ints:
    """Which goods: a merchant's own few links, or the whole shelf for a host; the careful vary as honest buyers do."""
    to, rng = task.to, task.rng
    mine = np.arange(SHELF)
    if task.side == "merchant":
        mine = np.flatnonzero(np.array(to.owners) == max(to.owners))
    weight = to.popular[mine] + 0.02 if task.by.careful else rng.dirichlet(np.full(len(mine), 0.3)) + 1e-6
    return np.asarray(mine[rng.choice(len(mine), n, p=weight / weight.sum())])


def praise(rng: np.random.Generator, n: int) -> list[str]:
    """A script of a dozen lines, each changed a little by whoever copies it."""
    script = [
        f"{OPENERS[a]}，{GOOD[b]}，{THING[c]}满意{CLOSERS[d]}"
        for a, b, c, d in zip(
            *(rng.integers(len(bank), size=12).tolist() for bank in (OPENERS, GOOD, THING, CLOSERS)),
            strict=True,
        )
    ]
    lines = [script[i] for i in rng.integers(len(script), size=n).tolist()]
    for i in range(n):
        for one, other in SYNONYMS:
            if rng.random() < 0.35:
                lines[i] = lines[i].replace(one, other)
        if rng.random() < 0.3:
            lines[i] = lines[i].replace("，", ["！", " ", "。"][int(rng.integers(3))], 1)
    return lines


def attend(task: Task, buyer: Ints, at: Ints, manner: str) -> None:
    """In a broadcast the buyers come, look and perhaps ask as the task sheet says; a shop's month has no room."""
    show, rng = task.to.show, task.rng
    if show is None or manner == "none" or not len(buyer):
        return
    who, first = np.unique(buyer, return_index=True)
    order = at[first]
    wait = rng.lognormal(np.log(4 if manner == "sheet" else 0.8), 0.5, len(who)) * MINUTE
    since = np.maximum(order - wait.astype(np.int64), show.plan.start)
    source = "搜索" if rng.random() < 0.5 else "推荐feed"
    show.visit(who, since, order + rng.integers(10, 400, len(who)) * SECOND, show.words.code(source))
    browse(show, rng, who, order)
    if manner == "sheet":
        asks = rng.random(len(who)) < 0.35
        words = show.words.codes(list(ASKED))[rng.integers(len(ASKED), size=int(asks.sum()))]
        when = (since + 0.6 * (order - since)).astype(np.int64)[asks]
        show.put("comment", when, actor=who[asks], text=words)


def place(
    task: Task, batch: Batch, fate: Fate, *, manner: str, what: str = "brushed", reviewed: str = "praise"
) -> Ints:
    """Put the orders of a scheme into the books; returns their numbers."""
    to, rng, n = task.to, task.rng, len(batch.buyer)
    lines = {
        "praise": lambda: praise(rng, n),
        "blame": lambda: [BLAMED[i] for i in rng.integers(len(BLAMED), size=n).tolist()],
    }
    text = to.ledger.words.codes(lines[reviewed]()) if reviewed in lines else None
    attend(task, batch.buyer, batch.at, manner)
    number = sell(to, batch, fate, what=what, side=task.side, scheme=task.scheme, praise=text)
    known = to.groups.get(task.scheme, np.empty(0, dtype=np.int64))
    to.groups[task.scheme] = np.union1d(known, batch.buyer)
    first = int(batch.at.min())
    to.began = first if to.began is None else min(to.began, first)
    if what != "abuse":
        to.cost += round(100 * PRICES["orders"].of(n) * float(rng.uniform(1.0, 1.6)))
    return number


def reimburse(task: Task, places: Ints, batch: Batch, amount: Ints) -> None:
    """The platform sees some of the money that goes round: payer to organiser, agent to people, by whatever name."""
    rng, ledger, by = task.rng, task.to.ledger, task.by
    if task.to.view or rng.random() < 0.4:
        return
    seen = rng.random(len(places)) < rng.uniform(0.3, 0.9)
    first = int(batch.at.min()) - int(rng.integers(1, 4)) * DAY
    remark = SLIPS[int(rng.integers(len(SLIPS)))]
    ledger.pay(
        "compensation",
        first,
        task.payer,
        by.number,
        int(amount.sum() * 1.08),
        host=task.to.host,
        remark="推广服务费",
    )
    ahead = rng.random() < 0.5
    for i in np.flatnonzero(seen).tolist():
        gap = int(rng.uniform(0.1, 8) * HOUR) if ahead else -int(rng.uniform(0.5, 6) * DAY)
        agent = int(by.agents[by.agent_of[places[i]]])
        paid = int(amount[i]) + 100 * int(rng.integers(5, 16))
        ledger.pay(
            "compensation",
            int(batch.at[i]) - gap,
            agent,
            int(batch.buyer[i]),
            paid,
            host=task.to.host,
            remark=remark,
        )


def _recruited(task: Task, fate: Fate, *, agents_pay: bool = False, reviewed: str = "praise") -> None:
    """People of the organiser's list order once each, to their own homes; they pay themselves, or their agents do."""
    by, n = task.by, task.n
    places = by.call(task.rng, n)
    buyer, at, item = by.hands[places], moments(task, n), basket(task, n)
    qty = np.minimum(task.rng.geometric(0.9, n), 3)
    batch = Batch(buyer, at, item=item, qty=qty)
    if agents_pay:
        batch = replace(batch, payer=task.to.ledger.crowd.trait("pay")[by.agents[by.agent_of[places]]])
    place(task, batch, fate, manner="sheet", reviewed=reviewed)
    if not agents_pay:
        reimburse(task, places, batch, task.to.prices[item] * qty)


def hands(task: Task) -> None:
    """刷手: varied baskets, own accounts and homes, empty parcels that really travel, praise from a script (P4, P5)."""
    grams, spread = int(task.rng.integers(40, 170)), float(task.rng.choice([0.01, 0.08, 0.25]))
    lots = bool(task.rng.random() < 0.5)
    _recruited(
        task,
        replace(
            KEPT,
            grams=grams,
            weight_spread=spread,
            by_units=False,
            lots=lots,
            reviews=float(task.rng.uniform(0.5, 0.9)),
        ),
    )


def gifts(task: Task) -> None:
    """Small presents are shipped instead of the goods 拍A发B; the agents pay for their people."""
    grams = int(task.rng.integers(20, 130))
    fate = replace(
        KEPT, grams=grams, weight_spread=0.04, by_units=False, reviews=float(task.rng.uniform(0.4, 0.9))
    )
    _recruited(task, fate, agents_pay=True)


def parts(task: Task) -> None:
    """The money comes back weeks later, in two or three parts, without any goods: 仅退款 by the seller's own hand."""
    n, rng = task.n, task.rng
    share = (0.6, 0.4) if rng.random() < 0.5 else (0.5, 0.3, 0.2)
    back = task.to.end + ((rng.uniform(8, 18) + rng.uniform(0, 6, n)) * DAY).astype(np.int64)
    fate = replace(KEPT, grams=80, weight_spread=0.1, by_units=False, keeps=1.0, reviews=0.3)
    places = task.by.call(rng, n)
    batch = Batch(task.by.hands[places], moments(task, n), item=basket(task, n), back=back, parts=share)
    place(task, batch, fate, manner="sheet")


def spelled(task: Task) -> None:
    """One address book in many spellings: few people, few phones, one town, and every parcel seems to go elsewhere."""
    rng, crowd, n = task.rng, task.to.ledger.crowd, task.n
    k = int(np.clip(n // rng.integers(2, 7), 3, 60))
    who = task.by.hands[task.by.call(rng, k)]
    buyer = rng.permutation(np.resize(who, n))
    phones, nets, pays = (
        crowd.fresh(max(2, k // 2)),
        crowd.fresh(max(1, k // 8)),
        crowd.fresh(int(rng.integers(2, 5))),
    )
    batch = Batch(
        buyer, moments(task, n), item=basket(task, n), home=crowd.fresh(n), region=np.full(n, int(rng.integers(20))),
        phone=phones[buyer % len(phones)], network=nets[buyer % len(nets)], payer=pays[buyer % len(pays)],
    )  # fmt: skip
    place(
        task, batch, replace(KEPT, grams=100, weight_spread=0.05, by_units=False, reviews=0.6), manner="short"
    )


def echo(task: Task) -> None:
    """Ordered today, most of it refunded tomorrow (A16): at somebody's desk, before anything is shipped."""
    rng, n = task.rng, task.n
    at = moments(task, n)
    morning = (at + 8 * HOUR) // DAY * DAY - 8 * HOUR + DAY
    back = morning + (rng.normal(13, 2.5, n).clip(8.5, 22) * HOUR).astype(np.int64)
    back = np.where(rng.random(n) < rng.uniform(0.7, 0.96), back, np.iinfo(np.int64).max)
    places = task.by.call(rng, n)
    batch = Batch(task.by.hands[places], at, item=basket(task, n), back=back)
    place(task, batch, replace(KEPT, shipped=0.15, grams=90, reviews=0.0), manner="short")


def reserved(task: Task) -> None:
    """Reserved all evening and never paid, from four addresses, a quarter by one of the team (G1)."""
    rng, crowd, n = task.rng, task.to.ledger.crowd, task.n
    k = max(3, n // 11)
    who = task.by.hands[task.by.call(rng, k)]
    homes = crowd.fresh(4)
    buyer = rng.permutation(
        np.concatenate([np.full(n - round(n * 0.76), who[0]), np.resize(who[1:], round(n * 0.76))])
    )
    batch = Batch(buyer, moments(task, n), item=basket(task, n), home=homes[buyer % 4])
    place(task, batch, replace(KEPT, unpaid=1.0), manner="short")


def overnight(task: Task) -> None:
    """A handful of accounts order by the dozen and take it all back that night (G2)."""
    rng, n = task.rng, task.n
    who = task.by.hands[task.by.call(rng, int(rng.integers(2, 6)))]
    at = moments(task, n, 0.3 if task.to.live else 1.0)
    night = (at + 8 * HOUR) // DAY * DAY + 15 * HOUR + HOUR // 2
    back = np.maximum(at + 20 * MINUTE, night) + (rng.uniform(0, 3, n) * HOUR).astype(np.int64)
    batch = Batch(rng.permutation(np.resize(who, n)), at, item=basket(task, n), back=back)
    place(task, batch, replace(KEPT, shipped=0.0), manner="short")


def warehouse(task: Task) -> None:
    """Goods really travel, to a few stores of the host's side, and come back in lots once commission is settled (G3)."""
    rng, crowd, n = task.rng, task.to.ledger.crowd, task.n
    stores = crowd.fresh(int(rng.integers(2, 6)))
    places = task.by.call(rng, n)
    lots = task.settled + rng.integers(1, 4, n) * 3 * DAY + (rng.uniform(1, 6, n) * HOUR).astype(np.int64)
    back = np.where(rng.random(n) < 0.85, lots, np.iinfo(np.int64).max)
    store = rng.integers(len(stores), size=n)
    batch = Batch(
        task.by.hands[places], moments(task, n), item=basket(task, n), home=stores[store], region=np.resize(rng.integers(0, 12, 6), 6)[store],
        back=back,
    )  # fmt: skip
    place(
        task,
        batch,
        replace(task.to.fate, unpaid=0.0, keeps=0.0, partial=0.0, reviews=0.1),
        manner="short",
        reviewed="",
    )


def rank(task: Task) -> None:
    """A merchant lifts one new link by daily orders that grow: cheap, praised, in empty parcels (A51, A53)."""
    rng, to, n = task.rng, task.to, task.n
    mine = np.flatnonzero(np.array(to.owners) == max(to.owners))
    item = int(mine[np.argmin(to.popular[mine])])
    if to.live:
        at = moments(task, n, 0.9)
    else:
        days = min(9, (to.end - to.start) // DAY)
        ramp = np.arange(1, days + 1) ** 1.2
        day = rng.choice(days, n, p=ramp / ramp.sum())
        at = (
            to.start
            + 4 * DAY
            + day * DAY
            + ((rng.choice([10, 15, 20], n) + rng.uniform(0, 2, n)) * HOUR).astype(np.int64)
        )
    places = task.by.call(rng, n)
    batch = Batch(
        task.by.hands[places],
        np.minimum(np.sort(at), to.end - MINUTE),
        item=np.full(n, item),
        qty=np.ones(n, dtype=np.int64),
    )
    place(
        task, batch, replace(KEPT, grams=60, weight_spread=0.02, by_units=False, reviews=0.9), manner="sheet"
    )
    reimburse(task, places, batch, np.full(n, int(to.prices[item])))


def trickle(task: Task) -> None:
    """The dearest service: the hours, baskets, weights, returns and reviews of honest buyers; only the people recur."""
    _recruited(task, replace(task.to.fate, unpaid=0.02), reviewed="")


def reverse(task: Task) -> None:
    """A rival has an honest shop brushed, badly, to have it punished: a burst of young accounts, refunds, ill words."""
    rng, to, n = task.rng, task.to, task.n
    crowd = to.ledger.crowd
    who = crowd.ordinary(rng, max(4, n // 3), to.start, 0.9, 0.0)
    nets = crowd.fresh(3)
    crowd.set_trait("ip", who, nets[np.arange(len(who)) % 3])
    at = int(to.start + rng.uniform(0.2, 0.7) * (to.end - to.start))
    when = np.sort(at + (rng.uniform(0, 1.5, n) * HOUR).astype(np.int64)).clip(max=to.end - MINUTE)
    back = np.where(
        rng.random(n) < 0.8, when + (rng.uniform(1.5, 4, n) * DAY).astype(np.int64), np.iinfo(np.int64).max
    )
    batch = Batch(
        rng.permutation(np.resize(who, n)), when, item=np.full(n, int(rng.integers(SHELF))), back=back
    )
    fate = replace(to.fate, unpaid=0.3, reviews=0.7, keeps=0.2)
    place(task, batch, fate, manner="short", what="reverse", reviewed="blame")


def ring(task: Task) -> None:
    """Malicious returners 恶意退货: real goods are ordered and kept, the money is claimed back two days after delivery."""
    rng, n = task.rng, task.n
    k = max(3, n // int(rng.integers(2, 5)))
    who = task.by.hands[task.by.call(rng, k)]
    at = moments(task, n)
    back = at + ((rng.normal(6.5, 1.2, n).clip(4, 11)) * DAY).astype(np.int64)
    dear = np.argsort(task.to.prices)[-4:]
    batch = Batch(rng.permutation(np.resize(who, n)), at, item=rng.choice(dear, n), back=back, cause="abuse")
    fate = replace(task.to.fate, unpaid=0.0, keeps=0.85, reviews=0.5, travel_days=2.4, ship_hours=12.0)
    place(task, batch, fate, manner="short", what="abuse", reviewed="blame")


SCHEMES: Mapping[str, tuple[Callable[[Task], None], str]] = MappingProxyType({
    "hands": (hands, "merchant"), "gifts": (gifts, "merchant"), "parts": (parts, "host"), "spelled": (spelled, "host"),
    "echo": (echo, "host"), "reserved": (reserved, "host"), "overnight": (overnight, "host"), "warehouse": (warehouse, "host"),
    "rank": (rank, "merchant"), "trickle": (trickle, "merchant"), "reverse": (reverse, "rival"), "ring": (ring, "ring"),
})  # fmt: skip
"""Schemes by name, with the side that has them made; the pledge needs a contract and stands with the contracts."""
