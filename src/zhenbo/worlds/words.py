"""Invented chat: what buyers, chanters, platforms and hired tongues write in a Chinese live room.

No sentence is copied from a recording. Honest talk is short and repeats itself (a third of messages repeat
another of the same minute in hyped rooms: Bilibili rooms of May 2019, INPUTS 6.1; median room 10 % of texts of
six characters or more are sent by three users or more: INPUTS 6.2).
"""

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

SHORT = (
    "来了", "1", "666", "哈哈哈", "好看", "多少钱", "想要", "拍了", "已拍", "链接呢", "几号链接", "有货吗", "冲", "哈哈",
    "好的", "可以", "？", "主播好", "晚上好", "支持", "喜欢", "真好看", "抢到了", "没抢到", "没了？", "加库存", "再来点",
    "怎么买", "在哪拍", "第一次来", "又来了", "打卡", "👍", "❤️", "[玫瑰]", "[赞]", "笑死", "学到了", "刚来", "听不清",
    "卡了", "声音小", "下一个", "讲讲三号", "包邮吗", "什么时候发货", "运费险有吗", "好便宜", "有点贵", "再便宜点",
)  # fmt: skip
_WHO = ("我", "我妈", "我家孩子", "我老公", "我闺蜜", "同事", "姐姐", "婆婆", "室友", "我弟", "")
_DO = (
    "想买",
    "上次买过",
    "用着呢",
    "看上了",
    "问问",
    "犹豫",
    "退过一次",
    "收到了",
    "等降价",
    "要两件",
    "不太懂",
    "挺满意",
)
_WHAT = (
    "这个",
    "那款",
    "蓝色的",
    "三号",
    "黑的",
    "小号",
    "大码",
    "那套",
    "刚才那个",
    "礼盒",
    "第一个",
    "白色那件",
)
_END = ("", "呢", "啊", "哈哈", "～", "吧", "，有人知道吗", "，多久到", "，还有吗", "，谢谢", "…", "！")
_SIZE = ("160", "165", "158", "170", "175", "155", "163", "168")
_WEIGHT = ("90斤", "100斤", "110斤", "120斤", "130斤", "98斤", "105斤", "150斤")
_ASK = ("穿什么码", "穿多大", "M能穿吗", "选几码", "要L还是M", "会不会小")
CHANTS = (
    "扣1", "想要蓝色", "主播宠粉", "福袋福袋", "今晚必中", "好物必入", "新年快乐发大财", "关注主播不迷路", "我要上车",
    "国货之光",
)  # fmt: skip
PROMPTED_QUESTIONS = (
    "身高160体重100穿什么码",
    "这个多少钱",
    "有没有优惠券",
    "今天拍什么时候发",
    "可以退吗",
    "敏感肌能用吗",
    "孕妇可以用吗",
    "几月的宝宝能用",
)
RECITALS = (
    "春眠不觉晓，处处闻啼鸟", "白日依山尽，黄河入海流", "老师好", "我们准备好了", "床前明月光，疑是地上霜", "谢谢老师，下次见",
    "锄禾日当午，汗滴禾下土", "一起加油",
)  # fmt: skip
"""What a class or choir posts in one beat (old poems and school phrases)."""
LESSONS = (
    "How much is it?", "Where are you from?", "I would like some tea", "See you tomorrow", "It is raining today",
    "Could you say that again?", "My sister lives in Canada", "おはようございます", "これはいくらですか", "駅はどこですか",
    "Wie geht es Ihnen?", "Ich möchte einen Kaffee", "Je suis étudiant", "Bonne journée", "¿Dónde está la estación?",
)  # fmt: skip
"""Sentences that a language class repeats."""
DUTIES = (
    "欢迎新来的家人，左上角点个关注", "今天全场包邮，偏远地区除外", "拍下后四十八小时内发货", "尺码拿不准的看详情页尺码表", "领券在小黄车最上面",
    "有问题直接打在公屏", "已经拍过的可以刷新看物流", "赠品随单发出，不用备注", "主播正在讲的是二号链接", "下一款预计十分钟后上",
    "未付款的订单十五分钟后关闭", "七天无理由，运费险已开", "请不要在公屏留电话", "会员日积分翻倍", "色差以实物为准", "今晚十点抽免单",
)  # fmt: skip
"""A moderator's script: rules of the house, in order."""
COLLEAGUES = (
    "运营部来了", "给主播加油", "库房说货都备好了", "这款我们自己也在用", "客服在线，随时问", "设计部报到", "包装今天换新的了", "样品我摸过，厚实",
    "加油加油", "今晚目标冲", "灯光好看", "老板也在看",
)  # fmt: skip
"""What the host's own company says, openly."""
NICKS = ("小李", "阿芳", "王姐", "老周", "大刘", "晴晴", "陈妈", "豆豆", "小吴", "张阿姨", "阿强", "梅子")
_WISHES = ("平安", "健康", "顺利", "早日康复", "学业有成", "工作顺心", "吉祥", "安宁", "欢喜", "圆满")
_FOR = ("家人", "父母", "孩子", "奶奶", "外婆", "全家", "朋友", "妹妹", "老师", "众人", "远方的人", "自己")
_SPOKEN = ("愿{a}{b}", "祈愿{a}{b}", "祝{a}{b}{c}", "{a}{b}，{c}", "为{a}祈福，{b}", "{b}{c}，愿{a}好")


