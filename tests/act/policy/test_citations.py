"""What the other packs cite, of guarantees, penalties and the rest, stands in the register and was in force when cited."""

import tomllib
from datetime import date
from importlib.resources import files

from zhenbo.core.statute import Cite
from zhenbo.pipeline.policies import register

PACKS = files("zhenbo.packs")


def citations(told, since, until, place):
    """Every table with a law and an article, with the term of the nearest table around it."""
    if isinstance(told, dict):
        since = told["from"] if isinstance(told.get("from"), date) else since
        until = told["to"] if isinstance(told.get("to"), date) else until
        if {"law", "article"} <= told.keys():
            yield place, Cite(told["law"], str(told["article"])), since, until
        for name, part in told.items():
            yield from citations(part, since, until, f"{place}: {told.get('id', name)}")
    elif isinstance(told, list):
        for part in told:
            yield from citations(part, since, until, place)


def test_other_packs_cite_what_is_in_force():
    """No pack of guarantees or penalties cites an unknown text, an old number or a repealed one, from the text's first day on."""
    found = [
        one
        for folder in ("guarantees", "penalties", "deposits")
        for file in (PACKS / folder).iterdir() if file.name.endswith(".toml")
        for one in citations(tomllib.loads(file.read_text("utf-8")), date.min, date.max, f"{folder}/{file.name}")
    ]  # fmt: skip
    wrong = []
    for place, cite, since, until in found:
        known = register().statute(cite.law).versions[0].since
        if (said := register().wrong(cite, max(since, known), until)) is not None:
            wrong.append((place, cite.law, said.en))
    assert len(found) > 100
    assert wrong == []
