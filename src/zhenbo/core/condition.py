"""Conditions of rules: a slice of Python's expression grammar over named facts, read and never run.

    deposit_paid is not True and days_since_opened > 7
    goods in ["fresh", "eggs"] and 0 <= hours_since_signed <= 24
    (refund + freight) * 2 >= price or not photo

A fact is known or not, and what is not known is not false: logic is Kleene's with three values. `and` is false as soon as one
part is, true when all are, else unknown; `or` likewise; `not` of unknown is unknown; a comparison or sum with an unknown part
is unknown. `x is True`, `x is not False`, `x is None` ask what is *known* of a fact and always have an answer: a rule that
goes by the absence of a fact must say so in these words.

Allowed are names (dotted ones too), numbers, texts, True and False, `and or not`, comparisons (chained as in Python), `in` a
list of values, `+ - * /`, `min`, `max`. Nothing else is: no calls, no attributes of values, no powers, no lambdas; text
longer or deeper than a person would write is refused. A condition is checked against the kinds of the facts it names before
it is ever asked, so a misspelt name is an error of the pack and not a fact forever unknown.
"""

import ast
import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from zhenbo.core.errors import PackError, ZhenboError

Value = bool | int | float | str | date | None
Facts = Mapping[str, object]

UNITS: Final = frozenset(
    {"number", "count", "money", "share", "days", "workdays", "hours", "minutes", "points", "months", "years"}
)
"""Kinds that are numbers; money in minor units. Two facts of different units are never compared or added."""
KINDS: Final = UNITS | {"bool", "text", "day"}

LENGTH_MAX: Final = 2_000
DEPTH_MAX: Final = 30
_LITERAL: Final = "literal"
_WHOLE_MAX: Final = 10**18


@dataclass(frozen=True)
class Told:
    """What a condition came to, with its reasons.

    Args:
        text: the part, as written.
        value: what it is; None where it is not known.
        facts: facts that this part itself names, with what is known of them.
        parts: the reasons of its parts, in order.
        skipped: not looked at, since an earlier part had decided.
    """

    text: str
    value: Value
    facts: Mapping[str, Value] = field(default_factory=dict)
    parts: tuple["Told", ...] = ()
    skipped: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """Facts that would have to be known for an answer, by name; none where there is one."""
        if self.value is not None or self.skipped:
            return ()
        own = (name for name, value in self.facts.items() if value is None)
        return tuple(sorted({*own, *(name for part in self.parts for name in part.unknown)}))

    def lines(self, depth: int = 0) -> Iterator[tuple[int, "Told"]]:
        """Every part with how deep it stands, the whole first."""
        yield depth, self
        for part in self.parts:
            yield from part.lines(depth + 1)


@dataclass(frozen=True)
class Node:
    """A part of a condition that can be asked."""

    text: str
    kind: str
    value: Callable[[Facts], Any]
    told: Callable[[Facts], Told]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A condition that was read and checked.

    Args:
        text: as written.
        names: facts it names, with their kinds.
        constants: values it compares each fact with, by fact; the places where its answer can change.
        root: its parts.
    """

    text: str
    names: Mapping[str, str]
    constants: Mapping[str, tuple[Value, ...]]
    root: Node = field(repr=False, compare=False)


def parse(text: str, schema: Mapping[str, str]) -> Condition:
    """Read a condition and check it against the kinds of its facts.

    Args:
        text: the condition.
        schema: kind (`KINDS`) per fact that may be named.

    Raises:
        PackError: where it is not a condition, names a fact that nobody knows of, or mixes kinds.
    """
    if len(text) > LENGTH_MAX:
        raise PackError(
            f"A condition of {len(text)} characters; at most {LENGTH_MAX} are read. Split the rule."
        )
    if wrong := {kind for kind in schema.values() if kind not in KINDS}:
        raise PackError(f"Facts of unknown kinds {sorted(wrong)}; there are {', '.join(sorted(KINDS))}.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PackError(
            f"This is no condition: {_short(text)!r} ({type(error).__name__}: {_short(str(error))})."
        ) from error
    reader = _Reader(text.strip(), schema)
    root = reader.read(tree.body, 0)
    if root.kind != "bool":
        raise PackError(f"A condition is true or false; {_short(text)!r} is {_article(root.kind)}.")
    return Condition(text.strip(), root.names, {k: tuple(v) for k, v in reader.constants.items()}, root)


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Whether a condition holds; None where what is known does not tell. The short form of `evaluate`."""
    value: bool | None = condition.root.value(facts)
    return value


