"""Write the pages that derive from the code, and the terminal excerpt of the README.

    python docs/make.py           # writes docs/{verdict,schema,signals,sources}.md and the README's excerpts

`tests/test_docs.py` fails when a page is stale. Nothing here states a fact of its own: columns come from
`zhenbo.core.schema`, fields from `zhenbo.core.verdict`, signals from their files, sources from their mappings.
"""

import io
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from zhenbo.cli.demo_ import command as demo
from zhenbo.core import schema
from zhenbo.core.verdict import json_schema
from zhenbo.intake.mapping import mappings
from zhenbo.pipeline import audit_dataset, default_policy, titles
from zhenbo.report.terminal import render_terminal
from zhenbo.signals.catalogue import catalogue, page
from zhenbo.worlds import VIEWS, WORLDS

sys.path.insert(0, str(Path(__file__).resolve().parent))
import proven

ROOT = Path(__file__).resolve().parents[1]
_MADE = "<!-- made by `make docs`; edit the definitions it names, not this page -->\n"
EXCERPT = re.compile(r"(<!-- demo:(\w+) -->\n```text\n).*?(```\n<!-- /demo -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """Every generated page by its path, except the README's excerpts."""
    docs = ROOT / "docs"
    return {
        docs / "verdict.md": _verdict(),
        docs / "schema.md": _schema(),
        docs / "signals.md": _signals(),
        docs / "sources.md": _sources(),
        docs / "worlds.md": _worlds(),
        docs / "where-it-fails.md": proven.weaknesses(),
    }


def readmes() -> dict[Path, str]:
    """The READMEs with what the demo prints now, and what was measured last."""
    said: dict[str, str] = {}
    texts = {}
    for path in (ROOT / "README.md", ROOT / "README.zh-CN.md"):
        text = path.read_text("utf-8")
        for _, lang, _ in EXCERPT.findall(text):
            said.setdefault(lang, terminal(lang))
        text = EXCERPT.sub(lambda m: m[1] + said[m[2]] + m[3], text)
        texts[path] = proven.EXCERPT.sub(lambda m: m[1] + proven.excerpt(m[2]) + m[3], text)
    return texts


def terminal(lang: Any) -> str:
    """What the demo's default evening prints of its gravest room."""
    seed = next(p.default for p in demo.params if p.name == "seed")
    audit = audit_dataset(WORLDS["evening"](seed).dataset, lang=lang).audit
    out = io.StringIO()
    render_terminal(audit, Console(file=out, width=100, color_system=None), titles())
    first = out.getvalue().strip("\n").split("\n\n")[0]
    return "".join(line.rstrip() + "\n" for line in first.splitlines())


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in lines
    )


# --- verdict.json --------------------------------------------------------------------------------------------------


