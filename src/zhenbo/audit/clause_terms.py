"""Amounts that a clause names in words, beside the field of the contract that holds the same term.

A clause counts where it speaks of one amount of the term and of nothing that makes it another: a part, an instalment, a level, a
range, a condition, one of several rooms or goods. Who is unsure is silent: an honest contract is never told that it contradicts itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from zhenbo.core.deal import Deal

_DIGITS = {c: i for i, cs in enumerate(("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")) for c in cs}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000}
_SCALES = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
_HAN = "".join(_DIGITS) + "十拾百佰千仟万亿"
_N = rf"(?P<n>\d[\d,]*(?:\.\d+)?\s*(?:[百千]?万|亿|千|w(?![a-z])|k(?![a-z]))?|[{_HAN}]+)"
_NEAR = 16
"""Characters between an amount and the word that says what it is."""
_JOINED = re.compile(r"的?|之| | of ")
_OF_SALES = re.compile(r"(?:销售额|成交额|gmv|实付金?额|净额)的?$")
_PAID_AS = re.compile(r"(?:的|作为|支付|计|结算|计算|收取|提取)*")
"""A share of sales that is paid as commission: 按成交额的 25% 支付佣金."""
_PART = re.compile(r"退|返还|扣|refund|return")
_RANGE = r"[-~—–至到]"
_AMOUNTS = {
    "money": re.compile(rf"(?P<sign>¥|rmb\s*|cny\s*)?{_N}\s*(?P<unit>元|块钱|块|圆|rmb|cny|yuan)?"),
    "share": re.compile(rf"百分之(?P<han>[{_HAN}\d.]+)|{_N}\s*(?:%|percent\b|per cent\b|个?点(?!赞))"),
    "minutes": re.compile(rf"(?P<half>半个?小时)|(?P<quarter>一刻钟)|{_N}\s*(?P<and_half>个?半小时)|{_N.replace('?P<n>', '?P<m>')}\s*-?\s*(?P<per>分钟|个?小时|个?钟头|minutes?\b|mins?\b|hours?\b)"),
}  # fmt: skip
_SENTENCES = re.compile(r"[。;!?\n]|\.(?:\s|$)")
_PHRASES = re.compile(r",(?!\d{3})")
_LEAST = re.compile(r"(?:不(?:得|能|应)?(?:少|低|小)于|不(?:少|低)|至少|最少|最低|以上|at least|no less than|not less than|no fewer than|minimum)")  # fmt: skip
_MOST = re.compile(
    r"(?:不(?:得|能|应)?(?:超过|高于|多于|大于)|至多|最多|最高|以内|at most|no more than|not exceed|maximum|up to)"
)
_MISSED = re.compile(r"未(?:能)?(?:达|完成|满足)|不足|低于|below|fall(?:s)? short|not reach")
_ROUGH = re.compile(
    r"(?<![签合违预制])约(?!定)|近|大概|左右|上下|余元|多元|多万|about|around|approximately|roughly"
)
_UNSURE = re.compile(
    r"超(?:过|出)|每(?!场|款|次|单佣金)|各|阶梯|部分|额外|另(?!有约定)|奖|罚|赔|违约|其中|余|尾款|首|定金|订金|预付|分[两二三四五六\d]|分期|分次|期(?!间|限|内)|先|再|第[一二三四\d]|"
    r"原(?!则|路)|优惠|折|减|免|抵|调整|变更|补|退货率|税|平台|如|若|倘|则|or\b|\bif\b|exceed|above|over\b|bonus|instal|deposit|advance|balance|remaining|each\b|every|per (?!cent)|"
    r"分别|或|一半|\bhalf\b|达到?[^,]{0,8}(?:后|时|的|以上)|按比例|提前|推迟|迟到|间隔|最后|回放|短视频|试播|小时内|分钟内|日内(?=[^,]{0,6}讲解)"
)
_HEADS = re.compile(
    r"坑位费|链接费|上架费|slot fee|佣金(?:比例|率|点)?|commission(?: rate)?|保销(?:额|量)?|保量|保底(?:销售额|成交额|gmv)|(?:承诺|保证|确保)[^,]{0,8}(?:销售额|成交额|gmv|销量)|(?:guaranteed?|pledged?|guarantees?|pledges?)[\w ]{0,16}(?:gmv|sales)|"
    r"讲解(?:时长|时间)?|介绍时长|explanation|airtime|presentation|"
    r"服务费|保证金|押金|违约金|赔偿|运费|样品|预算|广告|投放|价格|售价|单价|供货价|红包|优惠券|货款|毛利|客单价|粉丝|库存|税|分成|退货|折扣|直播时长|返点|fee\b|budget|price|penalty|discount"
)


@dataclass(frozen=True)
class Term:
    """A field and how clauses speak of it.

    Args:
        field: of the deal.
        kind: of its amount.
        head: the word that says what the amount is.
    """

    field: Literal["slot_fee", "pledge_gmv", "commission_rate", "minutes"]
    kind: Literal["money", "share", "minutes"]
    head: re.Pattern[str]


_TERMS = (
    Term("slot_fee", "money", re.compile(r"坑位费|链接费|上架费|slot fee")),
    Term(
        "pledge_gmv",
        "money",
        re.compile(r"保销|保量|保底|(?:承诺|保证|确保).*(?:销|成交|gmv)|guarante|pledge"),
    ),
    Term("commission_rate", "share", re.compile(r"佣金|commission")),
    Term("minutes", "minutes", re.compile(r"讲解|介绍时长|explanation|airtime|presentation")),
)


@dataclass(frozen=True)
class Differs:
    """A clause that names another amount than the field.

    Args:
        term: the term.
        own: the field's, minor units, share or minutes.
        other: the clause's, likewise.
        clause: its words.
    """

    term: Term
    own: Decimal
    other: Decimal
    clause: str


def differing(deal: Deal) -> Iterator[Differs]:
    """Terms that all clauses which name them put otherwise than the field, each with the first of those clauses."""
    for term in _TERMS:
        held = getattr(deal, term.field)
        if held is None or (term.kind == "money" and deal.currency not in (None, "CNY")):
            continue
        own = Decimal(held)
        named = [(found, c) for c in deal.clauses for found in _named(c, term, deal)]
        # several amounts of one term are parts, levels or rooms of it; of one that is unsure none is sure
        if len({amount for (amount, _), _ in named}) != 1:
            continue
        if all(amount is not None and _against(own, amount, bound) for (amount, bound), _ in named):
            (amount, _), clause = named[0]
            yield Differs(term, own, amount or Decimal(0), clause)


def _against(own: Decimal, amount: Decimal, bound: str) -> bool:
    return own < amount if bound == "least" else own > amount if bound == "most" else own != amount


def _named(clause: str, term: Term, deal: Deal) -> list[tuple[Decimal | None, str]]:
    """The one amount of a term in a clause, with its bound (`least`, `most`, `is`); None for an unsure one; empty where it names none."""
    text = re.sub(
        r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff\d])|(?<=\d)\s+(?=[\u3400-\u9fff])",
        "",
        unicodedata.normalize("NFKC", clause[:2_000]).casefold(),
    )
    found: dict[Decimal, str] = {}
    for sentence in _SENTENCES.split(text):
        here, loose = False, False
        for phrase in _PHRASES.split(sentence):
            for amount, bound in _attached(phrase, term):
                if bound == "loose":
                    loose = True
                    continue
                missed = term.field == "pledge_gmv" and _MISSED.search(phrase)
                if amount is None or _unsure(sentence, deal, missed=bool(missed)) or _ROUGH.search(phrase):
                    return [(None, "is")]
                here, found[amount] = True, "least" if missed else bound
        if here and loose:
            return [(None, "is")]
    return [(None, "is")] if len(found) > 1 else list(found.items())


def _unsure(sentence: str, deal: Deal, *, missed: bool) -> bool:
    """Whether the amount may be a part or a level of the term, or that of one room or good of several."""
    if len(deal.sessions) != 1 and re.search(
        r"每场|单场|场次|/场|每次|per (?:session|show|broadcast)", sentence
    ):
        return True
    if len(deal.products) != 1 and re.search(
        r"每款|单款|单品|[a-z\d]款|每个(?:产品|商品|链接|品)|每链接|sku|品类", sentence
    ):
        return True
    plain = re.sub(r"[如若]?(?:未|不足|低于)[^,]{0,24}", "", sentence) if missed else sentence
    return bool(_UNSURE.search(_LEAST.sub("", _MOST.sub("", plain))))


def _attached(phrase: str, term: Term) -> Iterator[tuple[Decimal | None, str]]:
    """Amounts of a phrase that are the term's, with their bound; None for a part of it, a range, a moment; `loose` for what no word names."""
    heads = list(_HEADS.finditer(phrase))
    for match in _AMOUNTS[term.kind].finditer(phrase):
        amount, ahead, rest = _read(match, term.kind), phrase[: match.start()], phrase[match.end() :]
        if amount is None or (term.kind == "money" and not _is_money(match, rest)):
            continue
        of_sales = term.kind == "share" and _OF_SALES.search(ahead)
        head = _head(phrase, heads, match, _PAID_AS if of_sales else _JOINED)
        if head is None:
            yield None, "loose"
        elif term.head.search(head[0]):
            behind = head.start() >= match.end()
            # 佣金的 50%, 支付 50% 佣金: a part of it, unless it is a share of sales
            split = (behind and term.kind == "share" and "付" in ahead) or (
                not behind and ahead.endswith("的")
            )
            part = _PART.search(ahead) or (split and not of_sales)
            spread = re.match(_RANGE, rest) or re.search(rf"[\d万%{_HAN}]{_RANGE}$", ahead)
            moment = term.kind == "minutes" and re.search(r"[前后内第]$", ahead)
            near = ahead[-10:] + match[0] + rest[:3]
            bound = "least" if _LEAST.search(near) else "most" if _MOST.search(near) else "is"
            yield None if part or spread or moment else amount, bound


