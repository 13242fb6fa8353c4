"""`verdict.json`: rounding, bytes, schema and documentation come from one definition."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.core.verdict import (
    Asked,
    Audit,
    Fakes,
    Gmv,
    Interval,
    OfWhich,
    SessionVerdict,
    json_schema,
    to_json,
)


def verdict(**fields) -> SessionVerdict:
    """An invented verdict about nothing much."""
    asked = Asked(verdict=Outcome.INSUFFICIENT, tier=Tier.T0, asked=True)
    plain = {
        "session_id": "s", "host_id": "h", "platform": "douyin", "start": None, "end": None, "tier": Tier.T0,
        "verdict": Outcome.INSUFFICIENT, "question": Question.AUDIENCE, "penalty_ready": False, "probability": None,
        "probability_low": None, "probability_high": None, "prior_db": -10.0, "score_db": -10.0, "map": "m",
        "questions": {q.value: asked for q in Question}, "fake": Fakes(), "gmv": None, "coverage": {}, "reasons": [],
        "ask_for": [], "notes": [],
    }  # fmt: skip
    return SessionVerdict(**plain | fields)


def audit(*sessions: SessionVerdict) -> Audit:
    """An audit of these sessions."""
    return Audit(
        zhenbo="0", as_of="2026-05-01T00:00:00Z", policy="p@1#0", lang="en", sessions=list(sessions), shops=[]
    )


def test_outcomes_rise_and_tiers_compare():
    """Rising: unlikely < insufficient < suspect < likely; T0 < T1 < T2."""
    assert [o.rank for o in (Outcome.UNLIKELY, Outcome.INSUFFICIENT, Outcome.SUSPECT, Outcome.LIKELY)] == [0, 1, 2, 3]  # fmt: skip
    assert Tier.T0 < Tier.T1 < Tier.T2


@given(st.floats(-1e9, 1e9), st.floats(0, 1))
def test_numbers_have_six_digits_and_no_negative_zero(score, probability):
    """Every number is rounded to six digits, minus zero is zero, and writing again changes nothing."""
    written = to_json(audit(verdict(score_db=score, probability=probability, coverage={"like": -0.0})))
    told = json.loads(written)["sessions"][0]
    assert told["score_db"] == round(score, 6)
    assert str(told["coverage"]["like"]) == "0.0"
    assert to_json(msgspec.json.decode(written, type=Audit)) == written


def test_names_in_json_are_those_of_the_contract():
    """The layout promised in the design: `from` of a shop, null where nothing can be said, GMV with its lines."""
    gmv = Gmv(currency="CNY", gross=5, cancelled=1, unpaid_open=0, discount=0, refunded=0, brushed=0, brushed_low=0, brushed_high=0,
              verified=Interval(4, 4, 4), of_which=OfWhich(0, 0))  # fmt: skip
    told = json.loads(to_json(audit(verdict(gmv=gmv))))
    assert set(told) == {
        "schema",
        "zhenbo",
        "as_of",
        "policy",
        "lang",
        "sessions",
        "shops",
        "notes",
        "many",
        "groups",
        "deals",
    }
    (only,) = told["sessions"]
    assert only["fake"] == dict.fromkeys(("viewers", "likes", "comments", "follows", "shares", "orders"))
    assert only["probability"] is None
    assert only["gmv"]["verified"] == {"low": 4, "mid": 4, "high": 4}
    assert {"from", "to", "shop_id"} <= set(json_schema()["$defs"]["ShopVerdict"]["properties"])


def test_the_schema_refuses_what_no_verdict_is():
    """A probability above one, a negative count or an unknown answer is no verdict."""
    sound = json.loads(to_json(audit(verdict())))
    for path, wrong in (("probability", 1.5), ("verdict", "guilty"), ("tier", "T9"), ("reasons", None)):
        bent = json.loads(json.dumps(sound))
        bent["sessions"][0][path] = wrong
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(json.dumps(bent), type=Audit)