SALES = (
    "这个我买过三次了，质量真的没话说", "主播家的东西从来没让我失望过", "朋友推荐来的，果然便宜", "刚收到货，包装特别好，还送了小样",
    "已经回购第四次了，家里人都在用", "比商场便宜一半，赶紧下手", "用了一个月皮肤明显变好了", "物流超快，昨天拍今天就到",
    "老粉来报到，主播推荐的必须买", "给我妈也买了一套，她很喜欢", "这价格太香了，闭眼入", "上次没抢到，这次一定要抢到",
    "客服态度特别好，有问题马上解决", "穿上显瘦，同事都问我哪买的", "味道很正，孩子一口气吃完了", "我对比了好多家，这家最实惠",
    "正品没问题，我验过了", "面料摸着很舒服，洗了也不变形", "囤了五盒，怕涨价", "真的有效果，我瘦了八斤",
    "主播人真实在，不玩套路", "这个颜色实物更好看", "第一次在直播间买就被惊艳到了", "不好用你来找我，放心拍",
    "全家都在喝，睡眠好多了", "比上次活动还便宜十块", "做工很细致，没有线头", "一箱很快就吃完了，又来买",
    "送人特别有面子", "赠品比我想的多", "今天的优惠力度太大了", "跟着主播买准没错",
    "我邻居用了也说好", "老公说这个值得买", "比专柜的还好用", "已经介绍给十几个朋友了",
    "这个品牌我用了很多年", "孩子穿了不过敏", "油皮亲测不闷痘", "尺码标准，按平时的拍就行",
    "发货很快，三号仓直发", "实体店卖两倍的价", "拍两份更划算", "库存不多了，大家抓紧",
    "刚刚又补了一单", "我下了三单送亲戚", "退货也很方便，运费险都有", "看了好几天终于下单了",
    "颜值很高，放桌上好看", "口感软糯，老人也能吃", "泡沫细腻，洗完不紧绷", "锅底厚实，一点不粘",
    "收纳很方便，省地方", "声音很小，晚上用不吵", "吸力很强，猫毛都没了", "弹力大，蹲下也不勒",
    "一天一袋，方便得很", "家里老人腿脚都好了", "保温一整天还是烫的", "主播说的都是真的，我可以作证",
)  # fmt: skip
SYNONYMS = (
    ("特别", "非常", "超级", "真的很", "格外"), ("买", "入", "拍", "下单"), ("便宜", "划算", "实惠", "值"),
    ("喜欢", "满意", "爱", "中意"), ("质量", "品质", "做工"), ("朋友", "闺蜜", "同事", "亲戚"), ("推荐", "安利", "介绍"),
    ("马上", "立刻", "很快"), ("好用", "管用", "顶用"), ("赶紧", "快", "抓紧"), ("主播", "姐", "老板"), ("舒服", "柔软", "亲肤"),
    ("很", "挺", "蛮"), ("没话说", "没得挑", "杠杠的"), ("全家", "一家人", "家里人"),
)  # fmt: skip


