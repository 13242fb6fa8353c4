"""The page, the terminal block and the CSV: complete, exact, calm, and deaf to hostile input."""

import io
import re
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from conftest import SAYS, START, TITLES, bought_room, curves, make_audit, quiet_room
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from zhenbo.core.exhibit import Curve, Exhibit, Row
from zhenbo.core.session import MINUTE
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, Fakes
from zhenbo.report import csv_bytes, render_html, render_terminal
from zhenbo.report.i18n import LANGS
from zhenbo.report.score import additions
from zhenbo.report.svg import axis_of, curve_svg

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e=cmd|calc' + "\x00" + "A" * 10_000
VOID = {"meta", "br", "rect", "path", "circle"}
OPTIONAL = {"td", "tr"}  # their end tags may be left out, and is, to save bytes


class Skeleton(HTMLParser):
    """Reads a page strictly: tags, attributes, text, and whether every element is closed."""

    def __init__(self):
        super().__init__()
        self.tags, self.attrs, self.text, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        """Note the tag; those that must be closed stay open."""
        self.tags.append(tag)
        self.attrs += [(tag, k, v) for k, v in attrs]
        if tag not in VOID | OPTIONAL:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself."""
        self.tags.append(tag)
        self.attrs += [(tag, k, v) for k, v in attrs]

    def handle_endtag(self, tag):
        """The element that closes is the one opened last."""
        if tag not in VOID | OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data):
        """Note visible text."""
        if data.strip() and not (self.open and self.open[-1] == "style"):
            self.text.append(" ".join(data.split()))


def read(page):
    """The page, parsed."""
    skeleton = Skeleton()
    skeleton.feed(page)
    skeleton.close()
    assert skeleton.open == []
    return skeleton


@pytest.mark.parametrize("lang", LANGS)
def test_page_is_whole_self_contained_and_small(lang, exhibits):
    """Every template renders in every language; no script, no address, ids unique; four rooms and a shop < 60 kB."""
    page = render_html(make_audit(lang), exhibits, TITLES, lang)
    seen = read(page)
    assert "script" not in seen.tags
    assert not [a for a in seen.attrs if a[1] in {"src", "onload", "onclick"}]
    assert all(v.startswith("#") for _, k, v in seen.attrs if k == "href")
    ids = [v for _, k, v in seen.attrs if k == "id"]
    assert len(ids) == len(set(ids))
    assert "default-src 'none'; style-src 'unsafe-inline'" in [v for _, k, v in seen.attrs if k == "content"]
    assert len(page.encode()) < 60_000
    assert page == render_html(make_audit(lang), exhibits, TITLES, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_no_english_leaks_into_the_chinese_page_and_none_the_other_way(lang, exhibits):
    """The page's own words are of one language (ids, user text and the brand apart)."""
    text = " ".join(read(render_html(make_audit(lang), exhibits, TITLES, lang)).text)
    if lang == "zh":
        words = set(re.findall(r"(?<!-)\b(?:the|of|and|verified|shown|evidence|interval)\b", text))
        assert words == set()
    else:
        chinese = re.sub("真播|这个颜色真的绝了宝子们[^ ]*|，加微信", "", text)
        assert re.findall("[\u4e00-\u9fff]+", chinese) == []


