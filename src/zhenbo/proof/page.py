"""The proof as Markdown, as one HTML page with plots, and as JSON: three renderings of the same sections."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from zhenbo.proof import stats
from zhenbo.proof.plots import Bar, Point, curves, forest
from zhenbo.proof.section import Est, Section
from zhenbo.proof.stats import Rate
from zhenbo.proof.trial import Trial


def cell(value: Any) -> str:
    """A value as people read it: `3 of 320 (0.9 %, 0.2–2.7)`."""
    if isinstance(value, Rate):
        if value.share is None:
            return "–"
        return f"{value.hits:,} of {value.of:,} ({_pct(value.share)}, {_pct(value.low)}–{_pct(value.high)})"
    if isinstance(value, Est):
        return _est(value)
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _est(e: Est) -> str:
    show = _pct if e.unit == "%" else _number
    if e.value is None:
        return "–"
    told = show(e.value)
    if e.low is not None and e.high is not None and (e.low, e.high) != (e.value, e.value):
        told += f" ({show(e.low)}–{show(e.high)})"
    return told if e.unit == "%" else f"{told} {e.unit}".strip()


def _pct(x: float) -> str:
    if math.isinf(x):
        return "not reached"
    places = 0 if x >= 0.1 or x == 0 else 1 if x >= 0.01 else 2 if x >= 0.0001 else 4
    return f"{100 * x:.{places}f} %"


def _number(x: float) -> str:
    return "never" if math.isinf(x) else f"{x:,.0f}"


def markdown(facts: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Every section as a Markdown table, below what was run."""
    parts = ["# What the verdicts are worth\n", *(f"{line}\n" for line in _said(facts))]
    for s in sections:
        head = list(s.rows[0])
        parts += [f"## {s.title}\n", f"{s.note}\n", table(head, [[cell(r[c]) for c in head] for r in s.rows])]
    return "\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(c.replace("|", "\\|") for c in line) + " |\n" for line in lines)


def _said(facts: Mapping[str, Any]) -> list[str]:
    return [
        (
            f"`{facts['command']}` with zhenbo {facts['zhenbo']}, policy `{facts['policy']}`: {facts['honest']:,} honest and "
            f"{facts['attacked']:,} attacked simulated sessions (seed {facts['seed']}; caps were proven on another seed), "
            f"{facts['real']:,} subjects of real recordings, {facts['injected']:,} attacks laid over them."
        ),
        (
            "A share stands as *hits of tries (share, 95 % interval)*; an estimate as *value (95 % bootstrap interval over whole "
            "campaigns)*. Attacks, bursts and worlds were written by people who had not seen the signals; what excuses a signal was then developed on the honest "
            "bursts of this generator, at other seeds. Nobody publishes labelled bought "
            "traffic with orders, so none of this is a claim about a platform."
        ),
    ]


def plain(facts: Mapping[str, Any], sections: Sequence[Section]) -> dict[str, Any]:
    """Everything as JSON values; infinite doses and times as null with their word."""
    return {"schema": 1, **facts, "sections": {s.id: [{c: _plain(v) for c, v in row.items()} for row in s.rows] for s in sections}}  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Rate | Est):
        return {k: _plain(v) for k, v in value._asdict().items()}
    value = value.item() if hasattr(value, "item") else value  # numbers of any array library as Python's own
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


