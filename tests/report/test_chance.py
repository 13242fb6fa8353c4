"""What chance does, what is left without those named, and who may have bought: in both languages, on page and terminal."""

import io
import re

import pytest
from conftest import TITLES, bought_room, make_audit, quiet_room
from msgspec.structs import replace
from rich.console import Console

from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, FactSeen, Many, Purchaser, Without
from zhenbo.report import render_html, render_terminal
from zhenbo.report.chance import many_lines, without_named
from zhenbo.report.i18n import LANGS

MANY = Many(
    rooms=1000, flagged=5, expected_false=0.21, expected_false_high=0.64, per_1000_low=0.0, per_1000_high=1.2, rate=0.05,
    survive=["room-7781-20261120", "<script>"],
)  # fmt: skip
BOUGHT = Purchaser(
    pack="p@1", host=0.12, merchant=0.06, rival=0.82, leans="rival",
    facts=[FactSeen(fact="cursing", share=0.61, of=240, host_db=-6, merchant_db=-6, rival_db=4)],
)  # fmt: skip


def told(lang) -> Audit:
    """One bought room with everything said of it."""
    room = bought_room(lang == "zh")
    reasons = [replace(r, without=0.41) for r in room.reasons]
    left = Without(accounts=412, orders=0, rows=9_001, verdict=Outcome.INSUFFICIENT, probability=0.18, score_db=-6.6)  # fmt: skip
    room = replace(room, probability=0.93, without=left, purchaser=BOUGHT, reasons=reasons)
    return replace(make_audit(lang), sessions=[room, quiet_room("room-thin", Outcome.INSUFFICIENT, lang == "zh")], shops=[], many=MANY)  # fmt: skip


WORDS = {
    "en": (
        "Without the 412 accounts named here and all their rows, the likelihood of 93% becomes 18%: insufficient evidence.",
        "without this reason: 41%",
        "5 of 1,000 rooms and shop months are suspect or worse. Honest ones to be expected among these: 0.21 (0.64 if fabrication is rare).",
        "Of 1,000 honest rooms, 0 to 1.2 are flagged by chance",
        "2 of the 5 stand (e-BH): room-7781-20261120",
        "leans to a rival's attack (host or agency 12%, merchant 6%, rival 82%)",
        "comments of those named that curse the goods: 61% of 240; fits a rival's attack best",
    ),
    "zh": (
        "去掉此处指认的 412 个账号及其全部记录后，可能性由 93% 变为 18%：",
        "若无此理由：41%",
        "1,000 个直播间与店铺月中，有 5 个“存疑”或更严重。预计其中实为正常者：0.21 个（若造假少见则为 0.64 个）。",
        "每 1,000 个正常直播间，会有 0 至 1.2 个被偶然标记",
        "5 个中有 2 个站得住（e-BH）：room-7781-20261120",
        "偏向竞争对手的攻击（主播或机构 12%，商家 6%，竞争对手 82%）",
        "被指认账号的评论在诋毁商品：240 中占 61%；最符合竞争对手的攻击",
    ),
}


@pytest.mark.parametrize("lang", LANGS)
def test_page_and_terminal_say_it(lang):
    """Every sentence in the language asked for; ids that came from outside are escaped."""
    page = render_html(told(lang), {}, TITLES, lang)
    text = page.replace("&#39;", "'").replace("&#34;", '"')
    for words in WORDS[lang]:
        assert words in text
    assert "<script>" not in page
    out = io.StringIO()
    render_terminal(told(lang), Console(file=out, width=400), TITLES)
    printed = re.sub(r"\s+\n", "\n", out.getvalue())
    for words in (WORDS[lang][0], *WORDS[lang][2:6]):
        assert words in printed


def test_one_room_is_not_many_and_nobody_named_is_no_counterfactual():
    """Nothing is said where there is nothing to say."""
    assert many_lines(replace(told("en"), many=replace(MANY, rooms=1)), "en") == ()
    assert many_lines(replace(told("en"), many=None), "en") == ()
    quiet = replace(MANY, flagged=0, expected_false=0.0, expected_false_high=0.0, survive=[])
    assert len(many_lines(replace(told("en"), many=quiet), "en")) == 1
    assert "none stands" in many_lines(replace(told("en"), many=replace(MANY, survive=[])), "en")[-1]
    room = told("en").sessions[0]
    assert without_named(replace(room, without=None), "en") == ""
    gone = replace(room, without=replace(room.without, probability=None, orders=3))
    assert without_named(gone, "en") == "Without the 412 accounts and 3 orders named here and all their rows, nothing is left to judge."  # fmt: skip
