"""A signal's sentence in one language, its fields filled with numbers as people write them.

The last part of a field's name says what its number is: `_share` a share, `_s` seconds, `_us` a UTC time, `_cn` the same in China's time,
`_minor` money in the currency of the argument `currency`, `_text` words that somebody said (quoted). Other
numbers get separators; other words are only cleaned and masked. `{n|room|rooms}` is the number with the word that
goes with it; without a word for the number itself, `{n|is|are:}`, the word alone.
"""

import re
from collections.abc import Mapping
from typing import Any

from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import masked

_FIELD = re.compile(r"\{(\w+)(?:\|([^{}|]*)\|([^{}|:]*)(:?))?(?:[!:][^{}]*)?\}")
_QUOTED = "“{}”"
_LISTED = 5


def phrase(say: Say, args: Mapping[str, Any], lang: Lang) -> str:
    """The sentence of `say` in `lang`; a missing or unreadable argument shows as `…`, never as an error.

    Examples:
        >>> phrase(Say("{n} of {all} came at {when_us}", ""), {"n": 1200, "all": 5000.0}, "en")
        '1,200 of 5,000 came at …'
        >>> phrase(Say("", "{reused_share} 的评论重复“{sample}”"), {"reused_share": 0.384, "sample": "扣1"}, "zh")
        '38% 的评论重复“扣1”'
        >>> [phrase(Say("{n|clock|clocks} {n|is|are:} overdue", ""), {"n": n}, "en") for n in (1, 2)]
        ['1 clock is overdue', '2 clocks are overdue']
    """
    template = say.zh if lang == "zh" else say.en
    return _FIELD.sub(lambda m: _field(m, args, lang), template)


def _field(found: re.Match[str], args: Mapping[str, Any], lang: Lang) -> str:
    value = _value(found[1], args.get(found[1]), args, lang)
    if found[2] is None:
        return value
    word = found[2] if value == "1" else found[3]
    return word if found[4] else f"{value} {word}"


def _value(key: str, value: Any, args: Mapping[str, Any], lang: Lang) -> str:
    if value is None or isinstance(value, bool | bytes | Mapping):
        return fmt.UNKNOWN
    if isinstance(value, int | float):
        return _number(key, value, args, lang)
    if isinstance(value, str):
        text = masked(value)
        return _QUOTED.format(text) if key == "text" or key.endswith("_text") else text
    try:
        items = [_value(key, item, args, lang) for item in list(value)[: _LISTED + 1]]
    except TypeError:
        return fmt.UNKNOWN
    more = [fmt.UNKNOWN] if len(items) > _LISTED else []
    return ("、" if lang == "zh" else ", ").join(items[:_LISTED] + more)


def _number(key: str, value: float, args: Mapping[str, Any], lang: Lang) -> str:
    try:
        if key.endswith("_share"):
            return fmt.share(value)
        if key.endswith("_s"):
            return fmt.duration(value, lang)
        if key.endswith("_us"):
            return f"{fmt.clock(int(value), '%Y-%m-%d %H:%M')} UTC"
        if key.endswith("_cn"):
            return fmt.china(int(value), lang)
        if key.endswith("_minor"):
            currency = args.get("currency")
            return fmt.money(round(value), masked(currency) if isinstance(currency, str) else "CNY")
        return fmt.number(value)
    except (OverflowError, ValueError):  # not finite, or a time beyond the calendar
        return fmt.UNKNOWN
