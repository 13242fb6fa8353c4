"""Who may have bought: facts of the record move three hypotheses as the pack states, never far, and no verdict by it."""

from dataclasses import dataclass, replace
from itertools import combinations
from types import SimpleNamespace

import pyarrow as pa
import pytest

from zhenbo.audit.interests import NOBODY, Interests
from zhenbo.audit.purchaser import purchaser
from zhenbo.core.deal import Deal
from zhenbo.core.errors import PackError
from zhenbo.core.papers import Papers
from zhenbo.core.parties import Party, Registry
from zhenbo.core.schema import PRODUCTS
from zhenbo.core.story import read
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Fake, Fakes
from zhenbo.intake.load import write
from zhenbo.judge import parse_hypotheses
from zhenbo.judge.purchaser import PURCHASERS
from zhenbo.pipeline import Road, audit_dataset, audit_paths, cases, default_policy, words
from zhenbo.pipeline.audit import audit_case
from zhenbo.pipeline.counterfactual import hypotheses
from zhenbo.pipeline.large import audit_large

PACK = hypotheses()


@dataclass(frozen=True)
class Judged:
    """As much of a judgement as the question needs: an outcome, and who is named."""

    accounts: dict
    orders: dict
    outcome: Outcome = Outcome.SUSPECT
    reasons: tuple = ()

    @property
    def headline(self):
        """The outcome, as a judgement carries it."""
        return SimpleNamespace(outcome=self.outcome)


def asked(story, accounts=(), orders=(), fakes=None, interests=NOBODY, **more):
    """What is said of a told room when these accounts and orders are named."""
    session = read(story).session()
    judged = Judged(dict.fromkeys(accounts, 0.9), dict.fromkeys(orders, 0.9), **more)
    return purchaser(session, judged, fakes or Fakes(), PACK, interests)


CROWD = "20:00-22:00 b1..b30 enter scattered;"
ORDERS = [f"f{n}" for n in range(1, 21)]


def test_curses_and_parcels_sent_back_lean_to_a_rival():
    """Named accounts curse the goods, named orders come back after shipping."""
    told = asked(
        CROWD + """20:10-20:40 a1..a20 say "这家是假货大家别买 {n}" scattered
        20:10-20:40 a1..a20 order f{n} 59.00 scattered; d+1 10:00 shipped f{n} x20; d+3 12:00 refunded f{n} x20""",
        [f"a{n}" for n in range(1, 21)], ORDERS,
    )  # fmt: skip
    assert {f.fact for f in told.facts} == {"cursing", "sent_back"}
    assert told.leans == "rival"
    assert told.rival > 0.7 > told.host + told.merchant


def test_orders_kept_lean_to_the_merchant_and_pledges_made_good_to_the_host():
    """Paid, shipped and kept; against bunched in the last third and refunded before anything was shipped."""
    parcels = "20:10-21:50 a1..a20 order f{n} 59.00 scattered; d+1 10:00 shipped f{n} x20"
    kept = asked(CROWD + parcels, (), ORDERS)
    assert max(PURCHASERS, key=lambda who: getattr(kept, who)) == "merchant"
    assert kept.leans == "cannot_tell"  # a rival would not, a host might
    alike = asked(CROWD + parcels.replace("x20", "x20 [weight=120]"), (), ORDERS)
    assert {f.fact for f in alike.facts} == {"kept", "alike_parcels"}
    assert alike.leans == "cannot_tell"  # a host has them packed so as well, if the merchant knows
    assert alike.merchant > kept.merchant
    shop = PACK.shares(["kept", "alike_parcels", "no_room"])
    assert shop["merchant"] >= PACK.leans  # no host gains by a shop's own month
    pledge = asked(
        CROWD + "21:40-21:59 a1..a20 order f{n} 59.00 scattered; d+1 08:00 refunded f{n} x20", (), ORDERS
    )
    assert {f.fact for f in pledge.facts} == {"money_back_unshipped", "at_the_end"}
    assert pledge.leans == "host"


def test_what_waits_for_the_settlement_is_the_hosts_and_what_comes_back_at_once_is_not():
    """Sent, kept for a fortnight and sent back; against sent back after three days. The same parcels, another purse."""
    parcels = "20:10-21:30 a1..a20 order f{n} 59.00 scattered; d+1 10:00 shipped f{n} x20;"
    waited = asked(CROWD + parcels + "d+15 10:00-20:00 refunded f{n} x20", (), ORDERS)
    assert {f.fact for f in waited.facts} == {"late_back"}
    assert waited.leans == "host"
    soon = asked(CROWD + parcels + "d+3 10:00-20:00 refunded f{n} x20", (), ORDERS)
    assert {f.fact for f in soon.facts} == {"sent_back"}
    assert soon.rival > soon.merchant


