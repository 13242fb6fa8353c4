"""Cases: same facts same sanction, nothing above a warning without a person, five fields, restoration as if it had never been."""

from importlib.resources import files
from itertools import permutations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zhenbo.act.book import flows
from zhenbo.act.governance import desk, money
from zhenbo.act.governance.admission import File
from zhenbo.act.governance.figures import clocks
from zhenbo.act.governance.fold import SANCTIONED, fold, standing
from zhenbo.act.governance.ladder import propose
from zhenbo.act.governance.law import admit
from zhenbo.act.governance.penalties import read_penalties
from zhenbo.act.governance.publish import published
from zhenbo.core.acts import Act
from zhenbo.core.admission import Registered
from zhenbo.core.case import Case, Sanction
from zhenbo.core.errors import CaseError, PackError, RecordError
from zhenbo.core.session import DAY
from zhenbo.pipeline.governance import penalties
from zhenbo.pipeline.policies import register
from zhenbo.record import Memory

TEXT = files("zhenbo.packs").joinpath("penalties", "platform.toml").read_text("utf-8")
PACK = penalties()
START = 1_775_000_000_000_000  # 2026-03-31
BRUSHED = {"by_party": True, "fabricated_share": 0.33, "fabricated_minor": 30_000_000}
FAKE = {"not_genuine": True, "sold_units": 40}


def desk_of(record):
    """The state and the book of a record."""
    with record.book() as book:
        return fold(record.read()), book


def lodged(party="shop", amount=1_000_000):
    """A record in which a party has lodged security."""
    record = Memory(admit)
    record.append([flows.deposit_paid(f"lodged/{party}", START - 400 * DAY, party, amount).act()])
    return record


def sanctioned(record, case, at, person="person:li"):
    """A case taken through to its sanction; the same person confirms all."""
    record.append([desk.opened(fold(record.read()), case, PACK, at)])
    record.append([desk.proposed(fold(record.read()), case.id, PACK, at)])
    docket = fold(record.read()).of(case.id)
    if docket.proposal.outcome != "sanction":
        return
    if docket.proposal.does.step != "warn":
        record.append([desk.confirmed(fold(record.read()), case.id, person, "seen the orders", at)])
    act = desk.sanctioned(fold(record.read()), case.id, PACK, at)
    moves = money.taken(act.read(Sanction), desk_of(record)[1], at)
    record.append([act, *(m.act() for m in moves)])


def overturned(record, case, at, **how):
    """An appeal that succeeds."""
    record.append([desk.appealed(fold(record.read()), case, "shop", "it was a rival", at)])
    state, book = desk_of(record)
    acts = desk.decided(state, case, "person:wang", "the payer is the rival's", PACK, at, **how)
    record.append([*acts, *(m.act() for m in money.given_back(state, acts, book))])


def seen(record, party, now, leave_out=()):
    """Where a party stands and what is in the book, told apart from what was only done and undone."""
    state, book = desk_of(record)
    where = standing(state, party, now)
    cases = {c: (d.sanction.does, d.sanction.term, d.sanction.priors, d.sanction.reasons) for c, d in state.dockets.items() if d.sanction}  # fmt: skip
    balances = {pot: b for pot, b in book.accounts().items() if (b.posted, b.held_in, b.held_out) != (0, 0, 0)}  # fmt: skip
    assert not state.faults
    assert not set(cases) & set(leave_out)
    return where, cases, balances


@given(
    st.permutations(list(BRUSHED)), st.text("abcdefgh", min_size=1), st.text("xyz", min_size=1), st.integers(0, 300)
)  # fmt: skip
def test_same_facts_bring_the_same_proposal_whoever_is_accused_and_in_whatever_order_they_are_told(order, party, case, late):  # fmt: skip
    """Order of facts, names and ids change nothing but the names."""
    first = propose(Case("c", "p", "fake_orders", START, BRUSHED), PACK)
    other = propose(Case(case, party, "fake_orders", START, {k: BRUSHED[k] for k in order}, fans=late), PACK)
    assert msgspec.structs.replace(other, case="c") == first