_PLACES = (
    "河南", "山东", "东北", "四川", "广西", "深圳", "苏州", "杭州", "西安", "兰州", "昆明", "厦门", "长沙", "贵州", "海口", "新疆", "内蒙古",
    "石家庄", "合肥", "南昌",
)  # fmt: skip
_HELLO = (
    "的来了",
    "有人吗",
    "发货要几天",
    "能到吗",
    "报到",
    "下雨了",
    "今天好热",
    "姐妹在哪",
    "运费多少",
    "发什么快递",
    "刚下班",
    "吃饭了没",
)
_GOODS = (
    "面膜", "口红", "精华", "粉底", "洗面奶", "防晒", "卫衣", "连衣裙", "牛仔裤", "羽绒服", "运动鞋", "丝巾", "项链", "手串", "不粘锅", "保温杯",
    "拖把", "床单", "枕头", "纸巾", "坚果", "牛肉干", "酸奶", "车厘子", "大米", "茶叶", "猫粮", "充电宝", "台灯", "书包",
)  # fmt: skip
_ABOUT = (
    "还有没有", "是什么牌子的", "跟上次那个一样吗", "保质期到什么时候", "会起球吗", "掉色不", "多重啊", "有没有小份的", "能单买吗", "是真皮吗",
    "怎么用", "男的能用吗", "老人能用不", "几件起拍", "上链接", "看看细节", "拿近点", "背面什么样", "有质检报告吗", "我上周刚买亏了",
    "用完了正好补", "一般般吧", "不如去年的", "包装换了吗", "太大了放不下", "怎么又涨了", "我家两个月用一瓶", "收到坏了一个找谁", "什么时候补货",
    "比线下便宜多少", "我先加购物车", "想退能退吗", "拼多多更便宜啊", "好重的味道吗", "试色一下", "给个优惠呗",
)  # fmt: skip
_NUMBER = ("两单", "三单", "一单", "五单", "两件", "四盒", "一箱", "俩", "一套", "三双")
_RESULT = (
    "拍了",
    "付款了",
    "忘用券了",
    "地址写错了怎么改",
    "没付上",
    "显示售罄",
    "备注了",
    "等发货",
    "取消了重拍",
    "什么时候到",
)
_NOISE = (
    "哈哈哈哈",
    "我也是",
    "真的假的",
    "对对对",
    "不是吧",
    "太卡了",
    "声音呢",
    "主播今天好美",
    "昨天没赶上",
    "手慢了",
    "等等我",
    "别急",
    "救命",
)
_TAIL = ("", "", "哈", "啊", "？", "。", "！", "[笑哭]", "～", "😂", "[捂脸]", " 谢谢")


@cache
def talk() -> tuple[str, ...]:
    """About twelve thousand ordinary remarks and questions of several makes, the commonest first."""
    makes = (
        [w + d + x + e for w, d, x, e in product(_WHO, _DO, _WHAT, _END)][::5],
        [f"{s}{gap}{w}{a}" for s, gap, w, a in product(_SIZE, (" ", "，", "cm"), _WEIGHT, _ASK)][::2],
        [p + h + t for p, h, t in product(_PLACES, _HELLO, _TAIL)],
        [g + a + t for g, a, t in product(_GOODS, _ABOUT, _TAIL)][::3],
        [n + r + t for n, r, t in product(_NUMBER, _RESULT, _TAIL)],
        [a + gap + b for a, gap, b in product(_NOISE, ("，", " ", "…"), (*_NOISE, *_ABOUT))],
    )
    mixed = np.random.default_rng(20260501).permutation(
        np.array([t for make in makes for t in make], dtype=object)
    )
    return tuple(dict.fromkeys((*SHORT, *mixed.tolist())))


@cache
def talk_weights() -> npt.NDArray[np.float64]:
    """How often each of `talk()` is said: Zipf-Mandelbrot, exponent 0.9, head flattened by six ranks.

    Bilibili 2020-12-11: the commonest texts are 1.7, 1.6, 1.3, 0.9 and 0.7 % of messages.
    """
    weight = 1.0 / np.arange(7, len(talk()) + 7) ** 0.9
    return np.asarray(weight / weight.sum())


def prayers(rng: np.random.Generator, n: int) -> list[str]:
    """One line for each of `n` people who pray or read aloud; few share theirs."""
    picks = zip(
        *(rng.integers(len(of), size=n).tolist() for of in (_SPOKEN, _FOR, _WISHES, _WISHES)), strict=True
    )
    return [_SPOKEN[s].format(a=_FOR[a], b=_WISHES[b], c=_WISHES[c]) for s, a, b, c in picks]


def reword(sentence: str, rng: np.random.Generator, rate: float = 0.7) -> str:
    """A sentence with some of its words replaced by synonyms, as spinning software does."""
    for group in SYNONYMS:
        hit = next((w for w in group if w in sentence), None)
        if hit is not None and rng.random() < rate:
            sentence = sentence.replace(hit, group[int(rng.integers(len(group)))], 1)
    return sentence


def improvise(rng: np.random.Generator) -> str:
    """A hired person's own remark: praise stitched from halves of two sales sentences, with a human ending."""
    first, second = (SALES[int(i)] for i in rng.integers(len(SALES), size=2))
    head = first.split("，", maxsplit=1)[0]
    tail = second.rsplit("，", maxsplit=1)[-1]
    return (
        head
        + ("，" if rng.random() < 0.6 else " ")
        + tail
        + str(rng.choice(["", "！", "～", "哈哈", "呀", "。", "👍"]))
    )
