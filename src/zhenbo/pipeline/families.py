"""Checks of the packs that are no packs of rules: guarantees, penalties, tiers, the register of texts.

Each family has a reader that refuses what breaks its own form; citations and languages are looked at alike in all of them.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from zhenbo.act.guarantee.facts import NAMES
from zhenbo.act.guarantee.services import Guarantees
from zhenbo.act.guarantee.services import read as read_guarantees
from zhenbo.act.policy import Finding
from zhenbo.act.policy.search import together
from zhenbo.core.claim import FINDINGS
from zhenbo.core.condition import holds
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.rule import Fact
from zhenbo.core.statute import Cite, Register, read_register
from zhenbo.pipeline.governance import penalties, tier_rules
from zhenbo.pipeline.policies import register

_PACKS: Final = files("zhenbo.packs")
_FOLDERS: Final = ("guarantees", "penalties")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_DEEP: Final = 30
_FACTS: Final = {name: Fact(kind, say.en, say.zh) for name, (kind, say) in NAMES.items()}


def names() -> dict[str, Path]:
    """Shipped packs of these families by name, with their files: `guarantees/law`, `penalties/platform`, `statutes`."""
    found = {
        f"{folder}/{file.name.removesuffix('.toml')}": Path(str(file))
        for folder in _FOLDERS
        for file in sorted((_PACKS / folder).iterdir(), key=lambda f: f.name)
        if file.name.endswith(".toml") and _family(_loaded(Path(str(file))))
    }
    return found | {"statutes": Path(str(_PACKS / "statutes.toml"))}


def check_family(name: str) -> tuple[int, tuple[Finding, ...]] | None:
    """What is wrong with a pack of another family, and how many parts it has.

    Args:
        name: of a shipped one (its folder may be left out), or a TOML file.

    Returns:
        None where it is none: no such name, or a file of another form or none, which is then for the check of rules.
    """
    path = _named(name)
    if path is None:
        return None
    try:
        told = _loaded(path)
    except PackError:
        return None  # the check of rules says in what way it does not read
    family = _family(told)
    if not family:
        return None
    parts, read = _READERS[family]
    found = [*dict.fromkeys((*_languages(told, ""), *_citations(told, register())))]
    try:
        made = read(path, told)
        if isinstance(made, Guarantees):
            found += _steps(made, told)
    except PackError as error:
        if not any(
            f.say.en in str(error) for f in found
        ):  # the reader stops at the first, which may be told already
            found.insert(0, Finding("", "form", Say(str(error), str(error))))
    return parts(told), tuple(found)


def _steps(made: Guarantees, told: Mapping[str, Any]) -> Iterator[Finding]:
    """Steps of a guarantee that no facts reach, that refuse because nobody told a fact, or that refuse without a clause."""
    for service in made.services.values():
        if not service.rule.startswith(f"{told.get('id')} "):
            continue
        for step, condition in service.steps:
            place = f"{service.service.id}/{step.id}"
            searched = together([condition], _FACTS)
            if searched.facts is None and not searched.given_up:
                yield Finding(place, "never", Say("It can never hold: no values of its facts make the condition true.", "该步骤不可能成立：任何事实取值都不能使条件为真。"))  # fmt: skip
            if step.then != "refuse":
                continue
            if not step.cites:
                yield Finding(
                    place, "uncited", Say("It refuses without a clause.", "该步骤拒绝申请但没有引用条款。")
                )
            wanted = {n for n in condition.names if n not in FINDINGS and step.unless_unconfirmed is None}
            if wanted and holds(condition, dict.fromkeys(condition.names)) is True:
                yield Finding(place, "absence", Say(f"It refuses because nobody told {', '.join(sorted(wanted))}. Ask for it instead.", f"该步骤因无人说明 {'、'.join(sorted(wanted))} 而拒绝；请改为询问。"))  # fmt: skip


def _named(name: str) -> Path | None:
    shipped = names()
    by_stem = {full.rpartition("/")[2]: path for full, path in shipped.items()}
    if name in shipped or name in by_stem:
        return shipped.get(name) or by_stem[name]
    path = Path(name)
    return path if path.is_file() else None


def _loaded(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"{path}: {error}. Name a TOML file in UTF-8.") from error


def _family(told: Mapping[str, Any]) -> str:
    if "rule" in told:
        return ""
    if "service" in told or "liable" in told:
        return "guarantees"
    if "offence" in told:
        return "penalties"
    if "monitoring" in told:
        return "tiers"
    tables = [part for part in told.values() if isinstance(part, dict)]
    return "statutes" if tables and len(tables) == len(told) and all("versions" in t for t in tables) else ""


def _guarantee(path: Path, told: Mapping[str, Any]) -> Guarantees:
    """Read among the shipped ones, in the place of the one whose id it bears: services hand claims on to one another."""
    texts = []
    for file in sorted((_PACKS / "guarantees").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            text = file.read_text("utf-8")
            if tomllib.loads(text).get("id") != told.get("id"):
                texts.append((file.name, text))
    return read_guarantees([*texts, (path.name, path.read_text("utf-8"))], register())


def _statutes(path: Path, _: Mapping[str, Any]) -> None:
    read_register(path.read_text("utf-8"), path.name)


_READERS: Final[Mapping[str, tuple[Callable[[Mapping[str, Any]], int], Callable[[Path, Mapping[str, Any]], object]]]] = {
    "guarantees": (lambda t: _many(t, "service") + _many(t, "liable"), _guarantee),
    "penalties": (lambda t: _many(t, "offence"), lambda path, _: penalties(path)),
    "tiers": (lambda t: _many(t, "monitoring"), lambda path, _: tier_rules(path)),
    "statutes": (len, _statutes),
}  # fmt: skip
"""Per family: how many parts a file has, and what refuses a wrong one."""


def _many(told: Mapping[str, Any], name: str) -> int:
    part = told.get(name, ())
    return len(part) if isinstance(part, list | dict) else 0


def _parts(told: object, where: str, deep: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table within, with the nearest id around it."""
    if deep > _DEEP:
        return
    if isinstance(told, dict):
        where = str(told["id"])[:80] if isinstance(told.get("id"), str) else where
        yield where, told
    for name, part in (
        told.items() if isinstance(told, dict) else enumerate(told if isinstance(told, list) else ())
    ):
        yield from _parts(part, where or str(name)[:80], deep + 1)