def test_the_order_in_which_cases_are_handled_changes_nobodys_sanction():
    """Three cases of one party and one of another, in every order; those handled together never count each other."""
    cases = [
        Case("a", "shop", "fake_orders", START, BRUSHED),
        Case("b", "shop", "fake_orders", START + DAY, BRUSHED),
        Case("c", "shop", "counterfeit", START + 2 * DAY, FAKE),
        Case("d", "other", "fake_orders", START, BRUSHED),
    ]
    told = set()
    for order in permutations(cases):
        record = lodged()
        for case in order:
            sanctioned(record, case, START + 5 * DAY)
        told.add(msgspec.json.encode(sorted(fold(record.read()).dockets.items())))
        where = standing(fold(record.read()), "shop", START + 6 * DAY)
        told.add(repr(where).encode())
    assert len(told) == 2
    second = propose(cases[1], PACK, fold(record.read()).priors("shop"))
    again = propose(
        Case("e", "shop", "fake_orders", START + 9 * DAY, BRUSHED), PACK, fold(record.read()).priors("shop")
    )
    assert second.does.days == 7
    assert again.does.step == "close", "the third strike, its two earlier ones noticed before it happened"


def test_nothing_above_a_warning_can_be_made_read_or_appended_without_a_persons_confirmation():
    """By the type, by the fold and by the law of the record; a warning needs nobody."""
    record = lodged()
    state = fold(record.read())
    record.append([desk.opened(state, Case("a", "shop", "fake_orders", START, BRUSHED), PACK, START)])
    record.append([desk.proposed(fold(record.read()), "a", PACK, START)])
    with pytest.raises(CaseError, match="no person has confirmed"):
        desk.sanctioned(fold(record.read()), "a", PACK, START)
    with pytest.raises(CaseError, match="no person"):
        desk.confirmed(fold(record.read()), "a", "zhenbo", "the score is high", START)
    confirm = desk.confirmed(fold(record.read()), "a", "person:li", "seen the orders", START)
    trial = fold([*record.read(), confirm])
    act = desk.sanctioned(trial, "a", PACK, START)
    bare = msgspec.json.decode(act.body)
    del bare["confirmed"]
    with pytest.raises(CaseError, match="no person has confirmed"):
        record.append([Act("forged", SANCTIONED, "shop", START, msgspec.json.encode(bare).decode())])
    unseen = fold([*record.read(), act])
    assert unseen.faults, "a confirmation that is only told of in the sanction is none"
    assert standing(unseen, "shop", START + 1).denied == ()
    minor = Case("w", "shop", "fake_orders", START, BRUSHED | {"fabricated_share": 0.06, "fabricated_minor": 5})  # fmt: skip
    sanctioned(record, minor, START)
    assert fold(record.read()).of("w").sanction.confirmed is None


@pytest.mark.parametrize("field", ["facts", "reasons", "basis", "term", "appeal"])
def test_a_sanction_without_one_of_its_five_fields_cannot_be_written(field):
    """Each of the five left out, emptied, or without its words."""
    record = lodged()
    sanctioned(record, Case("a", "shop", "fake_orders", START, BRUSHED), START)
    whole = next(a for a in record.read() if a.kind == SANCTIONED)
    for put in ("gone", "empty", "blank"):
        body = msgspec.json.decode(whole.body)
        if put == "gone":
            del body[field]
        elif put == "empty":
            body[field] = {} if isinstance(body[field], dict) else []
        elif field == "term":
            body[field]["until"] = None
        elif field == "appeal":
            body[field]["until"] = body["term"]["starts"]
        else:
            body[field][0]["title" if field == "basis" else "says"] = {"en": "x", "zh": " "}
        with pytest.raises(RecordError):
            Memory(admit).append([Act("k", SANCTIONED, "shop", START, msgspec.json.encode(body).decode())])


