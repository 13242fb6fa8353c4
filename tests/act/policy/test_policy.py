"""Rules over facts: what is unknown convicts nobody, drafts sanction nobody, and a bad pack is told before it is used."""

from datetime import date
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.act.policy import changes, check, days_read, facts_of, rulings
from zhenbo.core.condition import holds
from zhenbo.core.errors import PackError, StoryError, ZhenboError
from zhenbo.core.rule import Example, read_pack
from zhenbo.pipeline.policies import register, shared_facts, shipped

HEAD = """
id = "mine"
version = 1
title = { en = "Mine", zh = "自有规则" }
[facts]
by_party = { kind = "bool", en = "done by the party", zh = "本人所为" }
n = { kind = "count", en = "how many", zh = "数量" }
"""
RULE = {
    "id": '"a"', "title": '{ en = "Fakes", zh = "虚构" }', "from": "2021-05-25", "scope": '["room"]', "when": '"by_party and n > 3"',
    "cites": '[{ law = "cn.aucl", article = "8" }, { law = "cn.ecommerce", article = "17" }]',
    "consequence": '{ on = "trade", then = "sanction", says = { en = "It stops.", zh = "停止。" } }',
    "runbook": '{ en = "Ask.", zh = "询问。" }', "fires": "{ day = 2025-03-01, facts = { by_party = true, n = 4 } }",
    "silent": "{ day = 2025-03-01, facts = { by_party = true, n = 3 } }",
}  # fmt: skip


def pack(*rules):
    """A pack of rules that differ from RULE as told."""
    text = HEAD + "".join(
        "[[rule]]\n" + "".join(f"{k} = {v}\n" for k, v in {**RULE, **r}.items()) for r in rules
    )
    return read_pack(text, "mine.toml", shared_facts(), strict=False)


def kinds(*rules):
    """What the check says of them, in short."""
    return {f.kind for f in check(pack(*rules), register())}


ALLOW = {
    "id": '"b"', "when": '"n > 10"', "consequence": '{ on = "trade", then = "allow", says = { en = "Fine.", zh = "可以。" } }',
    "fires": "{ day = 2025-03-01, facts = { n = 11 } }", "silent": "{ day = 2025-03-01, facts = { n = 3 } }",
}  # fmt: skip


def test_a_sound_pack_passes():
    """The rule that all others here are made from has nothing wrong with it."""
    assert kinds({}) == set()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"from": "2025-10-15", "fires": "{ day = 2025-11-01, facts = { by_party = true, n = 4 } }", "silent": "{ day = 2025-11-01 }"}, "citation"),
        ({"cites": '[{ law = "cn.price_old", article = "7" }, { law = "cn.ecommerce", article = "17" }]'}, "citation"),
        ({"cites": '[{ law = "cn.aucl_net", article = "9", from = 2024-09-01 }]'}, "second_hand"),
        ({"cites": "[]"}, "uncited"),
        ({"when": '"by_partie and n > 3"'}, "condition"),
        ({"when": '"by_party > 3"'}, "condition"),
        ({"when": '"by_party and n > 3 and n < 3"'}, "never"),
        ({"when": '"by_party is not False and n > 3"'}, "convicts"),
        ({"when": '"not (by_party is False) and n > 3"'}, "convicts"),
        ({"to": "2020-01-01"}, "dates"),
        ({"title": '{ en = "虚构", zh = "虚构" }'}, "words"),
        ({"runbook": '{ en = "Ask.", zh = " " }'}, "words"),
        ({"scope": "[]"}, "scope"),
        ({"fires": "{ day = 2025-03-01, facts = { by_party = true } }"}, "fires"),
        ({"fires": "{ day = 2019-03-01, facts = { by_party = true, n = 4 } }"}, "example_day"),
        ({"fires": '{ day = 2025-03-01, facts = { by_party = "yes", n = 4 } }'}, "example"),
        ({"fires": '{ day = 2025-03-01, story = "20:00 a1 dances" }'}, "example"),
        ({"silent": "{ day = 2025-03-01, facts = { by_party = true, n = 9 } }"}, "silent"),
        ({"over": '["c"]'}, "over"),
        ({"consequence": '{ on = "trade", then = "void", by = "machine", says = { en = "It stops.", zh = "停止。" } }'}, "alone"),
        ({"consequence": '{ on = "trade", then = "sanction", fine = { least = 9, most = 1 }, says = { en = "It stops.", zh = "停止。" } }'}, "range"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(change, kind):
    """One thing made wrong in a sound rule is found, by name."""
    assert kind in kinds(change)


def test_sums_of_facts_are_searched():
    """Rules over sums and over facts beside facts are neither called impossible nor missed when they contradict."""
    both = "n + record.orders > 100 and n * 2 < record.orders"
    facts = '{ day = 2025-03-01, facts = { n = 4, "record.orders" = 200 } }'
    assert kinds({"when": f'"{both}"', "fires": facts}) == set()
    assert kinds(
        {"when": f'"{both}"', "fires": facts}, {**ALLOW, "when": '"n + record.orders > 150"', "fires": facts}
    ) == {"conflict"}
    assert "never" in kinds({"when": '"n > record.orders and record.orders > n"'})


def test_facts_are_told_in_both_languages():
    """A fact whose meaning stands in one language only is named."""
    one = (
        HEAD.replace('zh = "数量"', 'zh = "count"')
        + "[[rule]]\n"
        + "".join(f"{k} = {v}\n" for k, v in RULE.items())
    )
    (found,) = check(read_pack(one, "mine.toml", shared_facts(), strict=False), register())
    assert (found.kind, found.say.en) == ("words", "n has no Chinese text.")


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("(by_party is not True or a is not True) and n > 3", {"by_party is not True", "a is not True"}),
        ("not (by_party is True and a is True) and n > 3", {"by_party is True", "a is True"}),
        ("(n is None) == True", {"(n is None) == True"}),
        ("(a is not True) is True and n > 3", {"(a is not True) is True"}),
        ("n is None or n > 3", {"n is None"}),
        ("not (n is None) and n is not None and by_party is True and not (a is not True)", set()),
        ("by_party and not a and n > 3", set()),
    ],
)
def test_a_sanction_for_want_of_a_fact_is_told(when, told):
    """However many facts would have to be withheld, and whatever the examples hide: the very part is named."""
    text = HEAD + 'a = { kind = "bool", en = "another", zh = "甲" }\n[[rule]]\n'
    text += "".join(f"{k} = {v}\n" for k, v in {**RULE, "when": f'"{when}"'}.items())
    found = check(read_pack(text, "mine.toml", shared_facts(), strict=False), register())
    assert {f.say.en.split("`")[1] for f in found if f.kind == "absence"} == told


