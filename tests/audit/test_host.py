"""Hosts: sums with their intervals, each session against the last, growth, and pages that no name can break."""

import msgspec
import pytest

from zhenbo.audit.agency import AgencyReport, agency_audit
from zhenbo.audit.coherence import incoherent
from zhenbo.audit.figures import conversion, figure, sales
from zhenbo.audit.growth import Reading, growth
from zhenbo.audit.history import compared
from zhenbo.audit.host import HostReport, host_audit, ranked
from zhenbo.core.deal import Deal
from zhenbo.core.parties import Party, Registry
from zhenbo.core.session import DAY
from zhenbo.core.story import read
from zhenbo.core.verdict import Fake, Fakes, encoded
from zhenbo.pipeline import audit_dataset, default_policy
from zhenbo.report.agencies import agency_page
from zhenbo.report.hosts import host_page
from zhenbo.report.page import render_page

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def audit():
    """A small room with three orders, judged."""
    told = "20:00-21:00 b1..b60 enter scattered; 20:05 b1 orders o1 59.00; 20:06 b2 orders o2 41.00; 20:07 b3 reserves o3 5.00"
    return audit_dataset(read(told).dataset, lang="en").audit


def evening(base, name, day, viewers, orders, bought=0):
    """A session of the same host with stated counts."""
    fakes = Fakes(viewers=Fake(viewers, 0, bought, bought), orders=Fake(orders, 0, 0, orders // 2))
    return msgspec.structs.replace(base, session_id=name, start=f"2026-03-{day:02d}T12:00:00Z", fake=fakes)


def test_sums_add_ends_and_say_what_could_not_be_judged(audit):
    """Two sessions told, one open: the figure is of the two; conversion puts fewest orders over most viewers."""
    (base,) = audit.sessions
    shows = [evening(base, "s1", 1, 1000, 10), evening(base, "s2", 2, 3000, 10, bought=2000)]
    blank = msgspec.structs.replace(base, session_id="s3", fake=Fakes())
    views = figure([*shows, blank], "viewers")
    assert (views.shown, views.low, views.mid, views.high, views.over, views.open) == (4000, 2000, 2000, 4000, 2, 1)  # fmt: skip
    rate = conversion([*shows, blank])
    assert (rate.shown, rate.low, rate.mid) == (20 / 4000, 10 / 4000, 20 / 2000)


def test_the_summed_bridge_closes_to_the_cent(audit):
    """Created less every line is verified, with what was not judged as a line of its own."""
    (base,) = audit.sessions
    two = [base, msgspec.structs.replace(base, session_id="s2", fake=Fakes())]
    (s,) = sales(two)
    assert s.gross - s.cancelled - s.unpaid_open - s.discount - s.refunded - s.brushed - s.unjudged == s.verified.mid  # fmt: skip
    assert s.unjudged_over >= 1


def test_a_session_beyond_the_hosts_last_ones_stands_out_and_its_like_does_not(audit):
    """Five like evenings, then one of ten times the views."""
    (base,) = audit.sessions
    shows = [evening(base, f"s{i}", i + 1, v, 10) for i, v in enumerate((1000, 1100, 950, 1050, 990, 10_000))]
    outside = [(c.session_id, c.measure) for c in compared(shows) if c.outside]
    assert ("s5", "viewers") in outside
    assert not any(name == "s4" for name, _ in outside)


def test_bought_growth_is_outside_and_what_broadcasts_won_is_not():
    """10,000 a day at 241,000 followers is outside (A47); 100,000 in half a year inside (A52); declared windows are named."""
    told = [Reading(i * DAY, 241_000 + i * 550, f"s:{i}") for i in range(30)]
    assert growth(told, ()).outcome == "inside"
    jump = [*told, Reading(30 * DAY, 268_000, "s:30")]
    found = growth(jump, ())
    assert found.outcome == "outside"
    assert found.spells[0].events == ["s:29", "s:30"]


def test_two_audits_give_the_same_bytes_and_no_name_reaches_the_page_unescaped(audit):
    """A host and an agency whose ids and names are markup: the JSON is equal twice, the page holds no tag of theirs."""
    (base,) = audit.sessions
    shows = [msgspec.structs.replace(base, session_id=HOSTILE, host_id=HOSTILE)]
    book = Registry(
        [
            Party(HOSTILE, "host", HOSTILE, "managed_by", HOSTILE + "a"),
            Party(HOSTILE + "a", "agency", HOSTILE),
        ],
        [Deal(HOSTILE, host_id=HOSTILE, mcn_id=HOSTILE + "a", merchant_id=HOSTILE, slot_fee=1)],
    )
    audit = msgspec.structs.replace(audit, sessions=shows, notes=[HOSTILE])
    policy = default_policy()
    hosts = [ranked([host_audit(HOSTILE, shows, policy, registry=book)]) for _ in range(2)]
    figures = {f"h{i}": {"viewers": 100.0 * i, "likes": 90.0 * i} for i in range(1, 40)}
    odd = incoherent(figures | {HOSTILE: {"viewers": 2000.0, "likes": 1.0}})
    bytes_ = [encoded(HostReport.of(audit, h, odd)) for h in hosts]
    assert bytes_[0] == bytes_[1]
    one = agency_audit((HOSTILE + "a",), audit, policy, registry=book, moved=[], as_of=0)
    assert encoded(AgencyReport.of(audit, [one]))
    for lang in ("zh", "en"):
        for page in (
            host_page(audit, hosts[0], odd, "zhenbo", lang),
            agency_page(audit, [one], "zhenbo", lang),
        ):
            html = render_page(page, lang)
            assert "<script" not in html
            assert "\u202e" not in html
            assert "&lt;script&gt;" in html