OFFENCES = {
    "fake_orders": [{"by_party": True, "fabricated_share": s, "fabricated_minor": m} for s, m in ((0.06, 1), (0.15, 5), (0.4, 5), (0.4, 10**9))],
    "counterfeit": [{"not_genuine": True, "sold_units": n} for n in (1, 2000)],
    "false_claim": [{"untrue": True, "misled_orders": n} for n in (20, 900)],
}  # fmt: skip
LIGHT, FAKES = ("fake_orders", OFFENCES["fake_orders"][0]), ("counterfeit", OFFENCES["counterfeit"][1])
HISTORY = st.lists(
    st.tuples(st.sampled_from([(o, f) for o, kinds in OFFENCES.items() for f in kinds]), st.integers(1, 60)), min_size=1, max_size=6
)  # fmt: skip


@pytest.mark.slow
@given(HISTORY, st.integers(0, 5))
@example(
    [(LIGHT, 1), (LIGHT, 1), (FAKES, 1), (LIGHT, 1)], 0
)  # points bring the same step, the rung below it takes another capability
@settings(max_examples=100, deadline=None)
def test_a_successful_appeal_leaves_weight_points_and_money_as_if_the_sanction_had_never_been(history, which):
    """Every history of sanctions, any of them overturned: the party and the book stand as in the history without it."""
    cases, at = [], START
    for n, ((offence, facts), gap) in enumerate(history):
        at += gap * DAY
        cases.append((Case(f"c{n}", "shop", offence, at - DAY, facts), at))
    chosen = cases[which % len(cases)][0].id
    with_it, without = lodged(amount=10_000_000), lodged(amount=10_000_000)
    for case, when in cases:
        sanctioned(with_it, case, when)
        if case.id != chosen:
            sanctioned(without, case, when)
    end = max(w for _, w in cases)
    state = fold(with_it.read())
    docket = state.of(chosen)
    if not docket.sanction or end > docket.sanction.appeal.until:
        return
    before = {d.case.id: d.sanction for d in state.dockets.values()}
    overturned(with_it, chosen, end, overturn=True)
    for now in (end, end + 20 * DAY, end + 200 * DAY, end + 900 * DAY):
        here, there = (seen(r, "shop", now, {chosen}) for r in (with_it, without))
        assert here[2] == there[2]
        assert here[1].keys() == there[1].keys()
        less = [c for c in here[1] if here[1][c] != there[1][c]]
        for c in less:  # never limited for longer, or in more, than before the appeal: only that may differ
            does, term, *same = here[1][c]
            bare, other = there[1][c][:2]
            was = before[c]
            assert same == list(there[1][c][2:])
            if does.step == was.does.step:
                bare = msgspec.structs.replace(
                    bare, weight=max(bare.weight, was.does.weight), limits=tuple(x for x in bare.limits if x in was.does.limits)
                )  # fmt: skip
            assert msgspec.structs.replace(does, days=bare.days) == bare
            assert term == other or term.until == was.term.until < other.until
        assert (here[0].points, here[0].counted) == (there[0].points, there[0].counted)
        assert here[0] == there[0] or (less and here[0].weight >= there[0].weight)
        assert here[0] == there[0] or set(here[0].denied) <= set(there[0].denied)


def test_an_appeal_with_facts_put_right_leaves_what_the_rules_make_of_them():
    """A third of the orders becomes a twentieth: a warning, from the first day on, and the deposit is whole again."""
    record = lodged()
    sanctioned(record, Case("a", "shop", "counterfeit", START, {"not_genuine": True, "sold_units": 4000}), START)  # fmt: skip
    assert desk_of(record)[1].balances([(flows.deposit("shop"), "CNY")])[flows.deposit("shop"), "CNY"].posted == 950_000  # fmt: skip
    overturned(record, "a", START + DAY, facts={"sold_units": 40})
    state, book = desk_of(record)
    assert (state.of("a").status, state.of("a").sanction.does.days) == ("lowered", 7)
    assert book.balances([(flows.deposit("shop"), "CNY")])[flows.deposit("shop"), "CNY"].posted == 990_000
    with pytest.raises(CaseError, match="no appeal is open"):
        desk.decided(state, "a", "person:zhao", "again", PACK, START + 2 * DAY, overturn=True)


