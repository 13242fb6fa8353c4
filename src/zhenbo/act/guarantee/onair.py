"""Promises heard on air: a small grammar from what a host said to an obligation.

It knows the promises that buyers most complain of (prize, half price, price difference, gift: seeds B29.1 to B29.3), and those
the guarantee can be held to (假一赔X, days of return, hours to ship or refund). It hears plain offers only: what is denied,
asked, told of others or of another day is passed over, so that a promise nobody made is owed by nobody.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zhenbo.core.claim import Chat, Line, Promise

_N = r"(\d{1,5}|[一二两三四五六七八九十百千]{1,5})"
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LONGEST = 400
"""Characters of a line that are listened to."""
_UNSAID = re.compile(
    r"(?:不|没|没有|不能|不会|不是|无法|别|哪有|取消|不再|别人家?|他们|同行|上次|上一场|昨天|前天|以前|之前|去年|\bno|\bnot|\bnever|n't|\blast time|\byesterday)[^，。！？,.!?;；]{0,6}$",
    re.IGNORECASE,
)
_IF = re.compile(r"(?:如果|要是|假如|等到?|满|破|\bif|\bonce|\bwhen)[^。！？!?;；]{0,20}$", re.IGNORECASE)
_WON = frozenset({"lottery", "half_price", "gift"})
"""What is won or given: no fault of the goods is their condition."""
_CONDITIONAL = _WON | {"multiple", "return_days", "no_reason"}
"""Promised on a condition that nobody here can check these are owed by nobody; the others speak of their own condition."""
_FAULT = re.compile(r"假|正品|质量|问题|不满意|不喜欢|\bfake|\bgenuine|\bwrong|\bdon't like", re.IGNORECASE)
"""A condition that is what the promise is about: if it is fake, if you do not like it."""
_MOST = re.compile(r"[，,、 ]{0,2}(?:最高|最多|上限|封顶|不超过|up to)[^，。！？\d]{0,4}(\d{1,7})(?:元|块)?|[^。！？\d]{0,4}(\d{1,7})(?:元|块)封顶", re.IGNORECASE)  # fmt: skip
"""A ceiling said in the same breath, in whole yuan."""
_ASKED = re.compile(
    r"[^，。！,.!;；]{0,12}(?:吗|么|呢)?[？?]|[^，。！？,.!?;；]{0,6}(?:吗|嘛|是假的|不存在|取消了|已经结束|送完了|抽完了)"
)


@dataclass(frozen=True)
class _Phrase:
    """One form of promise: the words, its kind, and which groups hold number and money."""

    kind: str
    words: re.Pattern[str]
    number: int = 0
    money: int = 0


def _phrase(kind: str, words: str, number: int = 0, money: int = 0) -> _Phrase:
    return _Phrase(kind, re.compile(words, re.IGNORECASE), number, money)


PHRASES = (
    _phrase("multiple", rf"假一(?:赔|罚){_N}", 1),
    _phrase("multiple", r"(?:if (?:it'?s )?fake|any fake)[^.!?]{0,20}?(\d{1,3})\s?(?:x|times)", 1),
    _phrase("return_days", rf"{_N}天(?:内)?(?:无理由|包退|可退|随便退)", 1),
    _phrase("return_days", r"(\d{1,3})[- ]days? (?:free )?returns?", 1),
    _phrase("ship_hours", rf"{_N}(?:个)?小时(?:之内|以内|内)?(?:必|就|全部)?发货", 1),
    _phrase("ship_hours", r"ships? (?:with)?in (\d{1,3}) hours?", 1),
    _phrase("refund_hours", rf"{_N}(?:个)?小时(?:之内|以内|内)?退款", 1),
    _phrase("half_price", rf"前{_N}(?:名|位|单|个|件)[^，。！？]{{0,8}}?(?:半价|五折|5折|一半)", 1),
    _phrase("half_price", r"first (\d{1,5})[^.!?]{0,24}?half[- ]price", 1),
    _phrase("difference", rf"(?:{_N}天(?:内)?)?(?:买贵了?|降价了?|便宜了)[^，。！？]{{0,8}}?(?:退|补|返)(?:你|你们|大家)?差(?:价|额)?", 1),
    _phrase("difference", r"(?:退|补|返)(?:给?你|你们|大家)?(?:\d{1,5}(?:\.\d{1,2})?(?:元|块)?的?)?差价"),
    _phrase("difference", r"(?:refund|pay) (?:you )?the (?:price )?difference"),
    _phrase("lottery", rf"抽奖?[^，。！？]{{0,8}}?{_N}(?:个|位|名|台|部|份|单)[^，。！？]{{0,10}}?(?:送|免单|[\u4e00-\u9fffA-Za-z]{{2,}})", 1),
    _phrase("lottery", r"(?:draw|raffle|giveaway)[^.!?]{0,20}?(\d{1,5}) (?:winners?|prizes?|phones?)", 1),
    _phrase("gift", rf"买{_N}送{_N}", 2),
    _phrase("gift", r"(?:拍下|下单|买了?|拍)(?:的|就|都|立|再)?[^，。！？不没]{0,6}?(?:送|赠)(?:你|大家|一)?[\u4e00-\u9fff]{1,10}"),
    _phrase("gift", r"(?:free gift|get [^.!?]{1,24} free)"),
    _phrase("no_reason", r"(?:生鲜|水果|海鲜|定制)[^，。！？]{0,6}?(?:也|都)?(?:支持)?(?:七天|7天)?无理由"),
)  # fmt: skip
"""Forms, the most telling first; a line can hold several promises, one of each kind."""


def heard(lines: Iterable[Line]) -> Iterator[Promise]:
    """Promises in what was said, in the order of time; the same words again in a broadcast are the same promise.

    Examples:
        >>> [(p.kind, p.number) for p in heard([Line(0, "s1", "姐妹们假一赔十，前50单半价"), Line(1, "s1", "我们不退差价")])]
        [('multiple', 10), ('half_price', 50)]
    """
    seen: set[tuple[str, str, int | None, str | None]] = set()
    for line in sorted(lines, key=lambda said: (said.at, said.session, said.text)):
        for kind, number, most in _said(line.text[:_LONGEST]):
            key = (line.session, kind, number, line.product)
            if key in seen:
                continue
            seen.add(key)
            yield Promise(
                f"{line.session}:{kind}:{len(seen)}", kind, "host", number=number, most=most, text=line.text[:200], at=line.at,
                session=line.session, product=line.product,
            )  # fmt: skip


def _said(text: str) -> Iterator[tuple[str, int | None, int | None]]:
    """Kind, number and ceiling of what is promised in a line."""
    told: set[str] = set()
    for phrase in PHRASES:
        found = phrase.words.search(text)
        if not found or phrase.kind in told:
            continue
        before = text[: found.start()]
        if _UNSAID.search(before) or _ASKED.match(text, found.end()):
            continue
        condition = _IF.search(before)
        fault = phrase.kind not in _WON and condition and _FAULT.search(condition[0])
        if phrase.kind in _CONDITIONAL and condition and not fault:
            continue
        told.add(phrase.kind)
        number = found[phrase.number] if phrase.number else None
        cap = _MOST.match(text, found.end()) if phrase.kind == "multiple" else None
        yield phrase.kind, whole(number) if number else None, int(cap[1] or cap[2]) * 100 if cap else None


def whole(text: str) -> int | None:
    """A whole number in digits or in Chinese.

    Examples:
        >>> whole("50"), whole("十"), whole("二十五"), whole("三百"), whole("一千零五")
        (50, 10, 25, 300, 1005)
    """
    if text.isdigit():
        return int(text)
    total, digit = 0, 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _UNITS:
            total += max(digit, 1) * _UNITS[sign]
            digit = 0
        else:
            return None
    return total + digit


DENIALS: dict[str, re.Pattern[str]] = {
    "difference": re.compile(r"(?:不|没有|无法|不能|不予|不支持)[^，。！？]{0,6}(?:退|补|返)?差(?:价|额)|(?:no|not|can't|cannot)[^.!?]{0,20}difference", re.IGNORECASE),
    "half_price": re.compile(r"(?:系统|订单)[^，。！？]{0,6}异常|(?:没有|不是|不支持|取消)[^，。！？]{0,6}(?:半价|五折)|(?:no|not)[^.!?]{0,20}half[- ]price", re.IGNORECASE),
    "lottery": re.compile(r"(?:没有|不是|不认|查不到|无法)[^，。！？]{0,8}(?:中奖|抽奖|奖品)|(?:no|not)[^.!?]{0,20}(?:prize|winner)", re.IGNORECASE),
    "gift": re.compile(r"(?:没有|不|无)(?:赠品|送|赠)|(?:no|not)[^.!?]{0,20}gift", re.IGNORECASE),
    "multiple": re.compile(r"(?:不|没有|无法|不予)[^，。！？]{0,6}(?:假一赔|赔偿|赔付)|(?:no|not)[^.!?]{0,20}compensat", re.IGNORECASE),
    "return_days": re.compile(r"(?:不|无法|不能|不支持)[^，。！？]{0,6}(?:退货|无理由|退换)|(?:no|not|cannot)[^.!?]{0,20}returns?", re.IGNORECASE),
    "no_reason": re.compile(r"(?:不|无法|不能|不支持)[^，。！？]{0,6}(?:退货|无理由|退换)", re.IGNORECASE),
}  # fmt: skip
"""Words with which customer service takes back a promise of each kind (K57)."""


@dataclass(frozen=True)
class Contradiction:
    """A promise and the words that take it back, both as quotes."""

    promise: Promise
    chat: Chat


@dataclass(frozen=True)
class Service:
    """How customer service answered.

    Args:
        contradictions: promise and denial, pair by pair.
        buyers: who wrote.
        unanswered: of them, who got no answer at all.
        robot_only: of them, who were answered by a robot only.
        blocked: of them, who were shut out.
        first_answer: microseconds until a person answered, by buyer.
    """

    contradictions: tuple[Contradiction, ...]
    buyers: int
    unanswered: tuple[str, ...]
    robot_only: tuple[str, ...]
    blocked: tuple[str, ...]
    first_answer: dict[str, int]


def conformity(promises: Iterable[Promise], chats: Iterable[Chat]) -> Service:
    """What customer service said against what was said on air, and whether it answered.

    A denial counts against a promise of the same kind that was made before it, in the broadcast the chat is about where that
    is told. Whether a buyer was entitled to it is not decided here.
    """
    made, talk = list(promises), sorted(chats, key=lambda c: (c.at, c.buyer, c.text))
    found = tuple(c for chat in talk if chat.by in {"seller", "robot"} if (c := _denied(chat, made)))
    asked: dict[str, int] = {}
    by: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    blocked: set[str] = set()
    for chat in talk:
        if chat.by == "buyer":
            asked.setdefault(chat.buyer, chat.at)
        elif chat.by == "system" and "blocked" in chat.text:
            blocked.add(chat.buyer)
        elif chat.buyer in asked:
            by.setdefault(chat.buyer, set()).add(chat.by)
            if chat.by == "seller":
                first.setdefault(chat.buyer, chat.at - asked[chat.buyer])
    return Service(
        found, len(asked), tuple(sorted(b for b in asked if b not in by)), tuple(sorted(b for b in asked if by.get(b) == {"robot"})),
        tuple(sorted(blocked & set(asked))), first,
    )  # fmt: skip


def _denied(chat: Chat, made: list[Promise]) -> Contradiction | None:
    for promise in made:
        pattern = DENIALS.get(promise.kind)
        told = chat.session is None or promise.session == chat.session
        if pattern and told and (promise.at or 0) <= chat.at and pattern.search(chat.text[:_LONGEST]):
            return Contradiction(promise, chat)
    return None
