"""What in a text leads to a person: phone numbers, WeChat and QQ ids, mail, card numbers, postal addresses; and how it is masked.

Masking errs on the side of hiding. A name in the middle of a sentence cannot be told from any other word, and stays.
"""

import re

INVISIBLE = re.compile(
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
MASKS = (
    (_PHONE, "☎***"),
    (_WECHAT, r"\1***"),
    (_EMAIL, "***@***"),
    (_CARD, "***"),
    (_ADDRESS, "⌂***"),
)
"""Patterns with what is shown instead."""
PERSONAL = re.compile(
    r"身份证|证件号|手机|电话|姓名|收件人|收货人|联系人|昵称|微信|邮箱|地址|id_?card|mobile|phone|e-?mail|address|wechat|receiver|real_?name",
    re.IGNORECASE,
)
"""Names of columns that hold a person, whatever the source."""


def identified(ident: str) -> str:
    """An id that is no person's, with contacts in it masked; long numbers stay, since orders, shops and samples are numbered so.

    Examples:
        >>> identified("6912345678901234567"), identified("shop 13800138000")
        ('6912345678901234567', 'shop ☎***')
    """
    return _masked(ident, tuple(m for m in MASKS if m[0] is not _CARD))


def hidden(text: str) -> str:
    """Text with nothing but contacts, card numbers and addresses masked: what is not personal stays to the letter.

    Examples:
        >>> hidden(" 扣1 "), hidden("138\u200b0013\u200b8000 扣1")
        (' 扣1 ', '☎*** 扣1')
    """
    return _masked(text, MASKS)


def _masked(text: str, masks: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    body = INVISIBLE.sub(" ", text)
    shown = body
    for pattern, mask in masks:
        shown = pattern.sub(mask, shown)
    return text if shown == body else shown
