"""Attacks laid over real recordings in their own raw formats, written without sight of any signal.

Every function reads a recording, writes a modified copy and returns what it forged. Honest rows keep their bytes;
only counters that the attack inflates change. All ids, nicknames and sentences are invented. Same seed, same copy.
"""

# ruff: noqa: TID251 - overlays draw, from a seed given as an argument

import csv
import io
import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

import numpy as np

from zhenbo.worlds.anchors import PACKAGES
from zhenbo.worlds.words import SALES, improvise, reword

_ELEMENT = re.compile(r'<d p="(?P<p>[^"]*)">[^<]*</d>')
_NICKS = "用小大木云星米阿可果暖晴梦雨"


@dataclass(frozen=True)
class Overlay:
    """A forged copy of a recording.

    Args:
        path: the copy.
        accounts: raw ids of the invented accounts.
        orders: ids of the invented orders.
        rows: rows added.
        added: what was added per metric (views, likes, comments).
        span: first and last moment of the forgery, unix seconds (or minutes of the day for the 2019 texts).
    """

    path: Path
    accounts: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    rows: int = 0
    added: tuple[tuple[str, int], ...] = ()
    span: tuple[float, float] = (0.0, 0.0)


# --- (a) Bilibili danmaku XML -------------------------------------------------------------------------------------


def bilibili_comments(
    source: Path,
    to: Path,
    seed: int,
    *,
    accounts: int = 20,
    each: int = 50,
    start_s: float = 1_800.0,
    span_s: float = 3_600.0,
    jitter: float = 0.0,
    style: Literal["script", "shuffled", "reworded", "human"] = "script",
) -> Overlay:
    """Scripted comments in a danmaku file: `accounts` x `each` in `span_s` seconds from about 60 selling sentences.

    Args:
        source: the recording, with user ids and unix times.
        to: folder for the copy.
        seed: stream of chance.
        accounts: invented uids, none of which is in the recording.
        each: comments per account, one every `span_s / each` seconds.
        start_s: offset of the first comment in the recording.
        span_s: length of the campaign.
        jitter: gaps vary evenly by this share (0.4 = ±40 %).
        style: script in order from a place of its own, drawn anew each time, with synonyms, or improvised.
    """
    rng = np.random.default_rng([seed, 11])
    text = source.read_bytes().decode("utf-8")
    found = list(_ELEMENT.finditer(text))
    fields = [m["p"].split(",") for m in found]
    offsets = list(accumulate((float(f[0]) for f in fields), max))
    base = float(np.median([float(f[4]) - float(f[0]) for f in fields]))
    uids = _uids(rng, accounts, {f[6] for f in fields})
    comments = _comments(rng, uids, each, start_s, span_s / each, jitter, style)
    row = max(int(f[7]) for f in fields) + 1
    gap = _between(text, found)
    pieces: list[str] = []
    done = 0
    for number, (at, uid, said) in enumerate(comments):
        place = bisect_right(offsets, at)
        cut = found[place - 1].end() if place else found[0].start()
        p = f"{round(at, 3):g},1,25,16777215,{int(base + at)},0,{uid},{row + number}"
        p = p if "e" not in p.split(",", 1)[0] else p.replace(p.split(",", 1)[0], f"{at:.3f}", 1)
        forged = f'<d p="{p}">{said}</d>'
        pieces += [text[done:cut], gap + forged if place else forged + gap]
        done = cut
    copy = to / source.name
    copy.write_bytes("".join([*pieces, text[done:]]).encode())
    span = (base + comments[0][0], base + comments[-1][0])
    return Overlay(copy, frozenset(uids), frozenset(), len(comments), (("comments", len(comments)),), span)


def _between(text: str, found: Sequence[re.Match[str]]) -> str:
    """The white space this file puts between two comments."""
    return text[found[0].end() : found[1].start()] if len(found) > 1 else ""


def _uids(rng: np.random.Generator, n: int, taken: set[str]) -> list[str]:
    """Invented uids of the magnitude of the time, none of them in the recording."""
    made: list[str] = []
    while len(made) < n:
        uid = str(int(rng.integers(2_000_000, 700_000_000)))
        if uid not in taken and uid not in made:
            made.append(uid)
    return made


