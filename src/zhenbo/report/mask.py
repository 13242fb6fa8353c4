"""User text made safe to print: control and bidi characters gone, contacts and addresses masked, length cut.

Escaping is the template's; this module only decides what is shown. Masking errs on the side of hiding: a
report travels, and the people in it did not agree to that.
"""

from collections.abc import Iterable

from zhenbo.core.contacts import INVISIBLE, MASKS

TEXT_LIMIT = 120
ID_LIMIT = 64


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text without control, zero-width or bidi-override characters, cut to `limit` characters."""
    body = INVISIBLE.sub(" ", text[: 8 * limit]).strip()
    return body if len(body) <= limit and len(text) <= 8 * limit else f"{body[:limit].rstrip()}…"


def masked(text: str, limit: int = TEXT_LIMIT) -> str:
    """Clean text with phone numbers, WeChat or QQ ids, mail, card numbers and postal addresses masked.

    Examples:
        >>> masked("加微信 abc_12345 或 138 0013 8000"), masked("寄到杭州市文三路 12 号"), masked("知道1号链接 9.9元")
        ('加微信 *** 或 ☎***', '⌂***', '知道1号链接 9.9元')
    """
    body = clean(text, 4 * limit)
    for pattern, mask in MASKS:
        body = pattern.sub(mask, body)
    return clean(body, limit)


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
