"""Integer minor units: reading amounts, splitting them exactly, showing them.

Money is never a float here. `parse_minor` reads what exports write (`¥1,234.50`, `59元`, `1.2万`) through
`Decimal`; `split` shares an amount over weights so that the parts sum to it (largest remainder); `portion` takes a
rate of an amount (half-even, so that many roundings favour nobody).
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "IDR": 0, "CLP": 0, "DIAMOND": 0, "BITS": 0, "KWD": 3, "BHD": 3}
"""Digits after the point by currency (ISO 4217); two where it is not listed."""

_UNITS = {"万": 10_000, "w": 10_000, "W": 10_000, "千": 1_000, "k": 1_000, "K": 1_000, "亿": 100_000_000}
_NOISE = str.maketrans("，", ",", " \t\u3000'’¥￥$£€฿₫₱元圆\u00a0\u202f")
_CODE = re.compile(r"(?:[A-Z]{3}|US|Rp|RM|NT|[RSA])(?=[-+\d])")
_LIMIT = Decimal(2**62)


def minor_digits(currency: str | None) -> int:
    """Digits after the point of a currency."""
    return MINOR_DIGITS.get(currency or "", 2)


def parse_decimal(text: str) -> Decimal | None:
    """A number as people write it (`6.8万`, `1,274`, `¥59.00`), or None when it is none.

    Examples:
        >>> parse_decimal("6.8万"), parse_decimal("¥1,234.50元"), parse_decimal("abc")
        (Decimal('68000.0'), Decimal('1234.50'), None)
        >>> parse_decimal("R$ 1.234,50"), parse_decimal("35,91 €"), parse_decimal("IDR 1.000.000")
        (Decimal('1234.50'), Decimal('35.91'), Decimal('1000000'))
    """
    body = _pointed(_CODE.sub("", text.translate(_NOISE), count=1))
    factor = 1
    if body and body[-1] in _UNITS:
        factor = _UNITS[body[-1]]
        body = body[:-1]
    if not body or len(body) > 40:
        return None
    try:
        value = Decimal(body) * factor
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() and abs(value) < _LIMIT else None


def _pointed(body: str) -> str:
    """The number with a point before its decimals and nothing between its thousands.

    The last of two marks stands before decimals; a mark that comes twice parts thousands; a comma alone parts thousands where three
    digits follow, and stands before decimals elsewhere, as in Europe and Brazil.
    """
    comma, point = body.rfind(","), body.rfind(".")
    if comma < 0:
        return body.replace(".", "") if body.count(".") > 1 else body
    if point < 0:
        digits = sum(c.isdigit() for c in body[comma + 1 :])
        return body.replace(",", "." if body.count(",") == 1 and digits < 3 else "")
    return body.replace(",", "") if point > comma else body.replace(".", "").replace(",", ".")


def parse_minor(text: str, currency: str | None = "CNY") -> int | None:
    """An amount in major units as text, in minor units; None when unreadable.

    Examples:
        >>> parse_minor("59.00"), parse_minor("1.2万"), parse_minor("฿100.00", "THB")
        (5900, 1200000, 10000)
        >>> parse_minor("Rp 25.000", "IDR"), parse_minor("BRL 35,91", "BRL")
        (25000, 3591)
    """
    value = parse_decimal(text)
    if value is None:
        return None
    if minor_digits(currency) == 0 and value.as_tuple().exponent == -3 and abs(value) < 1000:
        value = value.scaleb(3)  # 1.000 of a currency without decimals is a thousand
    minor = (value.scaleb(minor_digits(currency))).quantize(Decimal(1), ROUND_HALF_UP)
    return int(minor) if abs(minor) < _LIMIT else None


def split(total: int, weights: Sequence[float]) -> list[int]:
    """`total` shared in proportion to `weights`; the parts sum to `total` (largest remainder, first wins ties).

    Examples:
        >>> split(100, [1, 1, 1])
        [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0:
        return [0] * (len(weights) - 1) + [total] if weights else []
    exact = [total * w / whole for w in weights]
    parts = [int(x // 1) for x in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def portion(minor: int, rate: Decimal) -> int:
    """A rate of an amount, rounded once, half to even; the rate is an exact decimal.

    Examples:
        >>> portion(79600, Decimal("0.15")), portion(25, Decimal("0.1")), portion(35, Decimal("0.1"))
        (11940, 2, 4)
    """
    return int((minor * rate).to_integral_value(ROUND_HALF_EVEN))


def show(minor: int, currency: str | None = "CNY") -> str:
    """Minor units as text in major units, with thousands separators.

    Examples:
        >>> show(190248715), show(-5), show(700, "JPY")
        ('1,902,487.15', '-0.05', '700')
    """
    digits = minor_digits(currency)
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    if digits == 0:
        return f"{sign}{whole:,}"
    major, rest = divmod(whole, 10**digits)
    return f"{sign}{major:,}.{rest:0{digits}d}"