def _comments(
    rng: np.random.Generator, who: Sequence[str], each: int, start: float, gap: float, jitter: float, style: str
) -> list[tuple[float, str, str]]:  # fmt: skip
    """All comments of a scripted campaign in time order: (offset, account, text)."""
    made = []
    for account in who:
        at = start + float(rng.uniform(0, gap))
        line = int(rng.integers(len(SALES)))
        for turn in range(each):
            pick = (line + turn) % len(SALES) if style == "script" else int(rng.integers(len(SALES)))
            said = _line(rng, SALES[pick], style)
            made.append((round(at, 3), account, said))
            at += gap * (
                float(rng.lognormal(-0.5, 1.0))
                if style == "human"
                else 1 + float(rng.uniform(-jitter, jitter))
            )
    return sorted(made)


def _line(rng: np.random.Generator, sentence: str, style: str) -> str:
    """What an account says in its turn."""
    if style == "reworded":
        return reword(sentence, rng)
    return improvise(rng) if style == "human" else sentence


# --- (b) Douyin capture JSONL -------------------------------------------------------------------------------------


def douyin_package(
    source: Path,
    to: Path,
    seed: int,
    *,
    package: str = "P388",
    start_min: float = 20.0,
    over_min: float = 20.0,
    pushes: bool = False,
    enters: float = 0.0,
) -> Overlay:
    """A price-list package over the counters of a capture: views on `total`, taps on the like counter, comments.

    Args:
        source: the capture, rows in time order.
        to: folder for the copy.
        seed: stream of chance.
        package: P30, P38 or P388 (shares have no message in this format).
        start_min: when delivery begins, minutes after the first row.
        over_min: how long it takes; 0 means one step.
        pushes: whether the bought likes also arrive as messages, not only on the counter.
        enters: share of the bought views that arrive as enter messages (the capture's own share is 0.11).
    """
    rng = np.random.default_rng([seed, 12])
    bought = PACKAGES[package]
    lines = source.read_bytes().decode("utf-8").splitlines(keepends=True)
    rows = [json.loads(line) for line in lines]
    zero = float(rows[0]["timestamp"])
    start, end = zero + start_min * 60, zero + (start_min + over_min) * 60
    views = np.sort(_delivered(rng, bought.views, start, end))
    likes = np.sort(_delivered(rng, bought.likes, start, end))
    batches = _batches(rng, likes) if pushes else []
    forged = [*batches, *_chats(rng, bought.comments, start, max(end, start + 900))]
    forged += _enters(rng, views, enters)
    forged.sort(key=lambda r: float(r["timestamp"]))
    copy = to / source.name
    out = _merged(lines, rows, forged, views, likes)
    copy.write_bytes("".join(out).encode())
    added = (("views", bought.views), ("likes", bought.likes), ("comments", bought.comments))
    return Overlay(copy, frozenset(), frozenset(), len(forged), added, (start, end))


def _delivered(rng: np.random.Generator, n: int, start: float, end: float) -> np.ndarray:
    """Moments of `n` units: a drip every second or so, or one step."""
    return np.full(n, start) if end <= start else rng.uniform(start, end, n)


def _merged(
    lines: Sequence[str], rows: Sequence[Any], forged: Sequence[Any], views: np.ndarray, likes: np.ndarray
) -> list[str]:  # fmt: skip
    """Honest lines with their counters shifted, forged lines in between; like totals stay a running sum."""
    out: list[str] = []
    waiting = list(forged)
    total = next((int(r["payload"]["total"]) for r in rows if r["type"] == "like"), 0)
    for line, row in zip(lines, rows, strict=True):
        at = float(row["timestamp"])
        while waiting and float(waiting[0]["timestamp"]) <= at:
            new = waiting.pop(0)
            if new["type"] == "like":
                new["payload"]["total"] = total + int(np.searchsorted(likes, new["timestamp"], "right"))
            out.append(json.dumps(new, ensure_ascii=False) + "\n")
        if row["type"] == "like":
            total = int(row["payload"]["total"])
        out.append(_shifted(line, row, views, likes))
    return out + [json.dumps(new, ensure_ascii=False) + "\n" for new in waiting]


def _shifted(line: str, row: Any, views: np.ndarray, likes: np.ndarray) -> str:
    """One honest line, its displayed totals raised by what was delivered until then; other lines keep their bytes."""
    at = float(row["timestamp"])
    payload = row["payload"]
    if row["type"] == "room_user_stats" and (more := int(np.searchsorted(views, at, "right"))):
        payload = payload | {"total": shown(counted(payload["total"]) + more)}
    elif row["type"] == "like" and (more := int(np.searchsorted(likes, at, "right"))):
        payload = payload | {"total": payload["total"] + more}
    else:
        return line
    return json.dumps(row | {"payload": payload}, ensure_ascii=False) + "\n"