def evaluate(condition: Condition, facts: Facts) -> Told:
    """The answer with its tree of reasons.

    Args:
        condition: one that was parsed.
        facts: what is known, by name; a fact that is absent or None is unknown, and so is a number that is none (NaN, infinite).
    """
    return condition.root.told(facts)


def checked(facts: Mapping[str, object], schema: Mapping[str, str]) -> dict[str, Value]:
    """Facts from outside, each of the kind it should be.

    Raises:
        ZhenboError: naming the fact, what it is and what it should be.
    """
    out: dict[str, Value] = {}
    for name, value in facts.items():
        if name not in schema:
            raise ZhenboError(f"Nobody asks for a fact {_short(name)!r}.{_meant(name, schema)}")
        if value is not None and not _fits(value, schema[name]):
            raise ZhenboError(
                f"The fact {name} is {_short(repr(value))}; {_article(schema[name])} was expected."
            )
        out[name] = value  # type: ignore[assignment]
    return out


def _fits(value: object, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in UNITS:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (isinstance(value, int) or math.isfinite(value))
        )
    if kind == "text":
        return isinstance(value, str)
    return isinstance(value, date) and not isinstance(value, datetime)


_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b,
}  # fmt: skip
_REACH: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b if b else None,
}  # fmt: skip
_CHOOSE: Final[Mapping[str, Callable[[Iterable[Any]], Any]]] = {"min": min, "max": max}


