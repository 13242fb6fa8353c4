"""Packs of rules as shipped or as a user wrote them, the facts to ask them of, and the answers as JSON."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from zhenbo.act.policy import Change, Finding, Ruling, days_read
from zhenbo.core.condition import Told, Value
from zhenbo.core.errors import NoEventsError, PackError, ZhenboError
from zhenbo.core.rule import Fact, Pack, Rule, merged, read_facts, read_pack
from zhenbo.core.statute import Cited, Register, read_register

_PACKS = files("zhenbo.packs")
_CHINA = timezone(timedelta(hours=8))
_FAKES = {
    "viewers": "audience", "likes": "engagement", "comments": "engagement", "follows": "engagement", "shares": "engagement", "orders": "sales",
}  # fmt: skip
"""Question of every count of a verdict."""
SIZE_MAX = 64_000_000
"""Bytes of a file of facts."""


@dataclass(frozen=True)
class Asked:
    """Facts about one subject.

    Args:
        subject: whom or what they are about.
        day: of the facts; None where the file does not say.
        facts: by name.
    """

    subject: str
    day: date | None
    facts: Mapping[str, object]


class _Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    facts: dict[str, Any]
    subject: str = ""
    day: date | None = None


@cache
def register() -> Register:
    """The register of texts, as shipped."""
    return read_register((_PACKS / "statutes.toml").read_text("utf-8"), "packs/statutes.toml")


@cache
def shared_facts() -> dict[str, Fact]:
    """Facts known to every pack."""
    return read_facts((_PACKS / "rules" / "_facts.toml").read_text("utf-8"), "packs/rules/_facts.toml")


@cache
def shipped() -> dict[str, Pack]:
    """Packs as shipped, by name; read with what is wrong in them told, not raised."""
    found = sorted(
        (f for f in (_PACKS / "rules").iterdir() if f.name.endswith(".toml") and not f.name.startswith("_")),
        key=lambda f: f.name,
    )
    return {f.name.removesuffix(".toml"): read_pack(f.read_text("utf-8"), f.name, shared_facts(), strict=False) for f in found}  # fmt: skip


def pack_of(name: str, *, strict: bool = True) -> Pack:
    """A pack by its name, or from a TOML file of one's own; several as one.

    Args:
        name: of a shipped pack, or path of a file; `all` for every shipped one, or several with commas between.
        strict: raise where a condition does not read.

    Raises:
        PackError: where there is none of that name, or it does not read.
    """
    if name in shipped():
        return shipped()[name]
    if name == "all":
        return merged([*shipped().values()])
    if "," in name and not Path(name).is_file():
        return merged([pack_of(part.strip(), strict=strict) for part in name.split(",")])
    path = Path(name)
    if not path.is_file():
        near = get_close_matches(name, [*shipped()], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise PackError(
            f"There is no pack {name!r}, and no file of that name.{hint} Shipped: {', '.join(shipped())}."
        )
    return read_pack(_text(path), path.name, shared_facts(), strict=strict)


def rules_of(name: str) -> list[tuple[Pack, int, Rule]]:
    """Every version of a rule, newest first, with its pack and its place in it; none where there is no such rule."""
    found = [
        (pack, i, rule) for pack in shipped().values() for i, rule in enumerate(pack.rules) if rule.id == name
    ]
    return sorted(found, key=lambda f: f[2].since, reverse=True)  # fmt: skip


def rule_names() -> list[str]:
    """Ids of all shipped rules."""
    return list(dict.fromkeys(rule.id for pack in shipped().values() for rule in pack.rules))


def asked(paths: Iterable[Path], pack: Pack) -> list[Asked]:
    """Subjects with their facts, checked against what the pack knows.

    Args:
        paths: files of facts (TOML, JSON), `verdict.json`, or folders that hold one. Where a verdict is among them, the facts
            of the other files are added to each of its subjects.
        pack: whose facts they are.

    Raises:
        ZhenboError: naming the file and what is wrong with it.
        NoEventsError: where there is nothing to ask about.
    """
    judged: list[Asked] = []
    stated: list[Asked] = []
    for path in paths:
        place = _file(path)
        told = _parsed(place)
        try:
            if isinstance(told, dict) and "sessions" in told:
                judged += [*_judged(told)]
            else:
                found = msgspec.convert(told, _Stated)
                stated.append(Asked(found.subject or place.stem, found.day, _flat(found.facts)))
        except (msgspec.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ZhenboError(
                f"{place}: {error}. `zhenbo policy --example` prints a file of facts."
            ) from error
    if judged and stated:
        more = {name: value for one in stated for name, value in one.facts.items()}
        judged = [Asked(one.subject, one.day, {**one.facts, **more}) for one in judged]
    out = judged or stated
    if not out:
        raise NoEventsError(
            "No subject with facts was found. `zhenbo policy --example` prints a file of facts."
        )
    return [Asked(one.subject, one.day, _checked(one, pack)) for one in out]


def _checked(one: Asked, pack: Pack) -> dict[str, Value]:
    try:
        return days_read(one.facts, pack.kinds)
    except ZhenboError as error:
        raise ZhenboError(
            f"{one.subject[:80]}: {error} `zhenbo policy {pack.id} --facts` lists what its rules ask for."
        ) from error


def _file(path: Path) -> Path:
    """The file meant: of a folder, its verdict or its facts."""
    if not path.is_dir():
        return path
    for name in ("verdict.json", "facts.toml", "facts.json"):
        if (path / name).is_file():
            return path / name
    raise NoEventsError(
        f"{path} holds neither verdict.json nor facts.toml. `zhenbo audit DATA --out {path}` writes the first."
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_MAX:
            raise ZhenboError(
                f"{path} is larger than {SIZE_MAX // 1_000_000} MB; no pack and no file of facts is."
            )
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZhenboError(f"{path} cannot be read ({error}). Name a text file in UTF-8.") from error


def _parsed(path: Path) -> Any:
    text = _text(path)
    try:
        return msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ZhenboError(f"{path}: {error}. `zhenbo policy --example` prints a file of facts.") from error


def _flat(facts: Mapping[str, Any], head: str = "") -> dict[str, object]:
    """Dotted names from tables within tables."""
    out: dict[str, object] = {}
    for name, value in facts.items():
        if isinstance(value, dict) and head.count(".") < 5 and value.keys() != {"from", "to"}:
            out |= _flat(value, f"{head}{name}.")
        else:
            out[f"{head}{name}"] = value
    return out


def _judged(told: Mapping[str, Any]) -> Iterable[Asked]:
    """Subjects of a verdict, with the lower ends of what was found.

    Whether a penalty may rest on a verdict is said of its headline; what was found of other questions is weaker than that,
    and stays unknown here until a person states it.
    """
    for one in (*told["sessions"], *told.get("shops", ())):
        fake, gmv, sure = one.get("fake") or {}, one.get("gmv") or {}, one["verdict"] == "likely"
        facts: dict[str, object] = {
            "verdict.headline": one["verdict"], "verdict.penalty_ready": one["penalty_ready"],
            "verdict.probability_low": one.get("probability_low"), "gmv.gross": gmv.get("gross"),
            "gmv.brushed_low": gmv.get("brushed_low") if sure and one.get("question") == "sales" else None,
        }  # fmt: skip
        for name, question in _FAKES.items():
            seen = fake.get(name) if sure and one.get("question") == question else None
            facts[f"fake.{name}"] = seen["low"] / seen["shown"] if seen and seen["shown"] else None
        yield Asked(str(one.get("session_id") or one.get("shop_id")), _day(one.get("start")), facts)


def _day(text: str | None) -> date | None:
    """The day of a moment, in China, whose law is asked."""
    return datetime.fromisoformat(text).astimezone(_CHINA).date() if text else None


def rulings_json(pack: Pack, found: Sequence[tuple[Asked, date, Sequence[Ruling]]]) -> bytes:
    """Answers as `zhenbo policy PACK FACTS --json` prints them."""
    body = [
        {"subject": one.subject, "day": day, "rules": [_ruling(r) for r in rulings]} for one, day, rulings in found
    ]  # fmt: skip
    return encoded({"schema": 1, "pack": f"{pack.id}@{pack.version}", "subjects": body})


def _ruling(ruling: Ruling) -> dict[str, Any]:
    follows = ruling.rule.consequence
    return {
        "rule": ruling.rule.key, "title": ruling.rule.title, "outcome": ruling.outcome, "status": ruling.rule.status,
        "may_sanction": ruling.may_sanction, "needs_person": ruling.needs_person, "yields_to": ruling.yields_to or None,
        "cites": [_article(c) for c in ruling.cites], "penalty": [_article(c) for c in ruling.penalty],
        "consequence": {"on": follows.on, "then": follows.then, "says": follows.says, "fine": follows.fine, "serious": follows.serious},
        "wanted": list(ruling.wanted), "reasons": _told(ruling.told),
    }  # fmt: skip


def _article(cited: Cited) -> dict[str, Any]:
    return {"law": cited.law, "article": cited.article, "name": cited.name, "trust": cited.version.trust}


def _told(told: Told) -> dict[str, Any]:
    return {
        "text": told.text, "value": told.value, "skipped": told.skipped, "facts": dict(told.facts),
        "parts": [_told(part) for part in told.parts],
    }  # fmt: skip


def rules_json(packs: Iterable[Pack], day: date | None) -> bytes:
    """Rules as `zhenbo policy --json` and `zhenbo explain RULE --json` print them; as written, all where no day is named."""
    return encoded(
        {"schema": 1, "as_of": day, "packs": [
            {"id": p.id, "version": p.version, "title": p.title, "rules": [r for r in p.rules if day is None or r.on(day)]} for p in packs
        ]}
    )  # fmt: skip


def changes_json(first: date, last: date, found: Iterable[tuple[Pack, Sequence[Change]]]) -> bytes:
    """What changed between two days."""
    rows = [
        {"pack": pack.id, "rule": c.rule.key, "what": c.what, "title": c.rule.title, "before": [_article(a) for a in c.before],
         "after": [_article(a) for a in c.after]}
        for pack, changed in found for c in changed
    ]  # fmt: skip
    return encoded({"schema": 1, "from": first, "to": last, "changes": rows})


def findings_json(found: Mapping[str, Sequence[Finding]]) -> bytes:
    """What is wrong with packs, by name."""
    return encoded({"schema": 1, "packs": {n: {"ok": not f, "findings": f} for n, f in found.items()}})


def encoded(body: object) -> bytes:
    """JSON as people can read it."""
    return msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"
