"""Comment crews of case P1's size, 50-300 lines an account, and what they do to a sentence so that it is not found twice."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import SALES, reword

Rewrite = Callable[[str, np.random.Generator], str]
EACH = (50, 300)
"""Comments per account of a crew: 50 on average, 300 at most (FIELD case P1)."""
HOMOPHONES = (
    ("真的", "珍的", "震的"), ("便宜", "扁宜", "便移", "pian宜"), ("质量", "制量", "质亮"), ("主播", "煮播", "主拨"), ("推荐", "推见", "推剑"),
    ("下单", "下丹", "下蛋"), ("喜欢", "稀饭", "喜换"), ("朋友", "盆友", "朋有"), ("效果", "笑果", "效国"), ("放心", "方心", "放芯"),
    ("划算", "华算", "画算"), ("舒服", "书服", "淑服"), ("孩子", "嗨子", "孩纸"), ("妈妈", "麻麻"), ("老公", "老攻"), ("皮肤", "皮夫", "屁肤"),
    ("买", "麦", "埋", "mai"), ("好", "郝", "号"), ("用", "甬", "咏"), ("瘦", "受", "shou"), ("喝", "禾", "he"), ("家", "佳", "嘉"),
    ("快", "筷", "块"), ("没", "莓", "mei"), ("了", "乐", "勒"), ("很", "狠", "hen"), ("送", "颂", "宋"), ("吃", "痴", "chi"),
    ("的", "滴", "地"), ("我", "窝", "偶"), ("是", "四", "素"), ("就", "旧", "酒"), ("这", "介", "zhe"), ("一", "1", "伊"),
)  # fmt: skip
"""What sounds like a word and is written otherwise 谐音: the first of each is the word."""
EMOJI = tuple(
    "😀😁😂🤣😊😍🥰😘😋😎🤩👍👏🙏💪🔥✨🎉💯❤️💕🌹🌟⭐🍀🎁🛒💰👀🙌😭🥳🤗😉😜🐮🌈☀️🍎🍵".replace("\ufe0f", "")
)
FRAMES = (
    "{}真的好用，回购三次了", "给家里买了两份{}，都说好", "{}比商场便宜一半", "刚收到{}，包装特别好", "{}还有吗，上次没抢到", "同事推荐的{}，果然没错",
    "{}颜色比图上好看", "已经拍了{}，坐等发货", "{}用了一个月，效果明显", "我妈天天念叨这个{}", "{}性价比太高了，闭眼入", "囤了五份{}，怕涨价",
    "{}做工很细，没有线头", "之前在别家买的{}根本没法比", "主播家的{}从来没让我失望过", "{}送人有面子", "又来买{}了，老顾客", "{}质量没话说，放心拍",
)  # fmt: skip
PRODUCTS = (
    "面膜", "精华", "口红", "粉底液", "洗面奶", "防晒霜", "眼霜", "卫衣", "连衣裙", "牛仔裤", "羽绒服", "运动鞋", "丝巾", "手串", "项链", "银镯子", "不粘锅",
    "保温杯", "拖把", "四件套", "乳胶枕", "抽纸", "坚果礼盒", "牛肉干", "酸奶", "车厘子", "东北大米", "普洱茶", "蜂蜜", "阿胶糕", "猫粮", "充电宝", "台灯",
    "书包", "空气炸锅", "电动牙刷", "洗衣凝珠", "垃圾袋", "袜子", "睡衣",
)  # fmt: skip


def homophones(line: str, rng: np.random.Generator) -> str:
    """A sentence with half of the words that allow it written as others that sound like them."""
    for word, *others in HOMOPHONES:
        if word in line and rng.random() < 0.5:
            line = line.replace(word, others[int(rng.integers(len(others)))], 1)
    return line


def padded(line: str, rng: np.random.Generator) -> str:
    """A sentence with one to five emoji before, behind and in the middle of it, or its last one repeated."""
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.choice([0, len(line), int(rng.integers(len(line) + 1))]))
        line = line[:at] + EMOJI[int(rng.integers(len(EMOJI)))] + line[at:]
    return line + line[-1] * int(rng.integers(0, 3)) * (rng.random() < 0.3)


def disguised(line: str, rng: np.random.Generator) -> str:
    """Synonyms, homophones and emoji at once."""
    return padded(homophones(reword(line, rng), rng), rng)


def _as_written(line: str, rng: np.random.Generator) -> str:
    del rng
    return line


def crew(
    show: Show, rng: np.random.Generator, dose: float, *,
    jitter: float = 0.0, rewrite: Rewrite = _as_written, products: bool = False, canon: bool = False, fleet: Fleet = ORDINARY,
) -> None:  # fmt: skip
    """Accounts that say 50-300 lines each from one script, at an interval that is the same for all of them.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all comments; a crew is two accounts of fifty lines at least.
        jitter: gaps vary evenly by this share (0.4 = ±40 %).
        rewrite: what is done to every sentence anew.
        products: the script is a few frames into which names of goods are filled.
        canon: all say the script in one order from its first line, each a set time after the one before; else each in an
            order of its own.
        fleet: how the accounts look.
    """
    wanted = needed(show.total("comment"), dose, 2 * EACH[0])
    drawn = EACH[0] + int(rng.beta(1, 2.5) * (EACH[1] - EACH[0]))
    each = min(drawn, max(EACH[0], wanted // 2))
    k = max(2, round(wanted / each))
    counts = np.clip((each * rng.uniform(0.8, 1.2, k)).astype(np.int64), *EACH)
    whole = (show.plan.minutes - 2) * MINUTE
    gap = whole * rng.uniform(0.6, 0.9) / counts.max()
    spare = max(whole - gap * counts.max() * (1 + jitter / 8), 0.0)
    lag = min(float(rng.uniform(2, 40)) * SECOND, 0.8 * spare / k)
    late = rng.random() * (spare - k * lag) + np.arange(k) * lag if canon else rng.random(k) * spare
    begin = show.plan.start + MINUTE + late.astype(np.int64)
    owner = np.repeat(np.arange(k), counts)
    steps = gap * (1 + rng.uniform(-jitter, jitter, len(owner)))
    at = begin[owner] + organic.within(steps, counts).astype(np.int64)
    line = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    script = _script(rng, products=products)
    orders = np.stack([np.arange(len(script)) if canon else rng.permutation(len(script)) for _ in range(k)])
    said = [rewrite(_filled(script[i], rng), rng) for i in orders[owner, line % len(script)].tolist()]
    who = fleet.enlist(show, rng, k)
    acts.come(show, who, begin - 20 * SECOND, np.full(k, show.plan.end - SECOND))
    acts.say(show, who[owner], at, said)
    show.spend(max(PRICES["room_session"].of(1), PRICES["talkers_3h"].of(k)))


def _script(rng: np.random.Generator, *, products: bool) -> Sequence[str]:
    """A few frames with a hole, or 30-56 sentences."""
    if products:
        return [FRAMES[i] for i in rng.permutation(len(FRAMES))[: int(rng.integers(5, 15))].tolist()]
    return [SALES[i] for i in rng.permutation(len(SALES))[: int(rng.integers(30, len(SALES) + 1))].tolist()]


def _filled(line: str, rng: np.random.Generator) -> str:
    """A frame with the name of some product."""
    return line.format(PRODUCTS[int(rng.integers(len(PRODUCTS)))]) if "{}" in line else line


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "crew-fixed": Attack("comments", "A crew of 50-300 lines an account at a fixed interval.", crew),
    "crew-jitter40": Attack("comments", "A crew of 50-300 lines an account, ±40 %, in synonyms.", partial(crew, jitter=0.4, rewrite=reword)),
    "crew-homophones": Attack("comments", "A crew that writes half of its words by sound 谐音, ±40 %.", partial(crew, jitter=0.4, rewrite=homophones)),
    "crew-emoji": Attack("comments", "A crew that pads its script with emoji, ±40 %.", partial(crew, jitter=0.4, rewrite=padded)),
    "crew-products": Attack("comments", "A crew with a few frames and the names of forty products, ±40 %.", partial(crew, jitter=0.4, products=True)),
    "crew-disguised": Attack("comments", "A crew in synonyms, homophones and emoji, ±40 %, from aged accounts of their own.", partial(crew, jitter=0.4, rewrite=disguised, fleet=Fleet(own=True, years=1))),
    "crew-canon": Attack("comments", "A crew that says one script in one order, each account a set time after another.", partial(crew, canon=True, jitter=0.05)),
    "crew-canon-synonyms": Attack("comments", "The same in synonyms, ±40 %.", partial(crew, canon=True, jitter=0.4, rewrite=reword)),
})  # fmt: skip
"""Comment crews by name."""