# --- HTML ---------------------------------------------------------------------------------------------------------

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>What the verdicts are worth</title><style>
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#667;--line:#d8dde3;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#99a;--line:#3a4048;--paper:#15181c}}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:.25rem .6rem;text-align:left}
.wide{overflow-x:auto}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1.5rem}figure{margin:0}figcaption{font-weight:600}
svg text{font-size:10px;fill:var(--soft)}svg .grid,svg .rule{stroke:var(--line)}svg .rule{stroke-dasharray:3 3;stroke:var(--soft)}svg .span{stroke:#2f6fb0;stroke-width:2}svg .dot{fill:#c2571a}
.legend span{margin-right:.9em;font-size:12px}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.3em;border-radius:2px}p{max-width:60rem}
</style></head><body><h1>What the verdicts are worth</h1>{% for line in said %}<p>{{ line }}</p>{% endfor %}
<div class="plots">{% for title, svg in plots %}<figure><figcaption>{{ title }}</figcaption>{{ svg }}</figure>{% endfor %}</div>
{% for s in sections %}<h2 id="{{ s.id }}">{{ s.title }}</h2><p>{{ s.note }}</p><div class="wide"><table><thead><tr>{% for c in s.rows[0] %}<th>{{ c }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in s.rows %}<tr>{% for v in row.values() %}<td>{{ cell(v) }}</td>{% endfor %}</tr>{% endfor %}</tbody></table></div>{% endfor %}</body></html>
"""


def html(facts: Mapping[str, Any], sections: Sequence[Section], trials: Sequence[Trial]) -> str:
    """One self-contained page: plots first, then every table."""
    page = Environment(autoescape=True).from_string(_PAGE)
    said = [line.translate({ord(c): None for c in "*`"}) for line in _said(facts)]
    return page.render(said=said, sections=sections, cell=cell, plots=_plots(sections, trials))


def _plots(sections: Sequence[Section], trials: Sequence[Trial]) -> list[tuple[str, Markup]]:
    known = {s.id: s for s in sections}
    made = []
    if "alarms_by_burst" in known:
        bars = [
            Bar(r["honest burst"], *r["suspect or likely (false)"][2:]) for r in known["alarms_by_burst"].rows
        ]
        made.append(("False suspect or likely, by honest burst", forest(bars, top=0.2)))
    if "recall_by_family" in known:
        bars = [Bar(r["family"], *r["suspect or likely"][2:]) for r in known["recall_by_family"].rows]
        made.append(("Bought sessions found, by family", forest(bars)))
    if "reliability" in known:
        points = [
            Point(r["said"].value, r["true at the stated prevalence"].value)
            for r in known["reliability"].rows
        ]
        made.append(("Said and true", curves({"shipped map": points}, "said", "true", diagonal=True)))
    if "ablation" in known:
        bars = [Bar(r["signal"], *r["recall by it alone"][2:]) for r in known["ablation"].rows]
        made.append(("Recall by one signal alone", forest(bars)))
    made.append(("Recall by dose", _by_dose(trials)))
    made.append(("Accounts: precision and recall", _precision(trials)))
    return made


_BAND_EDGES = np.array([0.0, 0.03, 0.06, 0.1, 0.2, 0.35, 0.55, 0.8, 1.01])


def _by_dose(trials: Sequence[Trial]) -> Markup:
    """Share found in each band of the realised dose, per family."""
    named: dict[str, list[Point]] = {}
    for family in sorted({t.family for t in trials if t.part == "attacked"}):
        mine = [t for t in trials if t.part == "attacked" and t.family == family]
        band = np.searchsorted(_BAND_EDGES, [t.dose for t in mine], "right") - 1
        points = []
        for b in range(len(_BAND_EDGES) - 1):
            hits = [t.told.raised for t, at in zip(mine, band, strict=True) if at == b]
            if len(hits) >= 5:
                r = stats.rate(sum(hits), len(hits))
                x = (b + 0.5) / (len(_BAND_EDGES) - 1)
                points.append(Point(x, r.share or 0.0, r.low, r.high))
        if points:
            named[family] = points
    ticks = {b / (len(_BAND_EDGES) - 1): f"{e:.0%}" for b, e in enumerate(np.minimum(_BAND_EDGES, 1)[:-1])}
    return curves(named, "fabricated share", "found", ticks=ticks)


def _precision(trials: Sequence[Trial]) -> Markup:
    """Precision over recall of named accounts, all families against all honest accounts."""
    mine = [t for t in trials if t.part in {"honest", "attacked"}]
    if not mine:
        return Markup("")
    fake, honest = np.sum([t.accounts for t in mine], axis=0)
    hits, alarms = stats.above(fake), stats.above(honest)
    total = max(hits[0], 1)
    kept = [b for b in range(1, stats.BINS) if hits[b] + alarms[b] > 0][::4]
    return curves({"accounts": [Point(hits[b] / total, hits[b] / (hits[b] + alarms[b])) for b in kept]}, "recall", "precision")  # fmt: skip