def test_whoever_leaves_ill_words_behind_is_a_rival():
    """Orders taken back before shipping, as for a pledge; but their buyers keep one each and write that it is fake."""
    wave = """20:10-21:30 a1..a20 order f{n} 59.00 scattered; d+1 08:00 refunded f{n} x20
        20:15-21:30 a1..a20 order k{n} 59.00 scattered; d+1 10:00 shipped k{n} x20; d+4 12:00 reviewed k{n} x20 """
    cursed = asked(CROWD + wave + '"假货，大家别买 {n}"', (), ORDERS)
    assert {f.fact for f in cursed.facts} == {"money_back_unshipped", "ill_reviews"}
    assert cursed.host < 0.5 < cursed.rival
    praised = asked(CROWD + wave + '"很好，推荐 {n}"', (), ORDERS)
    assert {f.fact for f in praised.facts} == {"money_back_unshipped"}


KEPT = "; d+1 10:00 shipped f{n} x20"
ROOM = "20:00-22:00 b1..b40 order o{n} 59.00 scattered [product=q{n%4}];"
"""An honest evening over four products."""
TWO = Interests({("story", f"q{i}"): f"m{i % 2}" for i in range(4)})
"""Two merchants with two products each."""


def facts(told):
    """The facts that held."""
    return {f.fact for f in told.facts}


def test_orders_for_one_of_two_merchants_are_his_and_orders_for_both_the_rooms():
    """The same kept orders, once for the goods of one merchant, once over the whole room; and nothing where nobody tells whose they are."""
    told = ROOM + "20:10-21:20 a1..a20 order f{n} 59.00 scattered [product={q0|q2}]" + KEPT
    one, both = (
        asked(told.replace("{q0|q2}", goods), (), ORDERS, interests=TWO) for goods in ("{q0|q2}", "q{n%4}")
    )
    assert facts(one) == {"kept", "one_merchant"}
    assert one.leans == "merchant"
    assert facts(both) == {"kept", "many_merchants"}
    assert both.leans == "host"
    assert facts(asked(told, (), ORDERS)) == {"kept"}
    # in a room that hardly sells anything else, one merchant's goods are no choice of anybody's
    mine = told.replace("q{n%4}", "q{n%20//19}")
    assert "one_merchant" not in facts(asked(mine, (), ORDERS, interests=TWO))


def test_a_wave_in_a_record_without_names_tells_what_it_tells_with_them():
    """Nobody's orders are named in a bare export; that the money went back unshipped is the same fact."""
    wave = "20:00-22:00 order o{n} 59.00 x100 scattered; 20:30-21:30 order f{n} 99.00 x120; d+1 10:00-12:00 refunded f{n} x120"
    (verdict,) = audit_dataset(
        read(CROWD + wave + "; d+3 09:00-18:00 refunded o{n} x20 scattered").dataset
    ).audit.sessions
    assert verdict.verdict == Outcome.SUSPECT
    assert "money_back_unshipped" in facts(verdict.purchaser)
    assert verdict.purchaser.leans == "host"


def test_catalogue_and_contracts_reach_every_road(tmp_path):
    """The same folder with a catalogue and a deal, read into memory or worked on in files: one answer, with their facts."""
    told = (
        ROOM
        + "20:10-20:40 a1..a4 order f{n} 99.00 x40 [addr=depot product=q{n%4}]; d+1 10:00 refunded f{n} x160"
    )
    goods = [{"platform": "story", "product_id": f"q{i}", "merchant_id": f"m{i % 2}"} for i in range(4)]
    data = replace(read(told).dataset, products=pa.Table.from_pylist(goods, schema=PRODUCTS))
    write(data, tmp_path / "room")
    (tmp_path / "room" / "deals.toml").write_text(
        '[[deal]]\nid = "d"\nhost_id = "h1"\nmerchant_id = "m0"\nsessions = ["s1"]\npledge_gmv = 1500000\n'
    )
    key = b"k" * 32
    (whole,) = audit_paths([tmp_path / "room"], key).audit.sessions
    with audit_large([tmp_path / "room"], key, Road("embedded", 1, tmp_path / "work")) as result:
        (parts,) = result.audit.sessions
    assert {"many_merchants", "promised", "promise_kept"} <= facts(whole.purchaser)
    assert whole.purchaser == parts.purchaser