def test_rules_that_contradict_each_other_fail():
    """Two rules over one matter with opposite consequences are told with facts on which both hold, unless one goes first or they never meet."""
    assert kinds({}, ALLOW) == {"conflict"}
    assert "conflict" in kinds({}, ALLOW | {"when": '"n is not None and by_party is not False"'})
    assert "never" not in kinds(ALLOW | {"when": '"n is None and by_party"'})
    told = next(f for f in check(pack({}, ALLOW), register()) if f.kind == "conflict")
    assert "n = 11" in told.say.en
    assert "n = 11" in told.say.zh
    assert kinds({"over": '["b"]'}, ALLOW) == set()
    assert (
        kinds(
            {"to": "2025-06-30"},
            {
                **ALLOW,
                "from": "2025-07-01",
                "fires": "{ day = 2025-07-01, facts = { n = 11 } }",
                "silent": "{ day = 2025-07-01 }",
            },
        )
        == set()
    )
    assert kinds({"when": '"by_party and n > 3 and n <= 10"'}, ALLOW) == set()
    assert kinds({}, {**ALLOW, "scope": '["buyer"]'}) == set()


def test_versions_of_one_rule_never_overlap():
    """One id twice needs another version and another term."""
    later = {"from": "2025-01-01", "version": "2"}
    assert kinds({}, later) == {"overlap"}
    assert kinds(
        {"to": "2025-06-30"},
        {
            "from": "2025-07-01",
            "fires": RULE["fires"].replace("03-01", "08-01"),
            "silent": RULE["silent"].replace("03-01", "08-01"),
        },
    ) == {"versions"}


def test_a_draft_sanctions_nobody():
    """A draft that holds says that it would, and may not sanction."""
    facts = {"by_party": True, "n": 9}
    (draft,) = rulings(pack({"status": '"draft"'}), facts, date(2025, 3, 1), register())
    assert (draft.outcome, draft.may_sanction, draft.told.value) == ("draft", False, True)
    (active,) = rulings(pack({}), facts, date(2025, 3, 1), register())
    assert (active.outcome, active.may_sanction, active.needs_person) == ("holds", True, True)


def test_law_is_that_of_the_day():
    """The same rule cites article 8 of a session of March 2025 and article 9 of one of November; before its first day it is silent."""
    one = pack({})
    told = [
        rulings(one, {"by_party": True, "n": 4}, day, register())
        for day in (date(2025, 3, 1), date(2025, 11, 1), date(2021, 1, 1))
    ]
    assert [[c.article for c in r[0].cites] for r in told[:2]] == [["8", "17"], ["9", "17"]]
    assert told[2] == ()
    (change,) = changes(one, date(2025, 3, 1), date(2025, 11, 1), register())
    assert (change.what, change.before[0].article, change.after[0].article) == ("cites", "8", "9")


def test_the_rule_that_goes_first():
    """Where two hold and one goes before the other, only the first follows."""
    found = {
        r.rule.id: r
        for r in rulings(
            pack({"over": '["b"]'}, ALLOW), {"by_party": True, "n": 11}, date(2025, 3, 1), register()
        )
    }
    assert found["a"].outcome == "holds"
    assert (found["b"].outcome, found["b"].yields_to) == ("yields", "a")