def test_skeleton_of_a_small_report():
    """What a reader meets, in order, for the room that cannot be judged."""
    audit = replace(
        make_audit("en"), sessions=[quiet_room("room-thin", Outcome.INSUFFICIENT, zh=False)], shops=[]
    )
    text = read(render_html(audit, {}, TITLES, "en")).text
    assert text[: text.index("How to read this, and its limits")] == snapshot(
        [
            "zhenbo audit · 2026-11-21 08:00 UTC",
            "Audit of live sessions",
            "zhenbo 真播 0.1.0 · record read as of 2026-11-21 08:00 UTC · policy",
            "default@1",
            "◌",
            "1 insufficient evidence",
            "verdict",
            "session or shop month",
            "begins (UTC)",
            "probability",
            "tier",
            "strongest reason",
            "◌",
            "insufficient evidence",
            "room-thin",
            "2026-11-20 12:00",
            "–",
            "T0",
            "–",
            "room-thin",
            "host",
            "host-12",
            "· bilibili · 2026-11-20 12:00 – 2026-11-20 15:00 UTC",
            "◌",
            "insufficient evidence",
            "The record does not show enough of the engagement to say either way.",
            "Likelihood",
            "not stated: the evidence is too thin for a number",
            "Data",
            "T0 · counters and texts, without identities",
            "Use",
            "No penalty may rest on this verdict.",
            "Reasons",
            "No signal could speak on this record.",
            "The three questions",
            "Is the audience real?",
            "◌",
            "insufficient evidence",
            "T0",
            "Is the engagement real?",
            "◌",
            "insufficient evidence",
            "T1",
            "Are the sales real?",
            "–",
            "not asked: the record shows nothing of it",
            "T0",
            "What would change this verdict",
            "What could not be asked, and the records that would settle it:",
            "Every single entry into the room, with its time; not a sample.",
            "The displayed counter of people in the room, minute by minute.",
            "How the score adds up",
            "−10.0 (prior) = −10.0 dB",
            "Rounded to tenths so that the line adds up; verdict.json has six digits. Calibration",
            "zhenbo-2026-11@1",
        ]
    )


def test_insufficient_is_never_dressed_as_credible():
    """The thin room has its own class, no percentage in the overview, and says that it is no clean bill."""
    audit = replace(
        make_audit("en"),
        sessions=[replace(quiet_room("room-thin", Outcome.INSUFFICIENT, zh=False), probability=0.02)],
        shops=[],
    )
    page = render_html(audit, {}, TITLES, "en")
    assert 'class="banner insufficient"' in page
    assert "2%" not in page
    assert "not a clean bill of health" in page


def test_probability_is_capped_and_told_as_an_interval(exhibits):
    """0.9962 reads 99 %, with its interval in words."""
    text = " ".join(read(render_html(make_audit("en"), exhibits, TITLES, "en")).text)
    assert (
        "99% (96% to 99%, depending on how common fabrication is) that at least 5% of a shown figure is fabricated"
        in text
    )
    assert "100%" not in text


@given(
    st.lists(st.floats(-60, 60), min_size=1, max_size=12),
    st.floats(-30, 10),
    st.booleans(),
)
def test_the_score_is_shown_as_a_sum_that_adds_up(weights, prior, honest):
    """Prior and weights at one decimal add up to the score at one decimal, exactly; a rest is shown, not hidden."""
    room = bought_room(zh=False)
    reasons = [replace(room.reasons[0], weight_db=w) for w in weights]
    score = prior + sum(weights) if honest else prior + sum(weights) + 3.3
    questions = {"audience": replace(room.questions["audience"], score_db=score)}
    subject = replace(room, prior_db=prior, score_db=score, questions=questions)
    (total,) = additions(subject, reasons)
    shown = [round(10 * v) for v in (total.prior, *(w for _, w in total.terms), total.rest)]
    assert sum(shown) == round(10 * total.total) == round(10 * score)
    assert all(abs(w - exact) < 0.2 for (_, w), exact in zip(total.terms, weights, strict=True))
    assert (total.rest != 0) is not honest


def test_each_question_has_its_own_sum(exhibits):
    """Where the score is one question's, each question's reasons are added to the prior."""
    text = " ".join(read(render_html(make_audit("en"), exhibits, TITLES, "en")).text)
    assert "audience · −10.0 (prior) + 14.2 (1) = 4.2 dB" in text
    assert "engagement · −10.0 (prior) + 11.7 (2) + 7.0 (3) − 2.5 (4) = 6.2 dB" in text


def test_the_bridge_on_the_page_sums_to_the_cent(exhibits):
    """Created minus every deduction is the verified amount, as printed."""
    page = render_html(make_audit("zh"), exhibits, TITLES, "zh")
    amounts = re.findall(r'<td class="num">(−?)¥([\d,.]+)</td>', page)
    fen = [(-1 if sign else 1) * int(a.replace(",", "").replace(".", "")) for sign, a in amounts]
    assert len(fen) == 7
    assert sum(fen[:-1]) == fen[-1]