def test_an_appeal_is_decided_by_somebody_else_in_time_and_never_makes_worse():
    """The first reviewer cannot, a late appeal is none, and facts put right can only help."""
    record = lodged()
    sanctioned(record, Case("a", "shop", "counterfeit", START, FAKE), START)
    with pytest.raises(CaseError, match="time to appeal is over"):
        desk.appealed(fold(record.read()), "a", "shop", "late", START + 31 * DAY)
    record.append([desk.appealed(fold(record.read()), "a", "shop", "genuine", START + DAY)])
    state = fold(record.read())
    with pytest.raises(CaseError, match="somebody else"):
        desk.decided(state, "a", "person:li", "as before", PACK, START + DAY)
    with pytest.raises(CaseError, match="not milder"):
        desk.decided(state, "a", "person:wang", "worse", PACK, START + DAY, facts={"sold_units": 4000})


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, "ask"),
        ({"by_party": True}, "ask"),
        ({"fabricated_share": 0.9}, "ask"),
        ({"fabricated_share": 0.01, "fabricated_minor": 9}, "none"),
        ({"by_party": True, "fabricated_share": 0.04, "fabricated_minor": 9}, "none"),
        ({"by_party": False, "fabricated_share": 0.9}, "none"),
        ({"by_party": True, "by_rival": True, "fabricated_share": 0.9}, "none"),
        ({"by_party": True, "fabricated_share": 0.9}, "sanction"),
    ],
)
def test_unknown_facts_never_convict_and_the_immaterial_is_tolerated(facts, outcome):
    """What nobody has told asks; what is excused, refuted or small lets go."""
    assert propose(Case("c", "p", "fake_orders", START, facts), PACK).outcome == outcome


def test_the_law_of_the_day_is_cited_and_a_draft_or_no_law_sanctions_nobody():
    """Article 8 before 2025-10-15, 9 after; a draft rule and a day before any law block."""
    old = propose(Case("c", "p", "bought_fans", 1_740_000_000_000_000, {"by_party": True, "bought_fans": 10**6}), PACK)  # fmt: skip
    new = propose(Case("c", "p", "bought_fans", START, {"by_party": True, "bought_fans": 10**6}), PACK)
    articles = [{b.article for b in p.basis if b.law == "cn.aucl"} for p in (old, new)]
    assert articles == [{"8"}, {"9"}]
    tolerated = propose(Case("c", "p", "bought_fans", START, {"by_party": True, "bought_fans": 20_000}), PACK)
    assert tolerated.outcome == "none", "A61"
    assert propose(Case("c", "p", "staged_misery", START, {"staged_misery": True, "misled_orders": 9}), PACK).outcome == "blocked"  # fmt: skip
    assert propose(Case("c", "p", "unsafe_goods", 10**15, {"unsafe": True, "sold_units": 900}), PACK).outcome == "blocked"  # fmt: skip


def test_a_pack_out_of_proportion_is_refused():
    """A third strike milder than the first, and a serious matter milder than a minor one."""
    with pytest.raises(PackError, match="milder"):
        read_penalties(TEXT.replace('{ step = "close", points = 12 },\n]\ngrave', '{ step = "warn", points = 12 },\n]\ngrave'), "p", register())  # fmt: skip
    with pytest.raises(PackError, match="harsher"):
        read_penalties(TEXT.replace('{ step = "warn", points = 1 },', '{ step = "suspend", days = 3, points = 1 },', 1).replace('{ step = "limit_function", days = 3, points = 2, limits = ["share_goods"] },\n  { step = "limit_traffic", days = 7, points = 3, weight = 0.7 },', "", 1), "p", register())  # fmt: skip