def _head(
    phrase: str, heads: Sequence[re.Match[str]], amount: re.Match[str], joined: re.Pattern[str]
) -> re.Match[str] | None:
    """The word that says what an amount is: the nearest before it, else one that follows at once."""
    before = [h for h in heads if h.end() <= amount.start() <= h.end() + _NEAR]
    after = [
        h for h in heads if h.start() >= amount.end() and joined.fullmatch(phrase, amount.end(), h.start())
    ]
    return before[-1] if before else after[0] if after else None


def _is_money(match: re.Match[str], rest: str) -> bool:
    """Whether a number is an amount of money: by its unit or sign, or where nothing else is counted by it."""
    return (
        bool(match["unit"] or match["sign"])
        or not rest
        or bool(re.match(r"[)(、\s]|的|销|成交|gmv|以|起|不|为", rest))
    )


def _read(match: re.Match[str], kind: str) -> Decimal | None:
    """An amount in minor units, a share or minutes."""
    got = match.groupdict()
    if kind == "minutes":
        if got["half"] or got["quarter"]:
            return Decimal(30 if got["half"] else 15)
        if got["and_half"]:
            return number(got["n"]) * 60 + 30
        value = number(got["m"])
        return value if got["per"].startswith(("分", "min")) else value * 60
    if kind == "share":
        return number(got["han"] or got["n"]) / 100
    text = got["n"].strip()
    scaled = re.search(r"[万亿w千k]", text)
    if not (got["unit"] or got["sign"] or (scaled and re.search(r"[万亿w]", text))):
        return None
    return number(text) * 100


def number(text: str) -> Decimal:
    """A number in Arabic or Chinese numerals, with 万 and 亿.

    Examples:
        >>> number("50万"), number("三万"), number("二十五"), number("1,200.5"), number("一百二十万五千")
        (Decimal('500000'), Decimal('30000'), Decimal('25'), Decimal('1200.5'), Decimal('1205000'))
    """
    text = re.sub(r"[\s,]", "", text)
    if arabic := re.match(r"\d+(?:\.\d+)?", text):
        made = Decimal(arabic[0])
        for sign in text[arabic.end() :]:
            made *= _TENS.get(sign) or _SCALES[sign]
        return made
    total, section, digit = 0, 0, 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _TENS:
            section += (digit or 1) * _TENS[sign]
            digit = 0
        else:
            total = (total + section + digit) * _SCALES[sign]
            section = digit = 0
    return Decimal(total + section + digit)