def counted(text: str) -> int:
    """A displayed total as a number: "9998" or "6.8万".

    Examples:
        >>> counted("9998"), counted("6.8万")
        (9998, 68000)
    """
    return round(float(text[:-1]) * 10_000) if text.endswith("万") else int(text)


def shown(value: int) -> str:
    """A total as the capture displays it.

    Examples:
        >>> shown(9998), shown(10000), shown(156888)
        ('9998', '1.0万', '15.7万')
    """
    return str(value) if value < 10_000 else f"{value / 10_000:.1f}万"


def _nick(rng: np.random.Generator) -> str:
    return str(rng.choice(list(_NICKS))) + "***"


def _someone(rng: np.random.Generator) -> dict[str, Any]:
    return {"user_id": 111111, "user_id_str": "111111", "nickname": _nick(rng)}


def _batches(rng: np.random.Generator, likes: np.ndarray) -> list[dict[str, Any]]:
    """Like messages carrying the bought taps, 1-15 a message; their totals are filled in when merged."""
    made, at = [], 0
    while at < len(likes):
        count = min(int(rng.integers(1, 16)), len(likes) - at)
        payload = {**_someone(rng), "count": count, "total": 0}
        made.append({"type": "like", "payload": payload, "timestamp": round(float(likes[at + count - 1]), 7)})
        at += count
    return made


def _chats(rng: np.random.Generator, n: int, start: float, end: float) -> list[dict[str, Any]]:
    """高级评论: one selling sentence each."""
    said = [SALES[int(i)] for i in rng.integers(len(SALES), size=n)]
    times = rng.uniform(start, end, n)
    return [
        {"type": "chat", "payload": {**_someone(rng), "content": s}, "timestamp": round(float(t), 7)}
        for s, t in zip(said, times, strict=True)
    ]


def _enters(rng: np.random.Generator, views: np.ndarray, share: float) -> list[dict[str, Any]]:
    times = views[rng.random(len(views)) < share]
    tail = {"gender": "female", "level": 0, "action": "enter"}
    return [
        {"type": "member", "payload": {**_someone(rng), **tail}, "timestamp": round(float(t), 7)}
        for t in times
    ]


# --- (c) Tmall order report ---------------------------------------------------------------------------------------

ADDRESSES = (
    "浙江省 金华市 东阳市 云杉路 18号 3幢 502室", "广东省 汕头市 澄海区 海棠巷 7号 后座", "江苏省 宿迁市 沭阳县 柳堤村 4组 21号",
    "山东省 菏泽市 曹县 槐荫街 96号 二楼", "福建省 莆田市 荔城区 石榴里 33号", "河北省 保定市 清苑区 麦田路 5号院 1单元",
)  # fmt: skip


def tmall_orders(
    source: Path,
    to: Path,
    seed: int,
    *,
    orders: int = 300,
    addresses: int = 4,
    when: Literal["evening", "three_days", "month"] = "evening",
    fate: Literal["refunded", "kept", "unpaid"] = "refunded",
) -> Overlay:
    """Brushed orders in a Tmall order report: `orders` from `addresses` full addresses, in the file's own columns.

    Args:
        source: the report (no buyer, province only, refunds without a time, paid column net of refunds).
        to: folder for the copy.
        seed: stream of chance.
        orders: how many.
        addresses: how many places they go to.
        when: within one evening (19:00-23:00), three days, or the whole month.
        fate: paid and refunded in full, paid and kept, or never paid.
    """
    rng = np.random.default_rng([seed, 13])
    text = source.read_bytes().decode("utf-8-sig")
    lines = text.splitlines(keepends=True)
    real = [row[4] for row in csv.reader(lines[1:])]
    last = max(int(line.split(",", 1)[0]) for line in lines[1:])
    days = sorted({c[:10] for c in real})
    made: list[tuple[datetime, str, str]] = []
    for at in _moments(rng, orders, days, when):
        number = str(last + 1 + len(made))
        made.append((at, number, _order(rng, number, at, ADDRESSES[int(rng.integers(addresses))], fate)))
    places = _nearest(real, [at for at, _, _ in made])
    forged: dict[int, list[str]] = {}
    for place, (_, _, line) in zip(places, made, strict=True):
        forged.setdefault(place, []).append(line + ("\r\n" if lines[1].endswith("\r\n") else "\n"))
    out = [lines[0]]
    for place, line in enumerate(lines[1:]):
        out += [line if line.endswith("\n") else line + "\r\n", *forged.get(place, [])]
    copy = to / source.name
    copy.write_bytes("".join(out).encode())
    return Overlay(
        copy, orders=frozenset(number for _, number, _ in made), rows=orders, added=(("orders", orders),)
    )


