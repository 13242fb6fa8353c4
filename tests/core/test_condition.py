"""Conditions: Python's own answer where all is known, Kleene's where it is not, and nothing but conditions."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.core.condition import DEPTH_MAX, LENGTH_MAX, checked, evaluate, holds, parse
from zhenbo.core.errors import PackError, ZhenboError

SCHEMA = {"a": "bool", "b": "bool", "n": "number", "m": "number", "price": "money", "hours": "hours", "goods": "text", "order.day": "day"}  # fmt: skip
NUMBERS = st.sampled_from(["n", "m", "3", "-1", "2.5"])
SUMS = st.recursive(NUMBERS, lambda s: st.builds("({} {} {})".format, s, st.sampled_from("+-*"), s) | st.builds("max({}, {})".format, s, s), max_leaves=4)  # fmt: skip
LEAVES = (
    st.sampled_from(["a", "b", "True", "goods == 'egg'", "goods not in ['egg', 'tea']", "a is True", "b is not False", "n is None"])
    | st.builds("{} {} {}".format, SUMS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), SUMS)
    | st.builds("{} <= {} < {}".format, SUMS, SUMS, SUMS)
)  # fmt: skip
TEXTS = st.recursive(
    LEAVES,
    lambda c: st.builds("({} and {})".format, c, c) | st.builds("({} or {})".format, c, c) | st.builds("(not {})".format, c),
    max_leaves=8,
)  # fmt: skip
FACTS = st.fixed_dictionaries(
    {"a": st.booleans(), "b": st.booleans(), "n": st.integers(-5, 5), "m": st.integers(-5, 5), "goods": st.sampled_from(["egg", "tea", "x"])}
)  # fmt: skip


@given(TEXTS, FACTS)
def test_known_facts_are_answered_as_python_answers(text, facts):
    """With everything known the answer is Python's own, and the tree of reasons says the same."""
    condition = parse(text, SCHEMA)
    assert holds(condition, facts) is eval(text, {"max": max}, dict(facts))
    assert evaluate(condition, facts).value is holds(condition, facts)


@given(TEXTS, FACTS, st.sets(st.sampled_from(["a", "b", "n", "m", "goods"])))
def test_what_is_unknown_never_turns_an_answer(text, facts, hidden):
    """An answer given without some facts stands whatever they turn out to be, unless it asked what is known."""
    condition = parse(text, SCHEMA)
    told = evaluate(condition, {k: v for k, v in facts.items() if k not in hidden})
    assert set(told.unknown) <= hidden
    if " is " not in text:
        assert told.value in {None, holds(condition, facts)}
        assert told.value is not None or told.unknown


def test_the_reasons_say_what_was_asked_and_what_was_skipped():
    """An order too late: the first part decides, the second is not looked at, nothing is missing."""
    told = evaluate(parse("hours <= 24 and (a or goods in ['egg'])", SCHEMA), {"hours": 25, "goods": "tea"})
    assert [(part.text, part.value, part.skipped) for part in told.parts] == [("hours <= 24", False, False), ("(a or goods in ['egg'])"[1:-1], None, True)]  # fmt: skip
    assert told.parts[0].facts == {"hours": 25}
    assert evaluate(parse("hours <= 24 and a", SCHEMA), {"hours": 2}).unknown == ("a",)
    assert holds(parse('order.day >= "2025-10-15"', SCHEMA), {"order.day": date(2025, 10, 14)}) is False
    assert parse("hours <= 24 or hours in [48]", SCHEMA).constants == {"hours": (24, 48)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hour < 3", "Did you mean hours"), ("price > hours", "compares"), ("price + hours > 3", "adds"), ("goods > 'a'", "neither more nor less"),
        ("n", "true or false"), ("not n", "belongs"), ("a.real", "Nobody knows"), ("(a).b", "Nobody knows"), ("goods.upper() == 'A'", "may not stand"),
        ("__import__('os').system('x')", "may not stand"), ("[a for a in b]", "may not stand"), ("lambda: a", "may not stand"), ("9**9**9**9 > n", "may not stand"),
        ("a if b else a", "may not stand"), ("goods == 'a' * 10", "number belongs"), ("goods in n", "list of values"), ("goods in ['a', n]", "is a fact"),
        ("f'{a}' == 'x'", "may not stand"), ("a is 3", "what is known"), ("n == 1e999", "no value"), ("n > 1j", "no value"), ("a and", "no condition"),
        ("order.day > 'soon'", "no day"), ("a;b", "no condition"), ("a := b", "no condition"), ("\x00a", "no condition"), ("max(*[n]) > 1", "may not stand"),
        ("(" * 150 + "a" + ")" * 150 + "(", "no condition"), ("not " * (DEPTH_MAX + 5) + "a", "levels deep"), ("a or " * LENGTH_MAX + "a", "characters"),
    ],
)  # fmt: skip
def test_nothing_else_is_read(text, says):
    """What is no condition is refused with a reason, at once."""
    with pytest.raises(PackError, match=says.replace("*", r"\*")):
        parse(text, SCHEMA)


def test_facts_from_outside_are_checked_aloud():
    """A misspelt or ill-typed fact is an error where it comes in, and tells nothing where it comes through."""
    with pytest.raises(ZhenboError, match="Did you mean hours"):
        checked({"hour": 3}, SCHEMA)
    with pytest.raises(ZhenboError, match="a number"):
        checked({"hours": "3"}, SCHEMA)
    assert holds(parse("hours < 24", SCHEMA), {"hours": "3"}) is None
    assert holds(parse("n < 24", SCHEMA), {"n": float("nan")}) is None


def test_products_keep_their_unit():
    """A share of a sum is a sum, and goes with sums; a sum by a sum is a plain number; a sum by hours goes with neither."""
    assert holds(parse("price * 0.5 > price / 3 and 2 * price >= price", SCHEMA), {"price": 100}) is True
    assert holds(parse("price / price >= 0.5 and n > price / price", SCHEMA), {"price": 100, "n": 2}) is True
    with pytest.raises(PackError, match="compares"):
        parse("price * hours > price", SCHEMA)


def test_beyond_all_numbers_nothing_is_known():
    """Infinite or absurd numbers, and sums that grow to them, neither hold nor fail nor crash."""
    condition = parse(
        "n * n * n * n * n * n * n * n * n * n * n * n * n * n * n * n * n * n / 3.0 > 1", {"n": "number"}
    )
    assert holds(condition, {"n": 10}) is True
    for value in (float("inf"), float("nan"), 10**400, 1e18, 10**18):
        assert holds(condition, {"n": value}) is None, value