def test_a_pack_that_cites_what_is_repealed_moved_or_unknown_is_refused():
    """The old number from the day on which it moved, a text before its first day, a text nobody has registered."""
    aucl = '{ law = "cn.aucl", article = "8", from = 2018-01-01 }'
    for cite, what in (
        ('{ law = "cn.aucl", article = "8", from = 2025-10-15 }', "is article 9"),
        ('{ law = "cn.live2026", article = "12", from = 2025-01-01 }', "not yet in force"),
        ('{ law = "cn.nothing", article = "1", from = 2025-01-01 }', "No text"),
        ('{ law = "cn.aucl", article = "8" }', "takes `from`"),
    ):
        with pytest.raises(PackError, match=what):
            read_penalties(TEXT.replace(aucl, cite, 1), "p", register())


def test_two_people_acting_at_once_on_one_party_leave_one_step_and_no_money_taken_for_the_other():
    """A sanction made on a state in which the facts were not yet put right is refused whole, with what it would take."""
    record = lodged()
    record.append(
        [desk.opened(fold(record.read()), Case("a", "shop", "counterfeit", START, FAKE), PACK, START)]
    )
    record.append([desk.proposed(fold(record.read()), "a", PACK, START)])
    record.append([desk.confirmed(fold(record.read()), "a", "person:li", "appraisal", START)])
    before = fold(record.read())
    act = desk.sanctioned(before, "a", PACK, START)
    moves = money.taken(act.read(Sanction), desk_of(record)[1], START)
    assert moves
    record.append(
        [desk.established(before, "a", "person:wu", "licence found", {"not_genuine": False}, PACK, START)]
    )
    head = record.head()
    with pytest.raises(RecordError, match="is taken"):
        record.append([act, *(m.act() for m in moves)])
    assert record.head() == head
    assert fold(record.read()).faults == []


def test_an_appeal_succeeds_though_a_later_sanction_was_judged_by_other_rules_and_that_one_is_shown_to_wait():
    """New rules have come in between: the appeal is not kept waiting, and what is left to do stands on the list of clocks."""
    record = lodged()
    newer = msgspec.structs.replace(PACK, version=2)
    sanctioned(record, Case("a", "shop", "fake_orders", START, BRUSHED), START)
    sanctioned(record, Case("b", "shop", "fake_orders", START + DAY, BRUSHED), START + 2 * DAY)
    record.append([desk.appealed(fold(record.read()), "a", "shop", "a rival", START + 3 * DAY)])
    acts = desk.decided(fold(record.read()), "a", "person:wang", "a rival's", newer, START + 4 * DAY, overturn=True)  # fmt: skip
    assert len(acts) == 1
    record.append(acts)
    state = fold(record.read())
    assert [(c.case, c.waits) for c in clocks(state, START + 5 * DAY)] == [("b", "regrade")]
    record.append(desk.regraded(state, "a", PACK, START + 6 * DAY))
    state = fold(record.read())
    assert (state.of("b").sanction.does.days, state.faults, clocks(state, START + 7 * DAY)) == (7, [], [])


def test_no_step_is_dated_before_the_one_it_follows():
    """A notice dated back would leave no time to appeal; an appeal dated back would never be late."""
    record = lodged()
    record.append([desk.opened(fold(record.read()), Case("a", "shop", "counterfeit", START, FAKE), PACK, START + DAY)])  # fmt: skip
    record.append([desk.proposed(fold(record.read()), "a", PACK, START + DAY)])
    with pytest.raises(CaseError, match="dated before"):
        desk.confirmed(fold(record.read()), "a", "person:li", "seen", START)
    record.append([desk.confirmed(fold(record.read()), "a", "person:li", "seen", START + DAY)])
    with pytest.raises(CaseError, match="dated before"):
        desk.sanctioned(fold(record.read()), "a", PACK, START)
    record.append([desk.sanctioned(fold(record.read()), "a", PACK, START + DAY)])
    with pytest.raises(CaseError, match="dated before"):
        desk.appealed(fold(record.read()), "a", "shop", "no", START)


