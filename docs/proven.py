"""What `zhenbo prove` measured last, as the pages and READMEs show it.

Reads `docs/proof/proof.json`, written by `zhenbo prove --data ../shared/data --out docs/proof`; states no number of its own.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROOF = ROOT / "docs" / "proof" / "proof.json"
EXCERPT = re.compile(r"(<!-- proof:(\w+) -->\n).*?(<!-- /proof -->)", re.DOTALL)

_WORDS = {
    "honest": ("honest simulated sessions and shop months ({n:,}, {bursts:,} of them in a burst): falsely `likely`", "模拟的正常直播与店铺月（{n:,} 个，其中 {bursts:,} 个含正常爆发）误判为 `likely`"),
    "suspect": ("… falsely `suspect` or `likely`", "……误判为 `suspect` 或 `likely`"),
    "penalty": ("… ready for a penalty", "……达到处罚门槛"),
    "real": ("real recordings ({n:,} subjects): falsely `suspect` or `likely`", "真实记录（{n:,} 个对象）误判为 `suspect` 或 `likely`"),
    "people": ("honest sessions in which an account or order is named", "有账号或订单被误指的正常直播"),
    "found": ("bought sessions found (`suspect` or `likely`): {family}", "造假场次被发现（`suspect` 或 `likely`）：{family}"),
    "sealed": ("… attacks that no signal author looks at", "……信号作者从不逐一查看的封存攻击"),
    "injected": ("attacks laid over real recordings, found", "叠加在真实记录上的攻击被发现"),
    "gmv": ("verified GMV within 3 % of gross, {where} sessions", "核实 GMV 误差不超过总额 3%：{where}"),
}  # fmt: skip
_CELL = re.compile(r"^([\d,]+) of ([\d,]+) \((.+), (.+)\)$")
_FAMILY = {
    "packages": "套餐", "viewers": "挂人气", "likes": "刷赞", "comments": "脚本评论", "followers": "涨粉", "intents": "假“去买”",
    "farms": "手机农场", "orders": "刷单", "victims": "对手攻击", "mixed": "混合",
}  # fmt: skip
_WHERE = {"honest": "正常直播", "brushed": "刷单直播"}


def measured() -> dict[str, Any]:
    """The last full proof."""
    told: dict[str, Any] = json.loads(PROOF.read_text("utf-8"))
    return told


def excerpt(lang: str) -> str:
    """The README's short table."""
    told = measured()
    column = 0 if lang == "en" else 1
    rows = [[label, _in(value, lang)] for label, value in _rows(told, column)]
    head = ["", "measured (95 % interval)"] if lang == "en" else ["", "实测（95% 区间）"]
    return "".join("| " + " | ".join(r) + " |\n" for r in [head, ["---", "---"], *rows])


def _in(cell: str, lang: str) -> str:
    """`1 of 20 (5 %, 0.1 %–25 %)` as the language writes it."""
    if lang == "en":
        return cell
    return _CELL.sub(r"\2 中 \1（\3，\4）", cell).replace(" %", "%")


def _rows(told: dict[str, Any], column: int) -> Iterator[tuple[str, str]]:
    s = told["sections"]

    def say(key: str, **args: Any) -> str:
        return _WORDS[key][column].format(**args)

    honest = s["alarms_by_tier"][0]
    yield say("honest", n=told["honest"], bursts=told["bursts"]), rate(honest["likely (false)"])
    yield say("suspect"), rate(honest["suspect or likely (false)"])
    people = s["accused"][0]
    yield say("penalty"), rate(people["sessions ready for a penalty"])
    yield say("people"), rate(people["sessions with somebody named"])
    if "real" in s:
        yield say("real", n=told["real"]), rate(_sum([r["suspect or likely (false)"] for r in s["real"]]))
    for row in s["recall_by_family"]:
        name = row["family"] if column == 0 else _FAMILY[row["family"]]
        yield say("found", family=name), rate(row["suspect or likely"])
    for row in s.get("sealed", []):
        if row["attacks"] == "sealed":
            yield say("sealed"), rate(row["suspect or likely"])
    if "injected" in s:
        yield say("injected"), rate(_sum([r["suspect or likely"] for r in s["injected"]]))
    for row in s.get("money", []):
        where = row["sessions"] if column == 0 else _WHERE[row["sessions"]]
        yield say("gmv", where=where), rate(row["within 3 % of gross"])


def _sum(rates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    from zhenbo.proof.stats import rate as exact

    return exact(sum(r["hits"] for r in rates), sum(r["of"] for r in rates))._asdict()


def rate(r: dict[str, Any]) -> str:
    """A share as people read it."""
    from zhenbo.proof.page import cell
    from zhenbo.proof.stats import Rate

    return cell(Rate(**r))


def weaknesses() -> str:
    """`docs/where-it-fails.md`: every open attack that is mostly missed, by view and dose, worst first."""
    told = measured()
    rows = []
    for r in told["sections"]["weaknesses"]:
        bands = {k: v for k, v in r.items() if isinstance(v, dict)}
        material = [v for k, v in bands.items() if not k.startswith("0%")]
        hits, of = sum(v["hits"] for v in material), sum(v["of"] for v in material)
        share = hits / of if of else math.nan
        shown = [f"{v['hits']}/{v['of']}" if v["of"] else "" for v in bands.values()]
        rows.append((share if of else 2.0, r["family"], [f"`{r['attack']}`", r["view"], *shown]))
    head = ["attack", "view", *bands]
    parts = [_WEAK.format(command=told["command"], policy=told["policy"])]
    for title, test in (
        ("Missed: found in fewer than one of five", lambda x: x < 0.2),
        ("Half seen: one to four of five", lambda x: 0.2 <= x < 0.8),
        ("Seen: four of five or more", lambda x: 0.8 <= x <= 1),
        ("Only tried below the material dose", lambda x: x > 1),
    ):
        mine = sorted((r for r in rows if test(r[0])), key=lambda r: (r[1], r[2]))
        if mine:
            parts.append(f"## {title}\n\n" + _by_family(head, mine))
    return "\n".join(parts)


def _by_family(head: Sequence[str], rows: Sequence[tuple[float, str, list[str]]]) -> str:
    lines = [["family", *head], ["---"] * (len(head) + 1), *([family, *cells] for _, family, cells in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


_WEAK = """# Where it fails
<!-- made by `make docs` from docs/proof/proof.json; run `zhenbo prove` for new numbers -->

What today's signals find and miss, attack by attack: the work list. From `{command}`, policy `{policy}`; cells are *sessions
whose fabricated metric was called in question / sessions tried*, by the fabricated share of the metric fabricated most. Counts
this small are a direction, not a rate; rates with intervals stand in [the proof](proof/proof.md). What is missed is answered
`insufficient` or `unlikely`: a clean answer is no proof. Sealed attacks are only ever counted in total, and are not here.
"""