class _Reader:
    """Turns a syntax tree into nodes; whatever is not named here is refused."""

    def __init__(self, text: str, schema: Mapping[str, str]) -> None:
        self.text = text
        self.schema = schema
        self.constants: dict[str, list[Value]] = {}

    def read(self, tree: ast.expr, depth: int) -> Node:
        """The node of a tree.

        Raises:
            PackError: where it says something that no condition may say.
        """
        if depth > DEPTH_MAX:
            raise PackError(
                f"A condition {DEPTH_MAX} levels deep or more: {_short(self.text)!r}. Split the rule."
            )
        match tree:
            case ast.Constant():
                return self._constant(tree)
            case ast.Name() | ast.Attribute():
                return self._fact(tree)
            case ast.BoolOp():
                return self._logic(tree, [self.read(part, depth + 1) for part in tree.values])
            case ast.UnaryOp(op=ast.Not()):
                return self._negated(tree, self.read(tree.operand, depth + 1))
            case ast.UnaryOp(op=ast.USub()):
                return self._minus(tree, self.read(tree.operand, depth + 1))
            case ast.BinOp(op=op) if type(op) in _REACH:
                sides = [self.read(side, depth + 1) for side in (tree.left, tree.right)]
                return self._sum(tree, sides, _REACH[type(op)], mixes=isinstance(op, ast.Mult | ast.Div))
            case ast.Compare():
                return self._compared(tree, depth)
            case ast.Call(func=ast.Name(id="min" | "max" as name), keywords=[]) if tree.args:
                return self._chosen(tree, [self.read(part, depth + 1) for part in tree.args], _CHOOSE[name])
        raise PackError(
            f"{_short(self._said(tree))!r} may not stand in a condition. Allowed are facts, values, and/or/not, comparisons, "
            "in a list, + - * /, min and max."
        )

    def _said(self, tree: ast.AST) -> str:
        return ast.get_source_segment(self.text, tree) or type(tree).__name__

    def _constant(self, tree: ast.Constant) -> Node:
        value, text = tree.value, self._said(tree)
        if not isinstance(value, bool | int | float | str) or (
            isinstance(value, int | float) and not abs(value) <= _WHOLE_MAX
        ):
            raise PackError(f"{_short(text)!r} is no value that a condition can speak of.")
        kind = "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else _LITERAL
        return Node(text, kind, lambda _: value, lambda _: Told(text, value))

    def _fact(self, tree: ast.expr) -> Node:
        name = _dotted(tree)
        if name is None:
            raise PackError(
                f"{_short(self._said(tree))!r} may not stand in a condition: only facts have dotted names."
            )
        if name not in self.schema:
            raise PackError(f"Nobody knows of a fact {name!r}.{_meant(name, self.schema)}")
        kind = self.schema[name]
        return Node(
            name, kind, lambda facts: _known(facts, name, kind),
            lambda facts: Told(name, _known(facts, name, kind), {name: _known(facts, name, kind)}), {name: kind},
        )  # fmt: skip

    def _logic(self, tree: ast.BoolOp, parts: Sequence[Node]) -> Node:
        for part in parts:
            self._must(part, "bool")
        decides = isinstance(tree.op, ast.Or)
        values = [part.value for part in parts]

        def value(facts: Facts) -> bool | None:
            open_ = False
            for ask in values:
                found = ask(facts)
                if found is decides:
                    return found
                open_ = open_ or found is None
            return None if open_ else not decides

        def told(facts: Facts) -> Told:
            seen: list[Told] = []
            for part in parts:
                done = any(s.value is decides for s in seen)
                seen.append(Told(part.text, None, skipped=True) if done else part.told(facts))
            return Told(text, value(facts), parts=tuple(seen))

        text = self._said(tree)
        return Node(text, "bool", value, told, _names(parts))

    def _negated(self, tree: ast.UnaryOp, part: Node) -> Node:
        self._must(part, "bool")

        def value(facts: Facts) -> bool | None:
            found = part.value(facts)
            return None if found is None else not found

        return self._whole(tree, "bool", [part], value)

    def _minus(self, tree: ast.UnaryOp, part: Node) -> Node:
        self._number(part)

        def value(facts: Facts) -> Any:
            found = part.value(facts)
            return None if found is None else -found

        return self._whole(tree, part.kind, [part], value)

    def _sum(
        self, tree: ast.BinOp, sides: Sequence[Node], reach: Callable[[Any, Any], Any], *, mixes: bool
    ) -> Node:
        for side in sides:
            self._number(side)
        kinds = {side.kind for side in sides} - {_LITERAL}
        if len(kinds) > 1 and not mixes:
            raise PackError(f"{_short(self._said(tree))!r} adds {' to '.join(sorted(kinds))}.")
        kind = _kind_of(sides, tree.op) if mixes else next(iter(kinds), _LITERAL)

        def value(facts: Facts) -> Any:
            left, right = (side.value(facts) for side in sides)
            if left is None or right is None:
                return None
            try:
                found = reach(left, right)
                return found if found is None or math.isfinite(found) else None
            except OverflowError:  # beyond all numbers nothing is known
                return None

        return self._whole(tree, kind, sides, value)

    def _chosen(self, tree: ast.Call, parts: Sequence[Node], choose: Callable[[Iterable[Any]], Any]) -> Node:
        for part in parts:
            self._number(part)
        kinds = {part.kind for part in parts} - {_LITERAL}
        if len(kinds) > 1:
            raise PackError(f"{_short(self._said(tree))!r} chooses among {' and '.join(sorted(kinds))}.")

        def value(facts: Facts) -> Any:
            found = [part.value(facts) for part in parts]
            return None if None in found else choose(found)

        return self._whole(tree, next(iter(kinds), _LITERAL), parts, value)

    def _compared(self, tree: ast.Compare, depth: int) -> Node:
        """A chain of comparisons is all of its links, as in Python; each operand stands once."""
        operands = [tree.left, *tree.comparators]
        links = [
            self._link(tree, one, op, other, depth)
            for one, op, other in zip(operands, tree.ops, tree.comparators, strict=False)
        ]
        if len(links) == 1:
            return links[0]

        def value(facts: Facts) -> bool | None:
            found = [link.value(facts) for link in links]
            return False if False in found else None if None in found else True

        return self._whole(tree, "bool", links, value)

    def _link(self, tree: ast.Compare, one: ast.expr, op: ast.cmpop, other: ast.expr, depth: int) -> Node:
        text = (
            self._said(tree)
            if len(tree.ops) == 1
            else f"{self._said(one)} {_SIGN[type(op)]} {self._said(other)}"
        )
        left = self.read(one, depth + 1)
        if isinstance(op, ast.In | ast.NotIn):
            return self._among(text, left, other, isinstance(op, ast.In))
        if isinstance(op, ast.Is | ast.IsNot):
            return self._known_as(text, left, other, isinstance(op, ast.Is))
        right = _as_day(self.read(other, depth + 1), left)
        left = _as_day(left, right)
        self._alike(text, left, right, ordered=not isinstance(op, ast.Eq | ast.NotEq))
        for fact, limit in ((left, right), (right, left)):
            if len(fact.names) == 1 and not limit.names:
                self.constants.setdefault(next(iter(fact.names)), []).append(limit.value({}))
        compare = _COMPARE[type(op)]

        def value(facts: Facts) -> bool | None:
            a, b = left.value(facts), right.value(facts)
            return None if a is None or b is None else bool(compare(a, b))

        return _leaf(text, [left, right], value)

    def _among(self, text: str, left: Node, other: ast.expr, wanted: bool) -> Node:
        if not isinstance(other, ast.List | ast.Tuple | ast.Set):
            raise PackError(
                f'{_short(text)!r}: `in` wants a list of values, as in goods in ["fresh", "eggs"].'
            )
        parts = [self.read(part, DEPTH_MAX) for part in other.elts]
        for part in parts:
            if part.names:
                raise PackError(f"{_short(text)!r}: `in` wants a list of values, and {part.text} is a fact.")
            self._alike(text, left, part, ordered=False)
        values = frozenset(part.value({}) for part in parts)
        for name in left.names:
            self.constants.setdefault(name, []).extend(part.value({}) for part in parts)

        def value(facts: Facts) -> bool | None:
            found = left.value(facts)
            return None if found is None else (found in values) is wanted

        return _leaf(text, [left], value)

    def _known_as(self, text: str, left: Node, other: ast.expr, wanted: bool) -> Node:
        if not (isinstance(other, ast.Constant) and (other.value is None or isinstance(other.value, bool))):
            raise PackError(f"{_short(text)!r}: `is` asks what is known: is True, is False or is None.")
        if other.value is not None:
            self._must(left, "bool")
        asked = other.value
        return _leaf(text, [left], lambda facts: (left.value(facts) is asked) is wanted)

    def _whole(self, tree: ast.AST, kind: str, parts: Sequence[Node], value: Callable[[Facts], Any]) -> Node:
        text = self._said(tree)
        return Node(
            text,
            kind,
            value,
            lambda f: Told(text, value(f), parts=tuple(p.told(f) for p in parts)),
            _names(parts),
        )

    def _must(self, part: Node, kind: str) -> None:
        if part.kind != kind:
            raise PackError(
                f"{_short(part.text)!r} is {_article(part.kind)} where {_article(kind)} belongs, in {_short(self.text)!r}."
            )

    def _number(self, part: Node) -> None:
        if part.kind not in UNITS | {_LITERAL}:
            raise PackError(
                f"{_short(part.text)!r} is {_article(part.kind)} where a number belongs, in {_short(self.text)!r}."
            )

    def _alike(self, text: str, left: Node, right: Node, *, ordered: bool) -> None:
        """Both of one kind; a bare number goes with every unit."""
        kinds = {left.kind, right.kind} - {_LITERAL}
        numbers = kinds <= UNITS
        if not (len(kinds) <= 1 and (numbers or _LITERAL not in {left.kind, right.kind})):
            raise PackError(f"{_short(text)!r} compares {_article(left.kind)} with {_article(right.kind)}.")
        if ordered and kinds & {"bool", "text"}:
            raise PackError(f"{_short(text)!r}: {_article(*kinds)} is neither more nor less than another.")