def test_what_was_not_judged_is_not_called_verified():
    """A bridge without a judgement on brushing ends in what remains, and says that it is not verified."""
    shop = make_audit("en").shops[0]
    gmv = replace(shop.gmv, brushed=0, brushed_low=0, brushed_high=0)
    shop = replace(shop, verdict=Outcome.INSUFFICIENT, fake=Fakes(), gmv=gmv, reasons=[])
    text = " ".join(
        read(render_html(replace(make_audit("en"), sessions=[], shops=[shop]), {}, {}, "en")).text
    )
    assert "= remains" in text
    assert "not verified: brushing could not be judged" in text
    assert "= verified" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_hostile_strings_are_text_and_nothing_else(lang):
    """Script tags, attribute breaks, bidi overrides, NUL and 10 kB names in every user field change no markup."""

    def poisoned(text):
        room = bought_room(lang == "zh")
        bad = [
            replace(r, says=text, signal=f"text.{text}", message=text, events=[text], args={"x": text})
            for r in room.reasons
        ]
        room = replace(
            room, session_id=text, host_id=text, platform=text, reasons=bad, notes=[text], ask_for=[text],
            coverage={text: 0.5}, map=text, start=text,
            questions={k: replace(q, missing=[text]) for k, q in room.questions.items()},
        )  # fmt: skip
        rows = (Row(text, START, text, text, text, 1, text),)
        audit = Audit(zhenbo=text, as_of=text, policy=text, lang=lang, sessions=[room], shops=[])
        exhibit = Exhibit(curves(), (), {bad[0].id: rows})
        return render_html(audit, {text: exhibit}, {}, lang)

    page, plain = poisoned(HOSTILE), poisoned("plain")
    assert read(page).tags == read(plain).tags
    assert [a[:2] for a in read(page).attrs] == [a[:2] for a in read(plain).attrs]
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "A" * 600 not in page


def test_many_sessions_are_listed_and_the_left_out_are_counted():
    """Of 500 quiet rooms all are listed, twelve are told, and the page says how many are not; suspects always are."""
    quiet = [quiet_room(f"room-{i:03d}", Outcome.UNLIKELY, zh=False) for i in range(500)]
    audit = replace(make_audit("en"), sessions=[*quiet, bought_room(zh=False)], shops=[])
    page = render_html(audit, {}, TITLES, "en")
    assert page.count("<section id=") == 1 + 12 + 1
    assert page.count('<th scope="row"><a href="#s') + page.count('<th scope="row"><bdi>') == 501
    assert "Left out here: 488" in page
    assert page.index("room-7781-20261120") < page.index("room-000")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_of_thousands_of_accused_stays_a_page(lang):
    """Of 3,000 suspects all are listed, the worst 250 told, and the page and the terminal say where the others are."""
    one = bought_room(zh=lang == "zh")
    rooms = [replace(one, session_id=f"room-{i:04d}", score_db=one.score_db + i) for i in range(3_000)]
    audit = replace(make_audit(lang), sessions=rooms, shops=[])
    exhibits = {r.session_id: Exhibit(curves()) for r in rooms}
    page = render_html(audit, exhibits, TITLES, lang)
    assert len(page.encode()) < 20e6
    assert page.count("<section id=") == 250 + 1
    assert page.count('<th scope="row"><a href="#s') + page.count('<th scope="row"><bdi>') == 3_000
    assert "2750" in page
    assert page.index("room-2999") < page.index("room-2000")
    shown = io.StringIO()
    render_terminal(audit, Console(file=shown, width=100))
    assert shown.getvalue().count("room-") == 50
    assert "2950" in shown.getvalue()


