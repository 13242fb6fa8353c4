"""The register of texts that packs cite: which version was in force on a day, and how its articles were numbered then.

Law changes under the product. A rule cites an article as numbered on the first day it cites it; the register tells how that
article is numbered on the day of the facts, and that a text or a number no longer holds.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import msgspec

from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say

Trust = Literal["V", "S", "X"]
"""V: the text itself was read; S: known at second hand; X: the text was looked for and not found."""
_HEAD = re.compile(r"\d+")


class Version(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A text as it stood over a span of days.

    Args:
        since: first day in force.
        until: last day; still in force where far off.
        trust: how its content is known.
        number: number of the order or date of adoption.
        articles: how many it has; None where not known.
        text: file of the text in the project's references.
    """

    since: date
    until: date = date.max
    trust: Trust = "V"
    number: str = ""
    articles: int | None = None
    text: str = ""


class Renumbering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day on which articles changed their numbers: old number to new one; of others it is not known where they went."""

    on: date
    articles: dict[str, str]


class Statute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A law, rule, judicial interpretation or set of platform rules.

    Args:
        en: its name.
        zh: its name.
        versions: oldest first, never two on a day.
        renumbered: days on which articles changed their numbers.
        repealed_by: id of the text that took its place.
        form: how its parts are called: article, clause (numbered parts of a list), or none.
        note: what is not known about it.
    """

    en: str
    zh: str
    versions: tuple[Version, ...]
    renumbered: tuple[Renumbering, ...] = ()
    repealed_by: str = ""
    form: Literal["article", "clause"] = "article"
    note: Say | None = None

    def version(self, day: date) -> Version | None:
        """The version in force on a day; None where none was."""
        return next((v for v in self.versions if v.since <= day <= v.until), None)


class Cite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """An article that a rule rests on.

    Args:
        law: id in the register.
        article: its number, with paragraph and item in brackets: `14(2)(4)`.
        since: first day on which it is cited; the rule's own when absent.
        until: last day.
        of: day whose numbering `article` follows; the first day it is cited when absent.
    """

    law: str
    article: str
    since: date | None = None
    until: date | None = None
    of: date | None = None


@dataclass(frozen=True)
class Cited:
    """An article as numbered on the day of the facts."""

    law: str
    article: str
    name: Say
    version: Version

    def title(self, lang: str) -> str:
        """As a reader meets it: 《反不正当竞争法》第八条 is written with its number."""
        name = self.name.zh if lang == "zh" else self.name.en
        if not _HEAD.match(self.article):
            return f"《{name}》{self.article}" if lang == "zh" else f"{name}, {self.article}"
        return f"《{name}》第{_parts_zh(self.article)}" if lang == "zh" else f"{name}, article {self.article}"