def _moments(rng: np.random.Generator, n: int, days: Sequence[str], when: str) -> list[datetime]:
    """Creation times of brushed orders, local, latest first as in the file's blocks."""
    first = int(rng.integers(len(days) - 3))
    chosen = {"evening": days[first : first + 1], "three_days": days[first : first + 3], "month": days}[when]
    low, high = (19.0, 23.0) if when == "evening" else (9.0, 23.5)
    made = [
        datetime.fromisoformat(chosen[int(rng.integers(len(chosen)))]) + timedelta(seconds=int(rng.uniform(low, high) * 3600))
        for _ in range(n)
    ]  # fmt: skip
    return sorted(made, reverse=True)


def _order(rng: np.random.Generator, number: str, at: datetime, address: str, fate: str) -> str:
    """One line of the report."""
    price = float(rng.choice([37.0, 59.0, 69.0, 88.0, 129.0, 168.0])) * (1 + int(rng.random() < 0.1))
    paid_at = "" if fate == "unpaid" else str(at + timedelta(seconds=int(rng.integers(4, 40))))
    net = price if fate == "kept" else 0.0
    refund = price if fate == "refunded" else 0.0
    sink = io.StringIO()
    csv.writer(sink, lineterminator="").writerow([number, price, net, address, str(at), paid_at, refund])
    return sink.getvalue()


def _nearest(real: Sequence[str], wanted: Sequence[datetime]) -> list[int]:
    """For each moment the honest row closest in time, after which it is written."""
    times = np.array(real, dtype="datetime64[s]").astype(np.int64)
    return [int(np.argmin(np.abs(times - int(np.datetime64(at, "s").astype(np.int64))))) for at in wanted]


# --- (d) Bilibili room texts of 2019 ------------------------------------------------------------------------------

_CLOCK = re.compile(r"^TIME(\d+):(\d+)ONLINE(\d+)$")


def room_text_package(
    source: Path, to: Path, seed: int, *, amount: int = 88_888, start_line: float = 0.4, over_min: int = 20
) -> Overlay:  # fmt: skip
    """Bought popularity on the `ONLINE` gauge of a 2019 room text: it climbs over `over_min` minutes and stays.

    Args:
        source: one room-day of `TIMEh:mONLINEn` lines and chat texts.
        to: folder for the copy.
        seed: stream of chance.
        amount: what was bought.
        start_line: where it begins, as a share of the gauge readings.
        over_min: minutes until it is all delivered; 0 means one step.
    """
    rng = np.random.default_rng([seed, 14])
    lines = source.read_bytes().decode("utf-8").splitlines(keepends=True)
    readings = [(i, m) for i, line in enumerate(lines) if (m := _CLOCK.match(line.strip()))]
    clock = [int(m[1]) * 60 + int(m[2]) for _, m in readings]
    first = clock[int(len(readings) * start_line)]
    out = list(lines)
    for (i, m), minute in zip(
        readings[int(len(readings) * start_line) :], clock[int(len(readings) * start_line) :], strict=True
    ):
        share = min(1.0, ((minute - first) % 1_440 + 1) / over_min) if over_min else 1.0
        extra = round(amount * share * float(rng.normal(1, 0.004)))
        out[i] = lines[i].replace(f"ONLINE{m[3]}", f"ONLINE{int(m[3]) + extra}")
    copy = to / f"{source.parent.name}-{source.name}"
    copy.write_bytes("".join(out).encode())
    return Overlay(copy, added=(("popularity", amount),), span=(float(first), float(first + over_min)))


def renamed(overlay: Overlay, name: str) -> Overlay:
    """The same copy under another file name (several variants in one folder)."""
    return replace(overlay, path=overlay.path.rename(overlay.path.with_name(name)))