def values(fact):
    """Any value of a fact, or that it is not known."""
    one = {"bool": st.booleans(), "text": st.sampled_from(fact.values or ("x",)), "day": st.dates()}
    return st.none() | one.get(fact.kind, st.integers(0, 200) | st.floats(0, 1))


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(st.data())
def test_unknown_facts_never_convict(data):
    """Of every shipped rule that may sanction: what it holds on with some facts unknown, it holds on whatever those turn out to be."""
    one = data.draw(st.sampled_from([*shipped().values()]))
    places = [i for i, r in enumerate(one.rules) if r.consequence.then in {"sanction", "void"}]
    if not places:
        return
    condition = one.conditions[data.draw(st.sampled_from(places))]
    rule = one.rules[next(i for i, c in one.conditions.items() if c is condition)]
    base = {name: data.draw(values(one.facts[name])) for name in condition.names}
    told = facts_of(rule.fires, one.kinds) if data.draw(st.booleans()) else {}
    hidden = data.draw(st.sets(st.sampled_from(sorted(condition.names))))
    known = {**base, **told}
    if holds(condition, {k: v for k, v in known.items() if k not in hidden}) is True:
        other = {name: data.draw(values(one.facts[name]).filter(lambda v: v is not None)) for name in hidden}
        assert holds(condition, {**known, **other}) is True


def test_nothing_known_sanctions_nobody():
    """Every shipped rule, asked with nothing known, follows from nothing."""
    for one in shipped().values():
        for day in {d for r in one.rules for d in (r.since, min(r.until, date(2026, 11, 1)))}:
            assert not any(r.may_sanction for r in rulings(one, {}, day, register()))


def test_a_story_tells_its_facts():
    """Counts and spans of a story's events are facts; what did not happen has no span."""
    facts = facts_of(
        Example(
            date(2026, 5, 1),
            story="20:00 a1..a3 orders o{n} 59.00; d+2 09:00 o1 delivered; d+9 09:00 o1 returned",
        ),
        shared_facts_kinds(),
    )
    assert (facts["record.orders"], facts["record.returns"], facts["record.days_to_return"]) == (3, 1, 7.0)
    assert facts["record.days_to_refund"] is None
    with pytest.raises(StoryError):
        facts_of(Example(date(2026, 5, 1), story="20:00 a1 dances"), shared_facts_kinds())


def shared_facts_kinds():
    """Kinds of the facts known to all packs."""
    return {name: fact.kind for name, fact in shared_facts().items()}


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=50).map(lambda b: HEAD + b.decode("latin-1")))
def test_no_text_breaks_the_reader(text):
    """Whatever a pack's file holds, it reads or is refused in words."""
    try:
        said = read_pack(text, "mine.toml", shared_facts()).id
    except PackError as error:
        said = str(error)
    assert said == "mine" or "mine.toml" in said


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["by_party", "n", "gmv.gross", "strange"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
    )
)
def test_facts_of_another_kind_are_named(facts):
    """Facts from outside are of their kind or refused with their name."""
    wrong = [
        n
        for n, v in facts.items()
        if n == "strange" or not (v is None or (isinstance(v, bool) if n == "by_party" else type(v) is int))
    ]
    if wrong:
        with pytest.raises(ZhenboError, match="|".join(wrong)):
            days_read(facts, pack({}).kinds)
    else:
        assert days_read(facts, pack({}).kinds) == facts


def test_a_hostile_pack_ends_soon():
    """A rule over thirty facts is searched up to a limit and no further."""
    names = [f"f{i}" for i in range(30)]
    facts = "".join(f'{n} = {{ kind = "count", en = "x", zh = "甲" }}\n' for n in names)
    when = " and ".join(f"{a} + {b} == {i}" for i, (a, b) in enumerate(pairwise(names)))
    text = (
        HEAD
        + facts
        + "[[rule]]\n"
        + "".join(
            f"{k} = {v}\n"
            for k, v in {**RULE, "when": f'"{when} and f0 > f1 and f1 > f2 and f2 > f0"'}.items()
        )
    )
    found = check(read_pack(text, "mine.toml", {}, strict=False), register())
    assert {"never", "given_up"} & {f.kind for f in found}
    assert msgspec.json.encode(found)


def test_days_between_two_days_are_counted_by_the_calendar():
    """Seven working days over the golden week, in TOML and JSON; where no calendar reaches their number is unknown, and sanctions nobody."""
    kinds = {"open": "workdays", "plain": "days"}
    span = {"from": date(2026, 9, 29), "to": "2026-10-13"}
    assert days_read({"open": span, "plain": span}, kinds) == {"open": 6, "plain": 14}
    assert days_read({"open": {"from": "2029-10-01", "to": "2029-10-30"}}, kinds) == {"open": None}
    for wrong in ({"from": "2026-10-02", "to": "2026-10-01"}, {"from": 5, "to": 6}):
        with pytest.raises(PackError, match="no span"):
            days_read({"open": wrong}, kinds)