def _languages(told: Mapping[str, Any], where: str) -> Iterator[Finding]:
    """Sentences without one of the two languages."""
    for place, part in _parts(told, where):
        if not ("en" in part or "zh" in part):
            continue
        en, zh = (str(part.get(lang, "")).strip() for lang in ("en", "zh"))
        if not (en or zh):  # nothing is said here, on purpose
            continue
        if not en:
            yield Finding(place, "words", Say(f"{zh[:80]!r} has no English.", f"“{zh[:80]}”缺少英文。"))
        if not _HAN.search(zh):
            yield Finding(place, "words", Say(f"{en[:80]!r} has no Chinese.", f"“{en[:80]}”缺少中文。"))


def _citations(told: Mapping[str, Any], texts: Register) -> Iterator[Finding]:
    """Clauses that are not in force, or numbered otherwise, on a day they are cited from the text's first day on."""
    for place, cite, since, until in _cited(told, "", date.min, date.max):
        if cite.law in texts.statutes:
            since = max(since, texts.statute(cite.law).versions[0].since)  # noqa: PLW2901 - before it, the clause is left out
        if (wrong := texts.wrong(cite, since, until)) is not None:
            yield Finding(place, "citation", wrong)


def _cited(
    told: object, where: str, since: date, until: date, deep: int = 0
) -> Iterator[tuple[str, Cite, date, date]]:
    if deep > _DEEP:
        return
    if isinstance(told, list):
        for part in told:
            yield from _cited(part, where, since, until, deep + 1)
    if not isinstance(told, dict):
        return
    where = str(told["id"])[:80] if isinstance(told.get("id"), str) else where
    since, until = _term(told, "from", since), _term(told, "to", until)
    if isinstance(told.get("law"), str) and isinstance(told.get("article"), str):
        yield where, Cite(told["law"], told["article"]), since, until
    for part in told.values():
        yield from _cited(part, where, since, until, deep + 1)


def _term(told: Mapping[str, Any], name: str, otherwise: date) -> date:
    day = told.get(name)
    return day if type(day) is date else otherwise
