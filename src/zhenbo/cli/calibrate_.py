"""`zhenbo calibrate`: reference cells, caps and prior learned from one's own history; or whether rooms have moved since."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zhenbo.cli.show import bar, console, key_option, keyed
from zhenbo.core.evidence import Say

if TYPE_CHECKING:
    from zhenbo.pipeline.labels import Labels
    from zhenbo.pipeline.overlay import Calibration
    from zhenbo.report.i18n import Lang

ROWS = 40
"""Rows of a table on the terminal; `calibrate.json` has all."""

LEARNED = Say(
    "{rooms} rooms and shop months from {first} to {last}: {cells} measures in cells of {least} rooms or more.",
    "共 {rooms} 个场次与店铺月（{first} 至 {last}）：在至少 {least} 场的基准单元中得到 {cells} 项数值。",
)
THIN = Say(
    "No cell has {least} rooms on which a learnable measure could be taken: the shipped cells stand.",
    "没有任何单元达到 {least} 场可测的直播：沿用内置基准。",
)
CAP = Say(
    "{signal}: may now accuse with {now} dB (before: {before}); {units} rooms tested here, {accused} accused.",
    "{signal}：指认上限现为 {now} dB（原为 {before}）；本地检验 {units} 场，其中指认 {accused} 场。",
)
LABELS = Say(
    "Labels: {used} used, {rejected} rejected.",
    "标注：采用 {used} 条，拒绝 {rejected} 条。",
)
OWN_LABELS = Say(
    "{n} of the labels used were made by {signal} or by zhenbo as a whole: {signal} learned nothing from them.",
    "采用的标注中有 {n} 条由 {signal} 或 zhenbo 自身作出：{signal} 未从中学习。",
)
PRIOR = Say(
    "Prior fitted to the labels: {mid_share} (90 % interval {low_share} to {high_share}); a bought room is labelled with probability {found_share}.",
    "依据标注拟合的先验：{mid_share}（90% 区间 {low_share} 至 {high_share}）；刷量场次被标注的概率为 {found_share}。",
)
NO_PRIOR = Say(
    "No prior was fitted: {positive} labels of bought rooms by others (at least {positive_min} are needed) and {unlabelled} unlabelled rooms (at least {unlabelled_min}). The shipped prior stands.",
    "未拟合先验：他人标注的刷量场次 {positive} 个（至少 {positive_min}），未标注场次 {unlabelled} 个（至少 {unlabelled_min}）。沿用内置先验。",
)
DRIFTED = Say(
    "{drifted} of {asked} cells drifted (false discovery rate 5 %); {few} have too few new rooms to ask.",
    "{asked} 个单元中有 {drifted} 个发生漂移（错误发现率 5%）；另有 {few} 个新场次不足，无法检验。",
)
MOVED = Say(
    "{cell}, {measure}: the median went from {then} to {now} ({factor} times), {outside_share} of the {rooms} new rooms lie outside. The rooms moved together: if the display, the season or the goods changed, calibrate again on recent rooms; until then verdicts compare them with the old ones.",
    "{cell}，{measure}：中位数由 {then} 变为 {now}（{factor} 倍），{rooms} 个新场次中 {outside_share} 落在原范围之外。整体移动：若展示口径、季节或商品有变，请用近期场次重新校准；此前结论仍与旧场次比较。",
)
SOME = Say(
    "{cell}, {measure}: the median stays ({then}, now {now}, {factor} times), but {outside_share} of the {rooms} new rooms lie outside. Some moved and most did not: audit those first; do not calibrate them away.",
    "{cell}，{measure}：中位数基本不变（{then}，现 {now}，{factor} 倍），但 {rooms} 个新场次中 {outside_share} 落在原范围之外。仅部分场次移动：请先核查这些场次，勿直接重新校准。",
)
WROTE = Say(
    "Packs: {to}\nNext:  zhenbo audit PATH --packs {to} --out OUT",
    "基准包：{to}\n下一步：zhenbo audit PATH --packs {to} --out OUT",
)


@click.command("calibrate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Folder for the packs learned.")
@click.option(
    "--labels", "labels_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of subject, outcome, by, at, reason; labels.csv in PATHS is found by itself.",
)  # fmt: skip
@click.option(
    "--against", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Packs learned earlier: say which of their cells no longer hold.",
)  # fmt: skip
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the sentences.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print calibrate.json on stdout.")
@key_option
def command(
    paths: tuple[Path, ...], to: Path | None, labels_file: Path | None, against: Path | None, lang: "Lang",
    as_json: bool, key: Path | None,
) -> None:  # fmt: skip
    """Learn reference cells and calibration from the history in PATHS: data folders, or raw files of known sources.

    The history is read into memory. Most of it is taken as honest; which part is not needs not be known.
    """
    if to is None and against is None:
        raise click.UsageError(
            "Name a folder for what is learned (--to DIR), or packs to compare with (--against DIR)."
        )
    from zhenbo.intake.load import load
    from zhenbo.pipeline import nothing_read
    from zhenbo.pipeline.drift import learned_in
    from zhenbo.pipeline.overlay import calibrated, checked, encoded, report, write_overlay

    older = learned_in(against) if against else []
    file, labels = _labels(paths, labels_file)
    loaded = load(paths, keyed(key))
    if not loaded.dataset.events.num_rows:
        raise nothing_read(paths, loaded.unused)
    terminal = console(err=as_json)
    options: dict[str, Any] = {"labels": labels, "file": file, "against": older}
    with bar() as progress:
        if to is None:
            told = checked(loaded.dataset, progress=progress, **options)
        else:
            made = calibrated(loaded.dataset, rejects=loaded.unused, progress=progress, **options)
            told = report(made)
    if to is not None:
        write_overlay(made, to)
        _show(made, lang, terminal, to)
    if against:
        terminal.print(Text("\n".join(_drift(told["drift"], lang))), soft_wrap=True)
    if as_json:
        click.echo(encoded(told).decode(), nl=False)


def _labels(paths: tuple[Path, ...], named: Path | None) -> "tuple[str, Labels]":
    """The labels named, else those that lie in one of the folders."""
    from zhenbo.core.errors import ZhenboError
    from zhenbo.pipeline.labels import NOBODY, read_labels

    found = [named] if named else [p / "labels.csv" for p in paths if (p / "labels.csv").is_file()]
    if len(found) > 1:
        raise ZhenboError(
            f"Several files of labels: {', '.join(map(str, found))}. Join them and name one with --labels."
        )
    return (found[0].name, read_labels(found[0])) if found else ("labels.csv", NOBODY)


def _show(made: "Calibration", lang: "Lang", terminal: Console, to: Path) -> None:
    """What was learned, in words."""
    from zhenbo.pipeline.calibrate import CELL_MIN
    from zhenbo.report.phrase import phrase

    told = {
        "rooms": made.rooms, "first": str(made.first), "last": str(made.last), "cells": len(made.learned), "least": CELL_MIN,
    }  # fmt: skip
    lines = [phrase(LEARNED if made.learned else THIN, told, lang)]
    if made.learned:
        terminal.print(_cells(made))
    lines += [*_of_labels(made, lang), *_caps(made, lang), phrase(WROTE, {"to": str(to)}, lang)]
    terminal.print(Text("\n".join(lines)), soft_wrap=True)


def _cells(made: "Calibration") -> Table:
    from zhenbo.report.mask import clean

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for label in ("cell", "measure"):
        table.add_column(label, overflow="fold")
    for label in ("n", "left out", "median", "spread"):
        table.add_column(label, justify="right")
    for x in made.learned[:ROWS]:
        figures = (str(x.n), str(x.left_out), f"{math.exp(x.middle):.3g}", f"{x.spread:.2f}")
        table.add_row(Text(clean(x.cell.label, 160)), Text(x.measure[1]), *figures)
    return table


def _of_labels(made: "Calibration", lang: "Lang") -> list[str]:
    from zhenbo.pipeline.calibrate import POSITIVE_MIN, UNLABELLED_MIN
    from zhenbo.report.mask import clean
    from zhenbo.report.phrase import phrase

    known, rejected = made.labels.known, made.labels.rejected
    if not known and not rejected:
        return []
    lines = [phrase(LABELS, {"used": len(known), "rejected": len(rejected)}, lang)]
    lines += ["  " + clean(f"{r.file}:{r.line} {r.reason} {r.detail}", 300).rstrip() for r in rejected[:ROWS]]
    lines += [phrase(OWN_LABELS, {"n": n, "signal": signal}, lang) for signal, n in made.own_labels.items()]
    if made.prior.fitted:
        low, mid, high = made.prior.fitted
        told = {"low_share": low, "mid_share": mid, "high_share": high, "found_share": made.prior.found}
        return [*lines, phrase(PRIOR, told, lang)]
    few = {"positive": made.prior.positive, "unlabelled": made.prior.unlabelled}
    return [
        *lines,
        phrase(NO_PRIOR, {**few, "positive_min": POSITIVE_MIN, "unlabelled_min": UNLABELLED_MIN}, lang),
    ]


def _caps(made: "Calibration", lang: "Lang") -> list[str]:
    """Caps that changed."""
    from zhenbo.pipeline import default_policy
    from zhenbo.report.phrase import phrase

    lines = []
    for name, u in made.units.items():
        units, accused = u.told
        before, now = (policy.cap(*name.split("@")) for policy in (default_policy(), made.packs.policy))
        if abs(now - before) >= 0.05:
            told = {
                "signal": name,
                "now": round(now, 1),
                "before": round(before, 1),
                "units": units,
                "accused": accused,
            }
            lines.append(phrase(CAP, told, lang))
    return lines


def _drift(found: "Sequence[Mapping[str, Any]]", lang: "Lang") -> list[str]:
    """The cells that drifted, by how much, and what to do."""
    from zhenbo.report.phrase import phrase

    asked = [d for d in found if d["q"] is not None]
    drifted = [d for d in asked if d["drifted"]]
    counts = {"drifted": len(drifted), "asked": len(asked), "few": len(found) - len(asked)}
    lines = [phrase(DRIFTED, counts, lang)]
    for d in drifted[:ROWS]:
        told = {
            "cell": d["cell"], "measure": d["measure"], "then": _figure(d["median_then"]), "now": _figure(d["median_now"]),
            "factor": _figure(d["factor"]), "outside_share": d["outside"], "rooms": d["now"],
        }  # fmt: skip
        lines.append(phrase(MOVED if d["moved"] else SOME, told, lang))
    return lines


def _figure(x: float) -> str:
    return f"{x:.3g}"
