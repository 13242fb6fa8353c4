"""Every signal, found by walking its family folder, keeps the contract of signals; and the contract bites."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import zhenbo.signals.timing
from zhenbo.core.evidence import Effect, Say
from zhenbo.proof.signals import (
    check_baselines,
    check_examples,
    check_found,
    check_page,
    check_says,
    check_signal,
)
from zhenbo.signals.catalogue import catalogue, page


@pytest.mark.parametrize("signal", catalogue().values(), ids=list(catalogue()))
def test_signal_keeps_its_contract(signal):
    """Page whole, examples run, findings well formed, blind to order and names, silent on honest rooms and corners."""
    assert check_signal(signal) == []


def test_a_file_dropped_into_a_family_is_found_and_held_to_the_contract(tmp_path: Path, monkeypatch):
    """One new file, no list to edit: it stands in the catalogue, and a heading it lacks is named."""
    exemplar = Path(zhenbo.signals.timing.__path__[0]) / "regularity.py"
    text = exemplar.read_text("utf-8").replace("timing.regularity", "timing.newcomer")
    (tmp_path / "newcomer.py").write_text(text.replace("## What clears it\n", ""), "utf-8")
    monkeypatch.setattr(zhenbo.signals.timing, "__path__", [*zhenbo.signals.timing.__path__, str(tmp_path)])
    catalogue.cache_clear()
    try:
        assert {"timing.newcomer", "timing.regularity"} <= set(catalogue())
        assert check_signal(catalogue()["timing.newcomer"]) == [
            "timing.newcomer: its page has no heading “What clears it”"
        ]
    finally:
        catalogue.cache_clear()
        sys.modules.pop("zhenbo.signals.timing.newcomer", None)


def test_the_contract_names_what_a_page_lacks():
    """A missing heading, an empty one, a disorder, an example that lies or never accuses: each has its sentence."""
    whole = page("timing.regularity")
    assert check_page(whole) == []
    assert check_page(whole.replace("## Why it matters", "## Why")) == [
        "its page has no heading “Why it matters”"
    ]
    assert "nothing stands under “Examples”" in check_page(
        whole.partition("## Examples")[0] + "## Examples\n"
    )
    swapped = (
        whole.replace("## What clears it", "## X")
        .replace("## Why it matters", "## What clears it")
        .replace("## X", "## Why it matters")
    )
    assert "another order" in check_page(swapped)[0]
    lying = whole.replace("names 12 accounts", "names 13 accounts")
    assert "does not run as printed" in check_examples(lying)[0]
    assert check_examples("Examples\n    >>> 1 + 1\n    2\n") == [
        "no example of its page accuses", "no example of its page stays silent",
    ]  # fmt: skip


def test_the_contract_names_baselines_without_a_source():
    """A number needs value, unit, source and date; a date must be one."""
    good = '[shape]\nvalue = 2\nunit = "x"\nsource = "y"\ndate = 2026-11-21\n'
    assert check_baselines(good) == []
    assert check_baselines(good.replace('source = "y"\n', "")) == ["baseline shape has no source"]
    assert "no table" in check_baselines("shape = 2")[0]
    assert "date that is none" in check_baselines(good.replace("2026-11-21", '"soon"'))[0]


def test_the_contract_names_a_sentence_that_differs_between_languages():
    """A field told in one language only, or a language left out, is named; `metric_zh` counts as `metric`."""
    told = {
        "same": Say("{n} {metric}", "{n} {metric_zh}"), "less": Say("{n} {metric}", "{n}"), "mute": Say("{n}", " "),
    }  # fmt: skip
    assert check_says(replace(SIGNAL, says=told)) == [
        "`says.less` has other fields in zh than in en: ['metric']", "`says.mute` lacks a language",
    ]  # fmt: skip


SIGNAL = catalogue()["timing.regularity"]
SOUND = SIGNAL.evidence(
    window=(1, 2), p=1e-6, observed=3.0, expected=0.1, says="regular", accounts={"a": 12.0},
    args={"accounts": 3, "tested": 9, "comments": 50, "cv": 0.1}, effect=Effect("comments", 1, 2, 3),
    events=("s:e1",), events_total=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"p": 1.5}, "no probability"),
        ({"p": float("nan")}, "no probability"),
        ({"window": (2, 1)}, "before it begins"),
        ({"effect": Effect("comments", 3, 2, 4)}, "no interval"),
        ({"effect": Effect("comments", 1, 2, float("inf"))}, "no interval"),
        ({"effect": Effect("hearts", 1, 2, 3)}, "no metric"),
        ({"accounts": {"a": float("inf")}}, "weight"),
        ({"events": (), "events_total": 0}, "without citing"),
        ({"events_total": 0}, "cites 1 events of 0"),
        ({"args": {"accounts": 3}}, "without {comments}"),
        ({"says": "nonsense"}, "not among its sentences"),
        ({"args": {"accounts": 3, "tested": 9, "comments": 50, "cv": float("nan")}}, "cannot be shown"),
        ({"expected": float("nan")}, "not finite"),
    ],
)
def test_the_contract_names_what_evidence_lacks(wrong, told):
    """Each malformed field of a piece of evidence has its sentence; a sound piece has none."""
    assert check_found(SIGNAL, SOUND) == []
    assert any(told in problem for problem in check_found(SIGNAL, replace(SOUND, **wrong)))


def test_the_contract_hears_what_depends_on_names_order_or_honesty():
    """A signal that looks at names, at row order, or accuses everybody breaks a law by name."""

    def by_name(session, _):
        names = sorted(x for x in session.events["actor_id"].to_pylist() if x)
        yield replace(
            SOUND, p=1.0, observed=float(len(names[0])) if names[0] < "c" else 0.5, events=(), accounts={}
        )

    def by_row(session, _):
        codes = session.events["actor_id"].combine_chunks().dictionary_encode().dictionary.to_pylist()
        kinds = session.events["kind"].combine_chunks().dictionary.to_pylist()
        yield replace(
            SOUND, p=1.0, args=SOUND.args | {"cv": kinds.index("enter") + len(codes)}, events=(), accounts={}
        )

    def of_all(session, _):
        yield replace(SOUND, events=("story:e1",), window=session.span)

    heard = {
        look.__name__: " ".join(check_signal(replace(SIGNAL, look=look)))
        for look in (by_name, by_row, of_all)
    }
    assert "other names" in heard["by_name"]
    assert "another order" in heard["by_row"]
    assert "accuses an honest room" in heard["of_all"]