def _as_day(part: Node, beside: Node) -> Node:
    """A text like "2025-10-15" beside a day is a day."""
    if part.kind != "text" or part.names or beside.kind != "day":
        return part
    try:
        day = date.fromisoformat(part.value({}))
    except ValueError as error:
        raise PackError(f'{_short(part.text)} is no day; write it as "2025-10-15".') from error
    return Node(part.text, "day", lambda _: day, lambda _: Told(part.text, day))


_SIGN: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


def _leaf(text: str, parts: Sequence[Node], value: Callable[[Facts], bool | None]) -> Node:
    """A comparison: its reasons are the facts it names, not the arithmetic."""
    names = _names(parts)

    def told(facts: Facts) -> Told:
        return Told(text, value(facts), {name: _known(facts, name, names[name]) for name in sorted(names)})

    return Node(text, "bool", value, told, names)


def _kind_of(sides: Sequence[Node], op: ast.operator) -> str:
    """The unit of a product or quotient: kept beside a plain number or a share, else lost."""
    left, right = (side.kind for side in sides)
    plain = {_LITERAL, "number", "share"}
    if right in plain and (left not in plain or right == _LITERAL):
        return left
    if isinstance(op, ast.Mult) and left in plain and (right not in plain or left == _LITERAL):
        return right
    return "number"


def _known(facts: Facts, name: str, kind: str) -> Any:
    """A fact's value; one of another kind than it should be tells nothing (`checked` says so aloud)."""
    value = facts.get(name)
    return value if _fits(value, kind) else None


def _names(parts: Iterable[Node]) -> dict[str, str]:
    return {name: kind for part in parts for name, kind in part.names.items()}


def _dotted(tree: ast.expr) -> str | None:
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            head = _dotted(value)
            return None if head is None else f"{head}.{attr}"
    return None


def _meant(name: str, among: Iterable[str]) -> str:
    close = difflib.get_close_matches(name[:80], [*among], n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _article(kind: str) -> str:
    return {"bool": "true or false", "text": "a text", "day": "a day", _LITERAL: "a number"}.get(
        kind, f"a number ({kind})"
    )


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119]}…"
