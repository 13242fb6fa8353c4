"""Clauses read in their own words: what a sentence obliges to, forbids or supposes, and what the law makes of it.

The words are data (`packs/clauses`). A sentence is read phrase by phrase: a phrase that forbids obliges nobody, one that
supposes ("if brushing is found ...") or that a penalty follows neither. Of what is left, rules ask for words together: who
acts, what is done, and what shows that no buyer wants it. A word that honest contracts use as well never decides alone.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import msgspec

from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.statute import Cite, Cited, Register

_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_SENTENCES = re.compile(r"[。;!?\n]|\.(?:\s|$)")
_PHRASES = re.compile(
    r",(?!\d{3})|:|(?=(?:并且|而且|且|并|但)(?:应|须|需|不得|由|不能))|(?=\band (?:shall|will|must|may)\b)"
)
_LONG = 20_000
"""Characters of a clause that are read; contracts are pasted whole, books are not."""


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words by which a phrase is known for one that obliges nobody; the pack says what each is for."""

    bounds: list[str]
    forbids: list[str]
    lists: list[str]
    supposes: list[str]
    ends: list[str]
    penalises: list[str]
    here: list[str]
    otherwise: list[str]
    shirks: list[str]
    barred: list[str]
    duties: list[str]
    aims: list[str]
    instances: list[str]
    begins: list[str]
    subjects: list[str]
    continues: list[str]


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Articles behind a finding."""

    id: str
    cites: tuple[Cite, ...]


class ClauseRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that together make a clause void, or unclear.

    Args:
        id: of the rule.
        finds: void, or unclear: to be read by a person.
        law: id of the law behind it.
        says: what the clause obliges to.
        act: groups that all stand in what one side is to do.
        text: groups that all stand in the sentence, forbidding or not.
        beside: of each list one group stands in the sentence.
        unless: groups of which none stands in the sentence.
        unless_act: groups of which none stands in what is to be done.
        fires: clauses by which it holds.
        silent: clauses by which no rule of its kind holds.
    """

    id: str
    finds: Literal["void", "unclear"]
    law: str
    says: Say
    act: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    beside: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    unless_act: tuple[str, ...] = ()
    fires: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What a clause was found to be: the rule, and the words it rests on."""

    rule: ClauseRule
    words: tuple[str, ...]


@dataclass(frozen=True)
class ClauseLaw:
    """The words of clauses, and the register of the texts behind them."""

    pack: "ClausePack"
    register: Register

    def cites(self, rule: ClauseRule, day: date) -> list[Cited]:
        """Law behind a rule as it stood on a day."""
        law = next(one for one in self.pack.laws if one.id == rule.law)
        texts = ((c, self.register.statute(c.law).versions[0].since) for c in law.cites)
        return [c for cite, since in texts if (c := self.register.cited(cite, day, since)) is not None]


@dataclass(frozen=True)
class Passage:
    """A sentence, read.

    Args:
        whole: all of it.
        told: what of it is not forbidden.
        acts: what is to be done, one text per actor.
    """

    whole: str
    told: str
    acts: tuple[str, ...]


class ClausePack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True, rename={"laws": "law", "rules": "rule"}):  # fmt: skip
    """The words of clauses, the rules over them, the law behind them."""

    id: str
    version: int
    reading: Reading
    groups: dict[str, list[str]]
    laws: tuple[Law, ...]
    rules: tuple[ClauseRule, ...]

    @cached_property
    def words(self) -> Mapping[str, re.Pattern[str]]:
        """Every group as one expression."""
        return {name: _any(words) for name, words in self.groups.items()}

    @cached_property
    def ways(self) -> Mapping[str, re.Pattern[str]]:
        """Every way of reading as one expression."""
        return {name: _any(getattr(self.reading, name)) for name in Reading.__struct_fields__}

    def judge(self, clause: str) -> Found | None:
        """The first rule by which a clause is void; else the first by which it is unclear; None for an honest one."""
        read = list(self.passages(clause))
        for rule in sorted(self.rules, key=lambda r: r.finds != "void"):
            for passage in read:
                if words := self.holds(rule, passage):
                    return Found(rule, words)
        return None

    def says(self, group: str, text: str) -> str | None:
        """The first words of a group in a text."""
        found = self.words[group].search(text)
        return found[0] if found else None

    def passages(self, clause: str) -> Iterator[Passage]:
        """The sentences of a clause, read."""
        listed = False
        for sentence in self._sentences(clause):
            phrases = [p.strip() for p in _PHRASES.split(sentence) if p and p.strip()]
            state = ["forbidden"] * len(phrases) if listed else self._states(phrases)
            heads = [p for p, s in zip(phrases, state, strict=True) if s == "forbidden"]
            listed = listed or any(self.ways["lists"].search(p) for p in heads)
            told = ",".join(p for p, s in zip(phrases, state, strict=True) if s != "forbidden")
            yield Passage(sentence, told, tuple(self._acts(phrases, state)))

    def _sentences(self, clause: str) -> list[str]:
        """Sentences in plain signs, one that goes on with the one before joined to it."""
        text = unicodedata.normalize("NFKC", clause[:_LONG]).casefold().replace("’", "'")
        text = self.ways["bounds"].sub("达", _HAN_GAP.sub("", text))
        found: list[str] = []
        for part in (p.strip() for p in _SENTENCES.split(text)):
            if found and part and self.ways["continues"].search(part):
                found[-1] += "," + part
            elif part:
                found.append(part)
        return found

    def _states(self, phrases: Sequence[str]) -> list[str]:
        """What each phrase does: `forbidden`, `supposed`, or `told`."""
        ways, state = self.ways, ["told"] * len(phrases)
        for i, phrase in enumerate(phrases):
            if barred := ways["barred"].search(phrase):
                self._barred(phrases, state, i)
            if barred or ways["forbids"].search(phrase):
                state[i] = "forbidden"
            elif ways["shirks"].search(phrase):
                continue
            elif (
                ways["supposes"].search(phrase)
                or ways["here"].search(phrase)
                or self._instance(phrases, state, i)
            ):
                state[i] = "supposed"
            elif self._goes_on(phrases, state, i):
                state[i] = "forbidden"
            if state[i] != "forbidden" and (ways["ends"].search(phrase) or ways["penalises"].search(phrase)):
                state[i] = "supposed"
                if not ways["otherwise"].search(phrase):
                    self._supposed(phrases, state, i)
        return state

    def _instance(self, phrases: Sequence[str], state: Sequence[str], i: int) -> bool:
        """Whether a phrase names instances of what the one before it supposes."""
        return bool(i and state[i - 1] == "supposed" and self.ways["instances"].search(phrases[i]))

    def _goes_on(self, phrases: Sequence[str], state: Sequence[str], i: int) -> bool:
        """Whether a phrase is forbidden with the one before it; what that one only serves to keep out forbids nothing more."""
        ways = self.ways
        if not i or state[i - 1] != "forbidden" or ways["begins"].search(phrases[i]):
            return False
        return not ways["aims"].search(phrases[i - 1])

    def _barred(self, phrases: Sequence[str], state: list[str], i: int) -> None:
        """What is listed before a phrase that bars it is forbidden with it."""
        for j in range(i - 1, -1, -1):
            if state[j] != "told" or self.ways["duties"].search(phrases[j]):
                return
            state[j] = "forbidden"

    def _supposed(self, phrases: Sequence[str], state: list[str], i: int) -> None:
        """What stands before a phrase that takes it for no obligation is supposed with it."""
        for j in range(i - 1, -1, -1):
            if state[j] != "told" or self.ways["shirks"].search(phrases[j]):
                return
            state[j] = "supposed"

    def _acts(self, phrases: Sequence[str], state: Sequence[str]) -> Iterator[str]:
        """Phrases that are told, those of one actor together."""
        act: list[str] = []
        for phrase, how in zip(phrases, state, strict=True):
            if act and (how != "told" or self.ways["subjects"].search(phrase)):
                yield ",".join(act)
                act = []
            if how == "told":
                act.append(phrase)
        if act:
            yield ",".join(act)

    def holds(self, rule: ClauseRule, passage: Passage) -> tuple[str, ...]:
        """The words by which a rule holds of a sentence; none where it does not."""
        shown = passage.whole if rule.text else passage.told
        beside = [next((w for g in any_of if (w := self.says(g, shown))), None) for any_of in rule.beside]
        if None in beside or any(self.says(g, shown) for g in rule.unless):
            return ()
        texts = [passage.whole] if rule.text else passage.acts
        for text in texts:
            words = [self.says(g, text) for g in (*rule.act, *rule.text)]
            if None not in words and not any(self.says(g, text) for g in rule.unless_act):
                return tuple(dict.fromkeys(w.strip() for w in (*words, *beside) if w))
        return ()


def read_clauses(text: str, name: str) -> ClausePack:
    """The pack from its TOML.

    Raises:
        PackError: naming the file and what is wrong with it.
    """
    try:
        pack = msgspec.toml.decode(text, type=ClausePack)
        known = set(pack.words)
        _ = pack.ways  # an expression that does not read is told here
    except (msgspec.DecodeError, re.error) as error:
        raise PackError(f"{name}: {error}. Compare it with packs/clauses/cn.toml.") from error
    for rule in pack.rules:
        used = {*rule.act, *rule.text, *rule.unless, *rule.unless_act, *(g for b in rule.beside for g in b)}
        if strange := sorted(used - known):
            raise PackError(
                f"{name}: rule {rule.id} names {', '.join(strange)}, which is no group of the pack."
            )
        if not (rule.act or rule.text) or rule.law not in {law.id for law in pack.laws}:
            raise PackError(f"{name}: rule {rule.id} needs an act or a text, and a law of the pack.")
    return pack


def _any(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{w})" for w in words))