def test_gaps_are_gaps_and_counts_start_at_zero():
    """A hole in the record splits the line and is a grey band; the axis begins at 0."""
    values = (50.0, 60.0, 55.0, None, None, 58.0, 57.0, 59.0)
    curve = Curve("viewers", "heads", START, MINUTE, values)
    drawn = str(
        curve_svg(
            curve,
            axis_of([curve]),
            "t",
            "no data",
            suspicious=[],
            declared=[],
            main=True,
            timed=True,
            lang="en",
        )
    )
    (line,) = re.findall(r'class="line" d="([^"]*)"', drawn)
    assert line.count("M") == 2
    assert drawn.count('class="gap"') == 1
    assert ">0</text>" in drawn


def test_an_audit_can_be_reissued_in_the_other_language(exhibits):
    """With the signals' sentences at hand a Chinese audit is told in English, facts unchanged."""
    text = " ".join(read(render_html(make_audit("zh"), exhibits, TITLES, "en", SAYS)).text)
    assert "960 comments of 20 accounts reuse rare sentences such as “这个颜色真的绝了宝子们”" in text
    assert "Devices or networks of the accounts, as keyed hashes." in text
    assert "entries 11%, likes 95%" in text


def test_text_stands_out_from_its_ground_in_light_and_dark(exhibits):
    """Every text colour has a WCAG contrast of at least 4.5 on the page, the card and its own tint."""
    page = render_html(make_audit("en"), exhibits, TITLES, "en")
    themes = [
        dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})\b", block))
        for block in re.findall(r":root\{[^}]*\}", page)
    ]

    def luminance(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    assert len(themes) == 2
    pairs = [(t, g) for t in ("ink", "soft", "shown", "ok", "none", "sus", "bad") for g in ("bg", "card")]
    pairs += [("ok", "okbg"), ("none", "nonebg"), ("sus", "susbg"), ("bad", "badbg"), ("soft", "gap")]
    pairs += [("ink", g) for g in ("okbg", "nonebg", "susbg", "badbg")]
    for theme in themes:
        for text, ground in pairs:
            light, dark = sorted((luminance(theme[text]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


@pytest.mark.parametrize("lang", LANGS)
def test_terminal_fits_80_columns_without_colour(lang):
    """Shape and word carry the verdict alone; no line is wider than 80 cells, Chinese counted double."""
    out = io.StringIO()
    render_terminal(make_audit(lang), Console(file=out, width=80, no_color=True, force_terminal=True), TITLES)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert all(cell_len(line) <= 80 for line in text.splitlines())
    assert "\x1b[3" not in out.getvalue()
    assert ("■ 很可能造假" if lang == "zh" else "■ likely fabricated") in text
    assert ("90% 区间 7,000 至 8,700" if lang == "zh" else "90% interval 7,000 to 8,700") in text


def test_terminal_obeys_nobody_in_the_room():
    """Escape sequences and rich markup in names and sentences are printed as plain text or dropped."""
    room = bought_room(zh=False)
    bad = "[red]x[/red]\x1b]0;owned\x07"
    room = replace(room, session_id=bad, reasons=[replace(room.reasons[0], says=bad)])
    out = io.StringIO()
    render_terminal(replace(make_audit("en"), sessions=[room], shops=[]), Console(file=out, width=80))
    assert "[red]x[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


@settings(deadline=None)  # the first cell imports the CSV writer
@given(
    st.lists(
        st.none()
        | st.text(max_size=12)
        | st.sampled_from(["=1+1", "+A1", "-2", "@x", "\t=1", "\r=1", "\0=1"])
    )
)
def test_csv_cells_are_never_formulas(cells):
    """Every text cell that could start a formula is disarmed, NUL is gone, numbers and nulls stay."""
    from pyarrow import csv

    column = pa.array(cells, pa.string()).dictionary_encode()
    got = csv_bytes(pa.table({"=id": column, "probability": pa.array([-0.5] * len(cells))}))
    assert b"\0" not in got
    back = csv.read_csv(
        io.BytesIO(got),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={"'=id": pa.string()},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    assert back.column_names == ["'=id", "probability"]
    assert back["probability"].to_pylist() == [-0.5] * len(cells)
    for raw, cell in zip(cells, back["'=id"].to_pylist(), strict=True):
        assert (raw is None) is (cell is None)
        if raw is not None:
            bare = raw.replace("\0", "")
            assert cell in {bare, f"'{bare}"}
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
