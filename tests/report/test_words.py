"""Numbers, masking, sentences and catalogues: what stands between a raw argument and a reader."""

import doctest
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import zhenbo.report
from zhenbo.core.evidence import RECORDS, Say
from zhenbo.core.subject import FAMILIES, METRICS, Outcome, Question, Tier
from zhenbo.report import ask, labels, mask, phrase, wrap
from zhenbo.report import format as fmt
from zhenbo.report.i18n import LANGS, tr

REPORT = Path(zhenbo.report.__file__).parent
LOCALES = REPORT.parent / "packs" / "locales"
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]
OPTIONS = {
    "**.j2": {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
}
KEYWORDS = {"_": None, "N_": None, "tr": (2,)}


def messages():
    """Every message in code and templates, freshly extracted."""
    found = extract_from_dir(str(REPORT), METHODS, OPTIONS, KEYWORDS)
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("module", [fmt, mask, wrap, phrase.__module__], ids=str)
def test_worked_examples_hold(module):
    """The examples in the docstrings are true."""
    module = __import__(module, fromlist=["x"]) if isinstance(module, str) else module
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


def test_every_message_is_translated_and_none_is_fuzzy():
    """Code, templates and the Chinese catalogue hold the same messages, and each translation keeps its fields."""
    path = LOCALES / "zh_CN" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalogue = {m.id: m for m in read_po(file) if m.id}
    assert set(catalogue) == messages()
    field = re.compile(r"%\(\w+\)s|%%")
    for message in catalogue.values():
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert set(field.findall(message.string)) == set(field.findall(message.id)), message.id


def test_compiled_catalogue_is_up_to_date():
    """The .mo in the package says what the .po says."""
    with (LOCALES / "zh_CN" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        said = {m.id: m.string for m in read_po(file) if m.id}
    values = {name: f"<{name}>" for m in said for name in re.findall(r"%\((\w+)\)s", m)}
    assert {m: tr("zh", m, **values) for m in said} == {m: s % values for m, s in said.items()}


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (labels.RECORDS, RECORDS), (labels.METRICS, METRICS), (labels.FAMILIES, FAMILIES),
        (labels.OUTCOMES, Outcome), (labels.SHAPES, Outcome), (labels.QUESTIONS, Question), (labels.TIERS, Tier),
        (labels.HEADLINES, [(o.value, q.value) for o in Outcome for q in Question]),
    ],
)  # fmt: skip
def test_every_id_of_the_core_has_a_label(known, needed):
    """Nothing the core can say is without words."""
    assert set(known) == set(needed)


@pytest.mark.parametrize("lang", LANGS)
def test_unknown_ids_speak_for_themselves(lang):
    """A new signal's cause or record is shown as it is, never an error."""
    assert ask("moon_phase", lang) == "moon phase"
    assert labels.name(labels.CAUSES, "solar_wind", lang) == "solar wind"


def test_arguments_are_formatted_by_the_end_of_their_name():
    """Shares, times, durations, money and quotes come out as people write them, in both languages."""
    say = Say(
        "{n} of them, {part_share}, {gap_s} apart since {from_us}, {paid_minor}, saying {said_text}; {gone}",
        "{n} 个，占 {part_share}，间隔 {gap_s}，自 {from_us} 起，{paid_minor}，内容 {said_text}；{gone}",
    )
    args = {
        "n": 12345, "part_share": 0.384, "gap_s": 200, "from_us": 1_795_176_000_000_000, "paid_minor": 190248715,
        "currency": "CNY", "said_text": "加微信 abc_12345\u202e",
    }  # fmt: skip
    assert phrase(say, args, "en") == (
        "12,345 of them, 38%, 3 min 20 s apart since 2026-11-20 12:00 UTC, ¥1,902,487.15, saying “加微信 ***”; …"
    )
    assert phrase(say, args, "zh") == (
        "12,345 个，占 38%，间隔 3分20秒，自 2026-11-20 12:00 UTC 起，¥1,902,487.15，内容 “加微信 ***”；…"
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.text(),
    st.dictionaries(
        st.sampled_from(["a", "b_share", "c_s", "d_us", "e_minor", "f_text", "currency"]), anything
    ),
)
def test_a_sentence_is_never_an_error(template, args):  # fmt: skip
    """Whatever the template and the arguments, a string without control or bidi characters from the arguments comes back."""
    whole = template + "{a}{b_share}{c_s}{d_us}{e_minor}{f_text}"
    for lang in LANGS:
        assert isinstance(phrase(Say(whole, whole), args, lang), str)


@given(st.text(max_size=3000))
def test_clean_text_is_short_and_steers_nothing(text):
    """No control, bidi or zero-width character and no length gets through."""
    seen = mask.masked(text)
    assert len(seen) <= mask.TEXT_LIMIT + 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f]", seen)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("13800138000 找我", "☎*** 找我"),
        ("１３８００１３８０００", "☎***"),
        ("电话138-0013-8000", "电话☎***"),
        ("VX：good_2024", "VX：***"),
        ("发到上海市徐汇区漕溪北路 88 号 1203 室，谢谢", "⌂***，谢谢"),
        ("邮箱 a.b@c.com", "邮箱 ***@***"),
        ("知道1号链接 扣1 9.9元 1234567", "知道1号链接 扣1 9.9元 1234567"),
    ],
)
def test_contacts_are_masked_and_chants_are_not(said, seen):
    """Phones, WeChat ids, mail and addresses vanish; item numbers and prices stay."""
    assert mask.masked(said) == seen