@pytest.mark.parametrize(
    "by", ["person:Li", "person:li_", "person:ＬＩ", "person:li ", "person:shop", "person:Boss"]
)
def test_nobody_decides_an_appeal_against_oneself_or_for_oneself_under_another_spelling(by):
    """Who confirmed, the party and who appealed for it are told by what their names say, not by how they are written."""
    record = lodged()
    sanctioned(record, Case("a", "shop", "counterfeit", START, FAKE), START)
    record.append([desk.appealed(fold(record.read()), "a", "boss", "genuine", START + DAY)])
    with pytest.raises(CaseError, match="somebody else"):
        desk.decided(fold(record.read()), "a", by, "as before", PACK, START + DAY, overturn=True)


def test_who_was_right_is_made_whole_though_the_fund_has_spent_it_and_is_not_limited_anew():
    """A third strike suspended for a week; the first falls on day 20: the money is back, no month of less traffic begins."""
    record = lodged(amount=50_000)
    sanctioned(record, Case("z", "shop", "counterfeit", START - DAY, FAKE), START)
    for n in range(3):
        sanctioned(record, Case(f"c{n}", "shop", "false_claim", START + n * DAY, {"untrue": True, "misled_orders": 900}), START + n * DAY)  # fmt: skip
    assert fold(record.read()).of("c2").sanction.does.step == "suspend"
    record.append(
        [flows.advance("spent", START + 4 * DAY, buyer="b", seller="s", case="k", amount=10_000).act()]
    )
    now = START + 20 * DAY
    overturned(record, "z", now, overturn=True)
    pot = (flows.deposit("shop"), "CNY")
    assert desk_of(record)[1].balances([pot])[pot].posted == 50_000
    overturned(record, "c0", now, overturn=True)
    state = fold(record.read())
    assert state.faults == []
    assert state.of("c2").sanction.does.step == "limit_traffic"
    assert standing(state, "shop", now).weight == 1.0


def test_what_was_let_go_is_not_referred():
    """A case that somebody dropped goes to no authority."""
    record = lodged()
    record.append(
        [desk.opened(fold(record.read()), Case("a", "shop", "counterfeit", START, FAKE), PACK, START)]
    )
    record.append([desk.dropped(fold(record.read()), "a", "person:li", "genuine", START)])
    with pytest.raises(CaseError, match="nothing to refer"):
        desk.referred(fold(record.read()), "a", "person:li", "SAMR", START + DAY)


def test_what_stands_is_published_by_the_next_working_day_and_what_fell_or_ended_is_not():
    """Shop and measure as long as it stands; a host and one of unknown role are not named."""
    record = lodged()
    for party in ("shop", "host", "stranger"):
        sanctioned(record, Case(f"a-{party}", party, "counterfeit", START, FAKE), START)
    papers = {p: File(p, START, Registered(role, p)) for p, role in (("shop", "merchant"), ("host", "host"))}
    state = fold(record.read())
    rows, nameless = published(state, papers, START + DAY)
    assert [(r.party, r.step, str(r.by), r.appealed) for r in rows] == [
        ("shop", "suspend", "2026-04-02", False)
    ]
    assert nameless == ["stranger"]
    assert published(state, papers, START + 7 * DAY + 1)[0] == []
    record.append([desk.appealed(state, "a-shop", "boss", "genuine", START + DAY)])
    assert published(fold(record.read()), papers, START + DAY)[0][0].appealed
    acts = desk.decided(
        fold(record.read()), "a-shop", "person:wang", "genuine", PACK, START + DAY, overturn=True
    )
    assert published(fold([*record.read(), *acts]), papers, START + DAY)[0] == []