@dataclass(frozen=True)
class Register:
    """All texts by id."""

    statutes: Mapping[str, Statute]

    def statute(self, law: str) -> Statute:
        """A text by its id.

        Raises:
            PackError: when the register has none.
        """
        if law not in self.statutes:
            near = difflib.get_close_matches(law[:80], [*self.statutes], n=2, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise PackError(
                f"No text {law[:80]!r} in packs/statutes.toml.{hint} Enter it there before citing it."
            )
        return self.statutes[law]

    def in_force(self, law: str, day: date) -> bool:
        """Whether a text was in force on a day."""
        return self.statute(law).version(day) is not None

    def article_on(self, law: str, article: str, day: date, of: date | None = None) -> str | None:
        """How an article is numbered on a day.

        Args:
            law: the text.
            article: number, as numbered on `of`.
            day: the day asked for.
            of: day whose numbering is used; of the newest version when absent.

        Returns:
            The number; None where the text was not in force on that day, has no such article, or nobody knows its number.
        """
        statute = self.statute(law)
        there = statute.version(day)
        if there is None:
            return None
        start = of or statute.versions[-1].since
        number: str | None = article
        for change in sorted(statute.renumbered, key=lambda c: c.on, reverse=start > day):
            if number is not None and min(start, day) < change.on <= max(start, day):
                number = _moved(
                    number, change.articles if start < day else {b: a for a, b in change.articles.items()}
                )
        head = _head(number or "")
        if number is None or (
            head is not None and there.articles is not None and not 1 <= head <= there.articles
        ):
            return None
        return number

    def cited(self, cite: Cite, day: date, since: date) -> Cited | None:
        """A citation as it reads on a day; None where it does not hold then.

        Args:
            cite: the citation.
            day: of the facts.
            since: first day of the rule that cites.
        """
        first = cite.since or since
        if not first <= day <= (cite.until or date.max):
            return None
        statute = self.statute(cite.law)
        article = self.article_on(cite.law, cite.article, day, cite.of or first)
        there = statute.version(day)
        if article is None or there is None:
            return None
        return Cited(cite.law, article, Say(statute.en, statute.zh), there)

    def wrong(self, cite: Cite, since: date, until: date) -> Say | None:
        """What is wrong with a citation on any day of a rule's term; None where nothing is.

        Args:
            cite: the citation.
            since: first day of the rule.
            until: last day.
        """
        if cite.law not in self.statutes:
            try:
                self.statute(cite.law)
            except PackError as error:
                return Say(
                    str(error), f"法规登记表（packs/statutes.toml）中没有 {cite.law[:80]!r}，请先登记再引用。"
                )
        statute = self.statute(cite.law)
        first, last = max(since, cite.since or since), min(until, cite.until or until)
        if first > last:
            return Say(
                f"{cite.law} {cite.article} is cited on no day of the rule.",
                f"{cite.law} {cite.article} 的引用期间与规则期间没有重叠。",
            )
        return (
            _gap(statute, cite, first, last)
            or self._stale(statute, cite, first)
            or self._lost(statute, cite, first, last)
        )

    def _stale(self, statute: Statute, cite: Cite, first: date) -> Say | None:
        """A number that moved away before the rule began, cited as if it had not."""
        for change in statute.renumbered:
            head = _HEAD.match(cite.article)
            if cite.of is None and head and head[0] in change.articles and change.on <= first:
                new = _moved(cite.article, change.articles)
                return Say(
                    f"{statute.en}: what was article {cite.article} is article {new} since {change.on}; from {first} on the old number is cited. "
                    f"Write {new}; if the article that now bears this number is meant, add of = {change.on}.",
                    f"《{statute.zh}》原第{cite.article}条自 {change.on} 起为第{new}条，规则自 {first} 起仍引旧条号。请改为第{new}条；"
                    f"如确指现行第{cite.article}条，请加 of = {change.on}。",
                )
        return None

    def _lost(self, statute: Statute, cite: Cite, first: date, last: date) -> Say | None:
        """A day on which the article has no number."""
        days = {first, last, *(v.since for v in statute.versions), *(c.on for c in statute.renumbered)}
        for day in sorted(d for d in days if first <= d <= last):
            if self.article_on(cite.law, cite.article, day, cite.of or cite.since or first) is None:
                return Say(
                    f"{statute.en} has no article {cite.article} on {day} that the register knows of.",
                    f"《{statute.zh}》于 {day} 没有登记表所知的第{cite.article}条。",
                )
        return None


def read_register(text: str, name: str) -> Register:
    """The register from its TOML.

    Raises:
        PackError: naming the text and what is wrong with it.
    """
    try:
        statutes = msgspec.convert(tomllib.loads(text), dict[str, Statute])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PackError(f"{name}: {error}. docs/policies.md shows an entry of the register.") from error
    for law, statute in statutes.items():
        if what := _broken(statute, statutes):
            raise PackError(f"{name}: {law}: {what}")
    return Register(statutes)


def _broken(statute: Statute, all_: Mapping[str, Statute]) -> str:
    if not statute.versions:
        return "it has no version. Write at least the day from which it is in force."
    if not (statute.en.strip() and statute.zh.strip()):
        return "a name is missing; write en and zh."
    ends = [day for v in statute.versions for day in (v.since, v.until)]
    if ends != sorted(ends) or any(
        a.until == b.since for a, b in zip(statute.versions, statute.versions[1:], strict=False)
    ):
        return "its versions overlap or are not oldest first."
    starts = {v.since for v in statute.versions}
    if any(c.on not in starts for c in statute.renumbered):
        return "articles are renumbered on a day on which no version begins."
    if any(len(set(c.articles.values())) != len(c.articles) for c in statute.renumbered):
        return "two articles are renumbered to one."
    if statute.repealed_by and statute.repealed_by not in all_:
        return f"it is repealed by {statute.repealed_by!r}, which is not in the register."
    return ""


def _gap(statute: Statute, cite: Cite, first: date, last: date) -> Say | None:
    """The first day of a span on which the text is not in force."""
    day = first
    while day <= last:
        there = statute.version(day)
        if there is None:
            by = f" ({statute.repealed_by})" if statute.repealed_by else ""
            ended = any(v.until < day for v in statute.versions)
            return Say(
                f"{statute.en} is {f'repealed{by}' if ended else 'not yet in force'} on {day}, and article {cite.article} is cited then. "
                "Give the rule or the citation the term of the text.",
                f"《{statute.zh}》于 {day} {f'已废止{by}' if ended else '尚未施行'}，但仍引用第{cite.article}条。请使规则或引用的期间与该文本一致。",
            )
        if there.until >= last:
            return None
        day = there.until + timedelta(days=1)
    return None


def _head(article: str) -> int | None:
    found = _HEAD.match(article)
    return int(found[0][:9]) if found else None


def _moved(article: str, moves: Mapping[str, str]) -> str | None:
    """The new number, with what stands in brackets kept."""
    found = _HEAD.match(article)
    if found is None or found[0] not in moves:
        return None
    return moves[found[0]] + article[found.end() :]


def _parts_zh(article: str) -> str:
    """14(2)(4) as 14条第2款第4项."""
    units = ["条", "款", "项"]
    parts = re.findall(r"[^()]+", article)
    return "第".join(f"{p}{units[min(i, 2)]}" for i, p in enumerate(parts))
