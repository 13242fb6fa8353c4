"""Thresholds of the law that a referral prints as facts, dated and cited; `packs/referral` holds them."""

import datetime as dt
import tomllib

import msgspec

from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold or consequence of the law.

    Args:
        id: its id.
        law_zh: the law, in Chinese.
        law_en: the same in English.
        article: articles.
        text_zh: what it says, in short.
        text_en: the same in English.
        since: first day in force.
        to: last day; None while in force.
        business: amount of business it speaks of, minor units of yuan.
        gains: unlawful gains it speaks of.
    """

    id: str
    law_zh: str
    law_en: str
    article: str
    text_zh: str
    text_en: str
    since: dt.date | None = msgspec.field(name="from", default=None)
    to: dt.date | None = None
    business: int | None = None
    gains: int | None = None

    @property
    def law(self) -> Say:
        """The law's name."""
        return Say(self.law_en, self.law_zh)

    @property
    def text(self) -> Say:
        """What it says."""
        return Say(self.text_en, self.text_zh)

    def holds(self, day: dt.date) -> bool:
        """Whether it was in force on a day."""
        return (self.since is None or day >= self.since) and (self.to is None or day <= self.to)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    threshold: list[Threshold]


def read_thresholds(text: str, name: str) -> tuple[Threshold, ...]:
    """Thresholds of a pack.

    Raises:
        PackError: where it breaks its own rules.
    """
    try:
        told = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PackError(f"{name}: {error}. docs/evidence.md shows the form.") from error
    twice = {t.id for t in told.threshold if sum(o.id == t.id for o in told.threshold) > 1}
    if twice:
        raise PackError(f"{name}: {', '.join(sorted(twice))} stands there twice.")
    return tuple(told.threshold)
