"""User text made safe to print: control and bidi characters gone, contacts and addresses masked, length cut.

Escaping is the template's; this module only decides what is shown. Masking errs on the side of hiding: a
report travels, and the people in it did not agree to that.
"""

import re
from collections.abc import Iterable

TEXT_LIMIT = 120
ID_LIMIT = 64

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_SEPARATOR = r"[\s.\-–—_·]?"
_PHONE = re.compile(
    rf"(?<![0-9０-９])(?:\+?86{_SEPARATOR})?[1１][3-9３-９](?:{_SEPARATOR}[0-9０-９]){{9}}(?![0-9０-９])"
    r"|\+[0-9](?:[\s\-]?[0-9]){7,13}"
)
_WECHAT = re.compile(
    r"((?:微信|薇信|威信|维信|卫星|加\s?[微薇威v]|[vw]x|v信|we\s?chat|weixin|qq|扣扣)(?:号|id|群)?[\s:：是为加=]*)"
    r"([a-z0-9][-_a-z0-9]{4,24})",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}")
_CARD = re.compile(r"(?<![0-9])[0-9]{15,19}[0-9Xx]?(?![0-9])")
_DOOR = r"(?:\s?[0-9０-９一二三四五六七八九十百\-－]+\s?(?:号|弄|栋|幢|座|单元|室|楼|层|组)楼?[0-9０-９\-－#]{0,8})+"
_ADDRESS = re.compile(  # not 道 or 里 alone: 「知道1号链接」 is a chant, not a street
    r"[\u4e00-\u9fff]{1,20}?(?:路|街|巷|弄|胡同|大道|大厦|小区|花园|公寓|新村)[\u4e00-\u9fff\w\-－#]{0,16}?"
    + _DOOR
    + r"|[\u4e00-\u9fff]{1,12}?[省市县区][\u4e00-\u9fff]{1,20}?[镇乡村]"
    + _DOOR
)
_MASKS = (
    (_PHONE, "☎***"),
    (_WECHAT, r"\1***"),
    (_EMAIL, "***@***"),
    (_CARD, "***"),
    (_ADDRESS, "⌂***"),
)


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text without control, zero-width or bidi-override characters, cut to `limit` characters."""
    body = _INVISIBLE.sub(" ", text[: 8 * limit]).strip()
    return body if len(body) <= limit and len(text) <= 8 * limit else f"{body[:limit].rstrip()}…"


def masked(text: str, limit: int = TEXT_LIMIT) -> str:
    """Clean text with phone numbers, WeChat or QQ ids, mail, card numbers and postal addresses masked.

    Examples:
        >>> masked("加微信 abc_12345 或 138 0013 8000"), masked("寄到杭州市文三路 12 号"), masked("知道1号链接 9.9元")
        ('加微信 *** 或 ☎***', '⌂***', '知道1号链接 9.9元')
    """
    body = clean(text, 4 * limit)
    for pattern, mask in _MASKS:
        body = pattern.sub(mask, body)
    return clean(body, limit)


def hidden(text: str) -> str:
    """Text with nothing but contacts, card numbers and addresses masked: what is not personal stays to the letter.

    Examples:
        >>> hidden(" 扣1 "), hidden("138\u200b0013\u200b8000 扣1")
        (' 扣1 ', '☎*** 扣1')
    """
    body = _INVISIBLE.sub(" ", text)
    shown = body
    for pattern, mask in _MASKS:
        shown = pattern.sub(mask, shown)
    return text if shown == body else shown


def accounts(ids: Iterable[str | None]) -> dict[str, str]:
    """Every account id with what a reader sees of it: `u_07919***`, or its tail where heads are alike.

    Examples:
        >>> accounts(["u_0791934", "a1", None]), accounts(["script-0001", "script-0002"])
        ({'a1': 'a1', 'u_0791934': 'u_07919***'}, {'script-0001': '***pt-0001', 'script-0002': '***pt-0002'})
    """
    distinct = sorted({i for i in ids if i is not None})
    tidy = {i: clean(i, ID_LIMIT) for i in distinct}
    heads = {i: f"{t[:7]}***" if len(t) > 8 else t for i, t in tidy.items()}
    if len(set(heads.values())) == len(heads):
        return heads
    return {i: f"***{t[-7:]}" if len(t) > 8 else t for i, t in tidy.items()}