def _verdict() -> str:
    defs = json_schema()["$defs"]
    parts = [
        "# verdict.json\n",
        _MADE,
        (
            "From `src/zhenbo/core/verdict.py`. `null` means *not enough evidence to say*, never zero. Amounts are integer\n"
            "minor units (fen, cents); numbers are rounded to 6 digits; the same input gives the same bytes. Every audit\n"
            "writes the JSON schema beside it as `verdict.schema.json`.\n"
        ),
    ]
    for name, struct in defs.items():
        parts.append(f"## {name}\n\n{struct.get('description', '')}\n")
        if "enum" in struct:
            parts.append(", ".join(f"`{value}`" for value in struct["enum"]) + "\n")
            continue
        needed = set(struct.get("required", ()))
        rows = (
            [
                f"`{key}`",
                _type(field) + ("" if key in needed else ", may be absent"),
                field.get("description", ""),
            ]
            for key, field in struct["properties"].items()
        )
        parts.append(_table(["field", "type", "meaning"], rows))
    return "\n".join(parts)


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if "enum" in field:
        return " or ".join(f'"{value}"' for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("type") == "object" and field.get("additionalProperties"):
        return f"map to {_type(field['additionalProperties'])}"
    bounds = ""
    if "minimum" in field:
        bounds = (
            f" {field['minimum']}–{field['maximum']}" if "maximum" in field else f" >= {field['minimum']}"
        )
    return str(field.get("type", "any")) + bounds


# --- canonical tables ----------------------------------------------------------------------------------------------


def _schema() -> str:
    tables = {
        "events": ("one flat row per event", schema.EVENT_COLUMNS),
        "accounts": ("snapshots of accounts", schema.ACCOUNT_COLUMNS),
        "session_metrics": ("displayed counters, exposure, coverage", schema.METRIC_COLUMNS),
        "products": ("what was on sale", schema.PRODUCT_COLUMNS),
    }
    parts = [
        "# The canonical tables\n",
        _MADE,
        (
            "From `src/zhenbo/core/schema.py`. A *data folder* holds any of `events*.parquet|jsonl|csv`,\n"
            "`accounts.parquet`, `session_metrics.parquet`, `products.parquet`, `context.toml`. Times are UTC microseconds,\n"
            "amounts integer minor units, identities keyed hashes. `zhenbo import` writes such a folder.\n"
        ),
    ]
    for name, (what, columns) in tables.items():
        rows = ([f"`{c.name}`", _arrow(c.type), c.meaning] for c in columns)
        parts.append(f"## {name}\n\nOne table: {what}.\n\n" + _table(["column", "type", "meaning"], rows))
    groups = {
        "room": schema.ROOM_KINDS,
        "fans": schema.FAN_KINDS,
        "counter": schema.COUNTER_KINDS,
        "trade": schema.TRADE_KINDS,
        "money": schema.MONEY_KINDS,
        "host": schema.HOST_KINDS,
    }
    kinds = ([name, ", ".join(f"`{kind}`" for kind in group)] for name, group in groups.items())
    parts.append("## Kinds of events\n\n" + _table(["group", "kinds"], kinds))
    flags = ([str(flag.value.bit_length() - 1), f"`{flag.name}`"] for flag in schema.Flag)
    parts.append("## Flags\n\nBits of the `flags` column.\n\n" + _table(["bit", "flag"], flags))
    return "\n".join(parts)


def _arrow(type_: Any) -> str:
    return "word" if type_ == schema.WORD else str(type_).replace("timestamp[us, tz=UTC]", "time")


# --- signals and sources -------------------------------------------------------------------------------------------


def _signals() -> str:
    rows = (
        [f"[`{s.id}`](../src/zhenbo/signals/{s.id.replace('.', '/')}.py)", s.question.value, s.tier.value, f"{s.title.en} · {s.title.zh}", page(s.id).partition("\n")[0]]
        for s in catalogue().values()
    )  # fmt: skip
    return "\n".join([
        "# The signals\n",
        _MADE,
        ("One file is one signal, and its docstring is its page: what it looks for, why it matters, how it is fooled,\n"
        "what clears it, method, examples that run. `zhenbo explain SIGNAL` shows it; the lowest tier at which it can\n"
        "speak stands beside it.\n"),
        _table(["signal", "question", "tier", "title", "in a line"], rows),
        _proven(),
    ])  # fmt: skip


def _proven() -> str:
    """What stands in the calibration: the record behind each signal's cap."""
    path = ROOT / "src" / "zhenbo" / "packs" / "calibration" / "caps.toml"
    proven = tomllib.loads(path.read_text("utf-8")).get("signal", {})
    policy = default_policy()
    known = (
        [f"`{name}`", str(entry["units"]), str(entry["accused"]), f"{policy.caps[name]:.1f}"]
        for name, entry in proven.items()
    )
    said = (
        "Honest units (simulated sessions and shop months) on which each signal spoke, how many of them it accused, and\n"
        "the cap that follows: 10·log10(units / (3 + 3·accused)) dB. Any other signal or tier weighs at most "
        f"{policy.unproven:.0f} dB.\n\n"
    )
    proof = (
        "## What was proven\n\n" + said + _table(["signal and tier", "units", "accused", "cap, dB"], known)
    )
    return proof + "\n" + _clean()


def _clean() -> str:
    """What the calibration says of clean looks."""
    path = ROOT / "src" / "zhenbo" / "packs" / "calibration" / "clean.toml"
    proven = tomllib.loads(path.read_text("utf-8"))["clean"]
    policy = default_policy()
    rows = (
        [f"`{name}`", f"{e['honest_clean']} of {e['honest']}", f"{e['bought_clean']} of {e['bought']}", f"{policy.clean[name]:.1f}"]
        for name, e in proven.items()
    )  # fmt: skip
    said = (
        "Simulated subjects in which nothing was found to hold against them and something looked: all clean looks of a question together\n"
        "count for no more than the ratio of the two shares, one more bought subject taken as missed ([why](decisions/0018-clean-looks-and-quotas.md)).\n\n"
    )
    return (
        "## What a clean look is worth\n\n"
        + said
        + _table(["question and tier", "honest", "bought", "at most, dB"], rows)
    )


def _sources() -> str:
    rows = (
        [f"`{m.id}`", f"{m.title['en']} · {m.title['zh']}", ", ".join(m.formats), ", ".join(f"`{x}`" for x in m.lacks) or "–"]
        for m in mappings()
    )  # fmt: skip
    return "\n".join([
        "# The sources recognised\n",
        _MADE,
        ("From `src/zhenbo/packs/mappings/*.toml`. Files are recognised by what is in them, never by their name. What a\n"
        "source lacks cannot be asked of it, and the verdict says so.\n"),
        _table(["mapping", "source", "formats", "lacks"], rows),
        "Canonical data folders (Parquet, JSON lines, CSV) pass through unchanged: [schema](schema.md).\n",
    ])  # fmt: skip


def _worlds() -> str:
    prose = (ROOT / "docs" / "worlds.in.md").read_text("utf-8")
    parts = [prose.replace("<!-- made -->\n", _MADE)]
    for kind, title in (
        ("world", "Worlds of several rooms"),
        ("burst", "Rooms with an honest burst"),
        ("attack", "Rooms with one attack"),
    ):
        rows = ([f"`{name}`", made.says] for name, made in WORLDS.items() if made.kind == kind and not name.startswith("sealed-"))  # fmt: skip
        parts.append(f"## {title}\n\n" + _table(["world", "in a line"], rows))
    sealed = sum(name.startswith("sealed-") for name in WORLDS)
    parts.append(f"Besides these, {sealed} sealed attacks (see above).\n")
    views = ([f"`{name}`", (view.__doc__ or "").partition("\n")[0]] for name, view in VIEWS.items())
    parts.append("## Views\n\n" + _table(["view", "what it shows"], views))
    return "\n".join(parts)


def main() -> None:
    """Write every page that differs."""
    for path, text in {**pages(), **readmes()}.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