def test_who_promised_sales_makes_good_and_not_who_gets_the_fee_back():
    """One merchant's goods again, now with a pledge on them: 40 honest sales of 59 do not reach it, with twenty more they do."""
    told = ROOM + "20:10-21:20 a1..a20 order f{n} 59.00 scattered [product={q0|q2}]" + KEPT

    def under(pledge, sessions=("s1",)):
        deal = Deal(
            "d", host_id="h1", merchant_id="m0", sessions=sessions, products=("q0", "q2"), pledge_gmv=pledge
        )
        return asked(told, (), ORDERS, interests=replace(TWO, papers=Papers((deal,))))

    saved = under(200_000)
    assert facts(saved) == {"kept", "promised", "promise_kept"}
    assert saved.leans == "host"
    assert facts(under(50_000)) == facts(under(900_000)) == {"kept", "promised"}
    assert facts(under(200_000, ("s1", "s2"))) == {
        "kept",
        "promised",
    }  # what the other broadcast sold is not seen
    assert facts(under(None)) == facts(under(200_000, ("s2",))) == {"kept", "one_merchant"}


def test_accounts_of_a_side_speak_against_it():
    """The papers give half of the buyers to the agency, or to the merchant."""
    told = ROOM + "20:10-21:20 a1..a20 order f{n} 59.00 scattered [product=q0]" + KEPT
    hired = [Party(f"a{n}", "account", relation="works_for", other="firm") for n in range(1, 11)]
    for tie, fact in (("managed_by", "hosts_accounts"), ("sells_for", "merchants_accounts")):
        registry = Registry([*hired, Party("h1", "host", relation=tie, other="firm")])
        assert facts(asked(told, (), ORDERS, interests=Interests(papers=Papers(registry=registry)))) == {
            "kept",
            fact,
        }


def test_facts_of_one_family_count_once():
    """What is praised is kept: both together say what the more telling one says."""
    assert PACK.shares(["kept", "praised"]) == PACK.shares(["praised"])
    assert PACK.shares(["hollow_parcels", "praised"]) != PACK.shares(["praised"])


def test_flattering_figures_alone_cannot_tell():
    """Hosts and rivals buy viewers alike; nothing at all tells no more than the prior; below suspect nobody asks."""
    flattered = asked(CROWD, fakes=Fakes(viewers=Fake(1000, 300, 400, 500)))
    assert [f.fact for f in flattered.facts] == ["flattering"]
    assert flattered.leans == "cannot_tell"
    assert asked(CROWD).facts == []
    assert asked(CROWD).leans == "cannot_tell"
    assert asked(CROWD, outcome=Outcome.INSUFFICIENT) is None


def test_no_facts_together_say_more_than_the_limit():
    """Whatever holds at once, no hypothesis gains more than ten to one on another beyond the prior."""
    for size in (1, 2, 3, len(PACK.facts)):
        for some in combinations(PACK.facts, size):
            shares = PACK.shares(some)
            odds = [shares[w] / PACK.prior[w] for w in PURCHASERS]
            assert max(odds) / min(odds) <= 10 ** (PACK.most / 10) * 1.000001
            assert sum(shares.values()) == pytest.approx(1)


def test_it_moves_no_outcome():
    """The same verdict with and without the question."""
    data = read(
        CROWD + "20:10-20:40 a1..a4 order f{n} 99.00 x40 [addr=depot]; d+1 10:00 refunded f{n} x160"
    ).dataset
    whole = audit_dataset(data, lang="en").audit.sessions[0]
    (case,) = cases(data)
    bare = audit_case(case, default_policy(), words("en")).verdict
    assert whole.verdict == bare.verdict == Outcome.LIKELY
    assert whole.purchaser is not None
    assert bare.purchaser is None
    assert (whole.score_db, whole.fake, whole.questions) == (bare.score_db, bare.fake, bare.questions)


def test_a_pack_that_says_too_much_is_refused():
    """A fact beyond the limit, a prior that is none, a line missing: each is named."""
    text = (
        'id = "x"\nversion = 1\n[prior]\nhost = 0.4\nmerchant = 0.3\nrival = 0.3\n[limit]\nratio_db = 10\nleans = 0.7\n'
        '[words]\ncomplaint = []\n[fact.kept]\nleast = 1\nat = 0.5\nhost = 0\nmerchant = 4\nrival = -5\nsource = "s"\n'
    )
    assert replace(parse_hypotheses(text)).facts["kept"].db["merchant"] == 4
    for old, new, said in (("rival = -5", "rival = -9", "kept"), ("host = 0.4", "host = 0.9", "prior"), ("leans = 0.7\n", "", "leans")):  # fmt: skip
        with pytest.raises(PackError, match=said):
            parse_hypotheses(text.replace(old, new))
