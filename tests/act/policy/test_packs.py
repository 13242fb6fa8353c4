"""The contract of packs: every shipped one is sound, and would be told if it were not."""

from datetime import date, timedelta

import msgspec
import pytest

from zhenbo.act.policy import between, check, facts_of, rulings
from zhenbo.core.rule import Pack, merged
from zhenbo.core.statute import Cite
from zhenbo.pipeline.policies import register, shared_facts, shipped

TURN = date(2025, 10, 15)
PACKS = pytest.mark.parametrize("name", [*shipped()])


def altered(pack, place, **changes):
    """A pack of one rule, changed."""
    rule = msgspec.structs.replace(pack.rules[place], over=(), **changes)
    return Pack(pack.id, pack.version, pack.title, (rule,), pack.facts, {0: pack.conditions[place]})


@PACKS
def test_every_shipped_pack_is_sound(name):
    """Nothing is wrong with it, every fact it declares is asked for, and its name is its file's."""
    pack = shipped()[name]
    assert check(pack, register()) == ()
    assert pack.id == name
    asked = {fact for condition in pack.conditions.values() for fact in condition.names}
    assert set(pack.facts) - set(shared_facts()) <= asked


def test_shipped_packs_go_together():
    """No rule of one contradicts a rule of another, no two bear one id."""
    packs = [*shipped().values()]
    assert between(merged(packs)) == ()
    ids = [rule.key for pack in packs for rule in pack.rules]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 90


@PACKS
def test_a_repealed_citation_would_be_told(name):
    """Any rule, resting on a text repealed during its term, fails its check."""
    pack = shipped()[name]
    for place in range(len(pack.rules)):
        one = altered(pack, place, cites=(Cite("cn.trade_old", "19"),))
        assert "citation" in {f.kind for f in check(one, register())}


@PACKS
def test_a_rule_and_its_opposite_would_be_told(name):
    """Any active rule that may sanction, beside one that allows the same in the same case, fails the check of both."""
    pack = shipped()[name]
    for place, rule in enumerate(pack.rules):
        if rule.status == "active" and rule.consequence.then == "sanction":
            follows = msgspec.structs.replace(rule.consequence, then="allow")
            other = msgspec.structs.replace(rule, id="opposite", consequence=follows, over=())
            sole = msgspec.structs.replace(rule, over=())
            both = Pack(
                pack.id,
                1,
                pack.title,
                (sole, other),
                pack.facts,
                dict.fromkeys((0, 1), pack.conditions[place]),
            )
            assert [f.kind for f in check(both, register())] == ["conflict"]


@PACKS
def test_examples_do_as_they_say_and_need_their_facts(name):
    """`fires` holds (or, of a draft, would hold), `silent` does not; a single fact of `fires` withheld never makes `silent` speak."""
    pack = shipped()[name]
    for place, rule in enumerate(pack.rules):
        one = altered(pack, place)
        (spoken,) = rulings(one, facts_of(rule.fires, pack.kinds), rule.fires.day, register())
        assert spoken.outcome == ("holds" if rule.status == "active" else "draft")
        assert spoken.cites
        facts = facts_of(rule.silent, pack.kinds)
        for hidden in (None, *facts):
            known = {k: v for k, v in facts.items() if k != hidden}
            (quiet,) = rulings(one, known, rule.silent.day, register())
            assert quiet.outcome in {"silent", "unknown"}


def test_the_renumbering_of_2025_in_every_pack():
    """Up to 2025-10-14 false promotion is article 8 with penalty 20, from the day after 9 with 25; nothing cites the other number."""
    seen = set()
    for pack in shipped().values():
        for day in (TURN - timedelta(days=1), TURN):
            for rule in pack.as_of(day):
                place = pack.rules.index(rule[0])
                (told,) = rulings(altered(pack, place), {}, day, register())
                if rule[0].consequence.on == "false_promotion":
                    seen |= {(day < TURN, c.article[0]) for c in told.cites if c.law == "cn.aucl"}
                    seen |= {(day < TURN, c.article) for c in told.penalty if c.law == "cn.aucl"}
    assert seen == {(True, "8"), (True, "20"), (False, "9"), (False, "25")}
