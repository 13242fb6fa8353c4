"""Selling remarks as a language model rents them out: one sentence for every order, hardly two alike.

A small grammar of Chinese praise: a frame (opener, person, time, worry, claim, proof, feeling, call) is drawn, its
places are filled with words that fit the goods, and the result is roughened with particles, emoji, dropped commas and
the slips of people who type with one thumb. All sentences are invented; none is taken from a recording.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

OPEN = (
    "姐妹们", "家人们", "说真的", "讲真", "老实说", "实话实说", "不吹不黑", "作为老粉", "亲测", "悄悄说一句", "我来说两句", "路过说一声", "真心话",
    "别问", "憋不住了", "客观讲", "我先说", "新来的姐妹", "不是托", "忍不住夸一下", "说句公道话", "怎么说呢", "本人挑剔", "过来人",
    "纠结的姐妹", "刚刷到的宝子", "犹豫的", "反正", "就冲这个价", "听我一句", "上个月跟风", "我这人不爱说话但", "插一句", "替大家试过了", "同款已入",
)  # fmt: skip
PERSON = (
    "我", "我妈", "我婆婆", "我闺蜜", "我对象", "我老公", "我姐", "我表妹", "我室友", "我嫂子", "我同事", "我们办公室", "我家那位", "我小姨", "我邻居",
    "我们宿舍", "我妹", "孩子他爸", "我阿姨", "我大学同学", "我奶奶", "我弟媳", "我舅妈", "我徒弟", "对门大姐", "我发小",
)  # fmt: skip
WHEN = (
    "上个月拍的", "双十一囤的", "昨天刚到", "前天收到", "用了半个月", "用到第三周了", "入手一年多", "去年这时候下的单", "上周跟着拍的", "春节前买的",
    "刚拆开", "第二次买", "第三回了", "已经是回头客", "生日那天收到", "出差都带着", "从去年用到现在", "开学前买的", "试了三天", "断断续续用了两个月",
    "今早才签收", "周末刚试", "五一那场抢的", "上次活动拍的", "半年前种草的", "端午前后拿的",
)  # fmt: skip
PROOF = (
    "同事追着要链接", "又补了两份", "回购到第四次了", "亲戚家一人一份", "旧的都送人了", "隔壁办公室都来问", "朋友圈发了一圈人问", "连我妈都夸",
    "一分钱一分货这次是超值", "比商场试的那款还好", "对比过三家才敢说", "拿去给懂行的看也说行", "评论区我也写了", "上次没囤够后悔了", "给娘家也寄了一份",
    "拍了照发群里都说像大牌", "客服还主动问了使用感受", "退换都没用上", "从没踩过雷", "连包装盒都舍不得扔", "送领导都拿得出手", "群里团了八份", "我姐直接拿走了",
    "我自己验过货", "直接闭眼跟", "买贵的反而没这个好", "这不又来蹲补货", "我们单位团购了", "老公都说终于买对一回", "已经推给好几个人", "发货也没拖",
    "寄到新疆都没坏", "比预想的大方", "附的说明也清楚", "售后加我微信都没推销", "这家店我收藏了", "每次开播我都在",
)  # fmt: skip
FEEL = (
    "真的爱了", "太值了", "一点不后悔", "挺惊喜的", "放心多了", "安心", "心里踏实", "满意", "没白等", "开心", "感觉赚到了", "服气", "省心", "有被惊艳到",
    "超预期", "无可挑剔", "很感动", "终于找对了", "这钱花得值", "相见恨晚", "越用越喜欢", "不枉我蹲了这么久", "很良心", "可以的",
)  # fmt: skip
CALL = (
    "放心拍", "冲就完事了", "别犹豫", "错过又要等", "有需要的赶紧", "手慢真没有", "可以直接拍两份", "拍就对了", "先拍了再说", "不合适退就是了", "库存看着在掉",
    "价格不会更低了", "跟我一起囤", "今天这个价必须拿下", "赶紧的", "等什么呢", "值得试试", "第一次买的可以拿小份", "信我一回", "不买亏", "闭眼拿",
)  # fmt: skip
HOST = (
    "主播讲得很细", "主播没夸张", "这主播说话我信", "主播选品有一套", "主播一直这么实在", "主播不催单我喜欢", "跟主播三年了", "主播自己也在用吧", "主播家的东西稳",
)  # fmt: skip
PLACE = ("商场", "专柜", "超市", "实体店", "楼下店里", "别家直播间", "代购", "官网", "我们这边", "批发市场")
SURE = (
    "",
    "",
    "",
    "",
    "",
    "真的",
    "确实",
    "居然",
    "其实",
    "就是",
    "反正",
    "果然",
    "一直",
    "我觉得",
    "说实话",
    "是真的",
    "完全",
)
END = ("", "", "", "", "", "！", "～", "。", "啊", "呀", "哈", "呢", "！！", "哈哈", "…", "哦")
EMOJI = (
    "👍",
    "❤️",
    "😍",
    "🔥",
    "😂",
    "🥰",
    "💯",
    "[赞]",
    "[玫瑰]",
    "[爱心]",
    "[比心]",
    "✨",
    "😭",
    "🤗",
    "👏",
)

CLAIMS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "apparel": (
        "版型很正", "显瘦不挑人", "面料摸着厚实", "洗了三水没变形", "不起球", "颜色比镜头里高级", "腰线收得好", "梨形身材也能穿", "走线很工整", "上身显白",
        "蹲下也不紧", "裤长刚刚好", "透气不闷汗", "一百三十斤穿着也不勒", "肩膀不垮", "内衬都是软的", "垂感绝了", "穿一天不皱", "配什么都行", "尺码标得准",
    ),
    "beauty": (
        "皮肤细了一圈", "不搓泥", "敏感肌没泛红", "上脸不卡粉", "一瓶能用仨月", "毛孔干净了", "熬夜脸救回来了", "暗沉淡了", "不油也不干", "味道淡淡的",
        "吸收特别快", "下午也没脱妆", "痘印浅了不少", "嘴巴不起皮了", "换季没再过敏", "保湿撑到晚上", "闭口少了", "按压头很好用", "卸得干净不辣眼", "防晒不假白",
    ),
    "food": (
        "味道很正", "不甜不腻", "孩子抢着吃", "个头都匀", "冷链到家还冻着", "肉质紧实", "没有坏果", "老人也嚼得动", "拆开就是香味", "配料表干净",
        "吃完不口渴", "一箱没几天就见底", "蒸出来满屋香", "熬粥特别稠", "早上来一袋顶饱", "皮薄汁多", "日期很新鲜", "比本地的甜", "没有怪味", "泡开很香",
    ),
    "home": (
        "锅底真不粘", "收纳省了半个柜子", "静音不吵觉", "拖完地不留水印", "螺丝都配齐了", "装起来十分钟", "擦一下就干净", "没有塑料味", "厚度够扎实", "吸水快",
        "床单不缩水", "洗完蓬松", "晚上开着睡得好", "小户型正合适", "手感沉甸甸的", "盖子密封好", "轮子很顺", "猫抓都没事", "充一次用一周", "边角打磨得圆",
    ),
    "jewellery": (
        "色泽很润", "证书都齐", "克数足", "戴着不掉色", "光打上去特别闪", "扣子结实", "做工看不出毛刺", "洗澡没摘也没事", "比图上大气", "送长辈很体面",
        "圈口量得准", "链子不夹头发", "珠子圆度好", "没有瑕疵", "盒子也高级", "鉴定过没问题", "贴肤不过敏", "水头足", "上手显白", "刻字很清楚",
    ),
})  # fmt: skip
WORRIES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "apparel": ("怕色差", "怕起球", "怕买大了", "怕太透", "怕显胖", "怕料子硬", "怕掉色"),
    "beauty": ("怕过敏", "怕闷痘", "怕买到假的", "怕太油", "怕又是智商税", "怕味道冲", "怕用着干"),
    "food": ("怕不新鲜", "怕路上压坏", "怕太甜", "怕分量少", "怕全是冰", "怕有添加", "怕孩子不吃"),
    "home": ("怕不好装", "怕质量", "怕有味", "怕噪音大", "怕太薄", "怕用两天就坏", "怕尺寸不合"),
    "jewellery": ("怕是镀的", "怕掉色", "怕没证书", "怕太小气", "怕货不对板", "怕是照骗", "怕不保值"),
})  # fmt: skip

_FRAMES = (
    "{claim}", "{open}，{claim}", "{claim}，{feel}", "{claim}，{proof}", "{when}，{claim}", "{when}，{claim}，{feel}", "{person}{when}，{claim}",
    "{person}{when}，{proof}", "{open}，{person}{when}，{claim}", "{open}{claim}，{call}", "本来{worry}，结果{claim}", "一开始{worry}，{when}发现{claim}",
    "之前{worry}没敢买，{person}说{claim}", "{person}{when}，现在{proof}", "{claim}，{claim2}，{feel}", "{claim}而且{claim2}", "比{place}的强，{claim}",
    "{place}卖得贵多了，{proof}", "{place}问过价，还是这里合适，{call}", "{host}，{claim}", "{host}，{when}，{feel}", "{proof}，{feel}", "{proof}，{call}",
    "{open}，{proof}", "{feel}，{claim}", "{person}说{claim}，{proof}", "{when}，{claim}，{claim2}，{proof}", "给{person}拿的，{claim}",
    "{worry}的可以放心，{claim}", "有{worry}的吗，我{when}，{claim}", "{open}，{worry}的别怕，{claim}，{call}", "{person}也在用，{claim}", "{call}，{claim}",
    "又来了，{when}，{claim}", "{when}{feel}", "{open}，{when}，{claim}，{proof}，{feel}",
)  # fmt: skip
_SLIPS = (
    ("真的", "真滴"), ("没有", "木有"), ("非常", "灰常"), ("特别", "特憋"), ("的", "得"), ("得", "的"), ("再", "在"), ("已经", "已經"), ("不知道", "不造"),
    ("这个", "这个个"), ("喜欢", "稀饭"), ("舒服", "舒福"), ("便宜", "便易"), ("好", "号"), ("了", "啦"), ("直接", "直截"), ("感觉", "赶脚"), ("分量", "份量"),
)  # fmt: skip
_PLACES = tuple(
    (re.sub(r"\{\w+\}", "%s", frame), tuple(re.findall(r"\{(\w+)\}", frame))) for frame in _FRAMES
)
"""Each frame as a format and the places it fills."""
Texts = npt.NDArray[np.object_]


def paraphrase(rng: np.random.Generator, n: int, category: str = "beauty") -> list[str]:
    """`n` different selling remarks for a category of goods (`anchors.CATEGORIES`).

    Examples:
        >>> lines = paraphrase(np.random.default_rng(1), 5_000, "food")
        >>> len(set(lines))
        5000
    """
    said: dict[str, None] = {}
    while len(said) < n:
        more = n - len(said) + 8
        said.update(dict.fromkeys(_roughened(_filled(rng, more, _words(category)), rng).tolist()))
    return list(said)[:n]


@cache
def _words(category: str) -> dict[str, Texts]:
    """What fills each place for a category."""
    claims = CLAIMS[category]
    banks = {
        "open": OPEN, "person": PERSON, "when": WHEN, "proof": PROOF, "feel": FEEL, "call": CALL, "host": HOST,
        "place": PLACE, "worry": WORRIES[category], "claim": claims, "claim2": claims[::-1],
    }  # fmt: skip
    return {place: np.array(bank, dtype=object) for place, bank in banks.items()}


def _filled(rng: np.random.Generator, n: int, words: Mapping[str, Texts]) -> Texts:
    """Frames with their places filled."""
    frame, sure = rng.integers(len(_PLACES), size=n), np.array(SURE, dtype=object)
    drawn = {place: bank[rng.integers(len(bank), size=n)] for place, bank in words.items()}
    drawn["claim"] = sure[rng.integers(len(sure), size=n)] + drawn["claim"]
    made = np.empty(n, dtype=object)
    for f in np.unique(frame).tolist():
        pattern, places = _PLACES[f]
        rows = np.flatnonzero(frame == f)
        made[rows] = [pattern % row for row in zip(*(drawn[p][rows].tolist() for p in places), strict=True)]
    return made


def _roughened(lines: Texts, rng: np.random.Generator) -> Texts:
    """Sentences as a thumb types them: slips, commas that become spaces or nothing, an ending, perhaps an emoji."""
    n = len(lines)
    for i in np.flatnonzero(rng.random(n) < 0.08).tolist():
        right, wrong = _SLIPS[int(rng.integers(len(_SLIPS)))]
        lines[i] = lines[i].replace(right, wrong, 1)
    comma = rng.random(n)
    for i in np.flatnonzero(comma < 0.45).tolist():
        lines[i] = lines[i].replace("，", " " if comma[i] < 0.3 else "", 1 if comma[i] % 0.02 < 0.01 else -1)
    lines = lines + np.array(END, dtype=object)[rng.integers(len(END), size=n)]
    emoji, happy = np.array(EMOJI, dtype=object)[rng.integers(len(EMOJI), size=n)], rng.random(n)
    lines[happy < 0.12] += emoji[happy < 0.12]
    lines[happy < 0.03] += emoji[happy < 0.03]
    first = happy > 0.97
    lines[first] = emoji[first] + lines[first]
    return lines


def spun(rng: np.random.Generator, lines: Sequence[str], n: int) -> list[str]:
    """`n` lines drawn from a script, each with an ending of its own: the cheapest way to look varied."""
    ends = rng.integers(len(END), size=n).tolist()
    return [lines[i] + END[e] for i, e in zip(rng.integers(len(lines), size=n).tolist(), ends, strict=True)]
