"""The stream every engine is measured on: live rooms with farms, bot bursts and spam, late rows and duplicates.

    python bench/workload.py 1000000 build/bench/events.parquet

A constant 2,777.8 rows a second of event time, so that the events in a window do not depend on the length: a million
rows are 6 minutes, 10 million an hour, 100 million ten hours, and the shorter stream is the beginning of the longer
one (but for the rows still under way at its end). Made in blocks of 36 s and 100,000 rows, each from its own seed; one
block is one Parquet row group, so memory does not grow with the length.

Columns, all int64, in order of arrival: event_id, ts (microseconds, on whole milliseconds as platforms send them, so
that equal times occur), session_id (room), kind (index in KINDS), actor_id (account), device, text (null unless a
comment). Ids are hashes in [0, 2^62): no engine profits from small or sorted ids. Per 100,000 rows:

- 1,000 duplicates: the same row again, up to 60 s after its first arrival;
- 4,950 by 200 farm devices of 500 accounts each, every farm in one room for 6 minutes at a time;
- 990 in 11 bot bursts: one account acts 90 times in one room within 30 s;
- 1,485 spam comments with 40 texts, renewed every 6 minutes, by 100,000 bot accounts;
- 91,575 organic: rooms by Zipf's law with exponent 0.6 (2,000 rooms, the largest has 2 %), 2,000,000 accounts drawn as
  floor(2e6 u^1.5) (the busiest acts ten times a minute), each on its one of 1,500,000 devices (1.3 accounts a device),
  kinds by SHARES, comments from 200,000 phrases drawn as floor(2e5 u^1.5).

20 % of the rows arrive up to 5 s after their time, all within a lateness of 5 s; a duplicate may come later than that
and changes no answer, kept or dropped as late. The account of an event says nothing of its room: harder on caches than
real crowds are. Flag rates of this stream say nothing about real platforms.
"""

# ruff: noqa: TID251  (a seeded generator draws)

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

SECOND = 1_000_000
BLOCK_ROWS = 100_000
BLOCK = 36 * SECOND
START = 1_760_000_000 * SECOND
KINDS = ("like", "enter", "comment", "leave", "follow", "share", "gift")
SHARES = (0.55, 0.22, 0.12, 0.05, 0.03, 0.02, 0.01)
COMMENT = KINDS.index("comment")
ROOMS, ACCOUNTS, DEVICES, PHRASES = 2_000, 2_000_000, 1_500_000, 200_000
FARMS, FARM_ACCOUNTS = 200, 500
BOTS = 100_000
DUPLICATES, FARMED, SPAM = 1_000, 4_950, 1_485
BURSTS, BURST_EVENTS, BURST_SPAN = 11, 90, 30 * SECOND
EPOCH_BLOCKS, SPAM_TEXTS = 10, 40
LATE_SHARE, LATENESS, DUPLICATE_SPAN = 0.2, 5 * SECOND, 60 * SECOND
SCHEMA = pa.schema(
    [
        pa.field(n, pa.int64(), nullable=False)
        for n in ("event_id", "ts", "session_id", "kind", "actor_id", "device")
    ]
    + [pa.field("text", pa.int64())]
)
_NO_TEXT = -1
_MASK = np.uint64((1 << 62) - 1)
_ROOM_CUT = np.cumsum(np.arange(1, ROOMS + 1) ** -0.6)
_ROOM_CUT /= _ROOM_CUT[-1]
_KIND_CUT = np.cumsum(SHARES)

Ints = npt.NDArray[np.int64]
Rows = dict[str, Ints]


def main() -> None:
    """Write a stream of the given length."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int, help=f"a multiple of {BLOCK_ROWS:,}")
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.rows, given.path, given.seed)


def ready(rows: int, folder: Path, seed: int = 1) -> Path:
    """The stream as a file in the folder, made if this very generator has not made it before."""
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    path = folder / f"events-{rows}-{seed}-{made_by}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"events-{rows}-{seed}-*.parquet"):
            old.unlink()
        write(rows, path, seed)
    return path


def write(rows: int, path: Path, seed: int = 1) -> None:
    """Write `rows` rows in order of arrival, a row group per block; the file appears when it is whole."""
    if rows <= 0 or rows % BLOCK_ROWS:
        sys.exit(f"rows must be a positive multiple of {BLOCK_ROWS:,}, not {rows:,}")
    partial = path.with_suffix(".partial")
    # ids and times of a block are all but incompressible; the rest repeats
    with pq.ParquetWriter(
        partial, SCHEMA, compression="zstd", use_dictionary=["session_id", "kind", "text"]
    ) as out:
        for block in stream(rows // BLOCK_ROWS, seed):
            out.write_table(block, row_group_size=2 * BLOCK_ROWS)
    partial.rename(path)


def stream(blocks: int, seed: int) -> Iterator[pa.Table]:
    """The rows in order of arrival: what arrives within each block's 36 s, then what was still under way."""
    waiting: Rows = {}
    for number in range(blocks):
        made = _block(number, np.random.default_rng([seed, number]))
        rows = {name: np.concatenate([waiting[name], made[name]]) for name in made} if waiting else made
        order = np.argsort(rows["arrival"], kind="stable")
        here = int(np.searchsorted(rows["arrival"][order], START + (number + 1) * BLOCK))
        yield _table(rows, order[:here])
        waiting = {name: column[order[here:]] for name, column in rows.items()}
    if len(waiting["arrival"]):
        yield _table(waiting, np.arange(len(waiting["arrival"])))


def _table(rows: Rows, order: Ints) -> pa.Table:
    columns = [rows[name][order] for name in SCHEMA.names]
    arrays = [
        pa.array(c, mask=c == _NO_TEXT if n == "text" else None)
        for n, c in zip(SCHEMA.names, columns, strict=True)
    ]
    return pa.table(arrays, schema=SCHEMA)


def _block(number: int, rng: np.random.Generator) -> Rows:
    """The 99,000 distinct rows that begin in a block, and their 1,000 duplicates."""
    parts = [_farmed(number, rng), _bursts(rng), _spam(number, rng)]
    distinct = BLOCK_ROWS - DUPLICATES
    parts.append(_organic(distinct - sum(len(p["ts"]) for p in parts), rng))
    rows = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    rows["ts"] = START + number * BLOCK + rows["ts"] // 1000 * 1000
    rows["event_id"] = _hashed(number * BLOCK_ROWS + np.arange(distinct), 0)
    for salt, name in enumerate(("session_id", "actor_id", "device"), start=1):
        rows[name] = _hashed(rows[name], salt)
    rows["text"] = np.where(rows["text"] == _NO_TEXT, _NO_TEXT, _hashed(rows["text"], 4))
    late = rng.random(distinct) < LATE_SHARE
    rows["arrival"] = rows["ts"] + np.where(late, rng.integers(1, LATENESS, distinct), 0)
    again = rng.choice(distinct, DUPLICATES, replace=False)
    twice = {name: column[again] for name, column in rows.items()}
    twice["arrival"] = twice["arrival"] + rng.integers(1, DUPLICATE_SPAN, DUPLICATES)
    return {name: np.concatenate([rows[name], twice[name]]) for name in rows}


def _farmed(number: int, rng: np.random.Generator) -> Rows:
    farm = rng.integers(0, FARMS, FARMED)
    room = _hashed(farm * 1_000_003 + number // EPOCH_BLOCKS, 5) % ROOMS
    account = ACCOUNTS - FARMS * FARM_ACCOUNTS + farm * FARM_ACCOUNTS + rng.integers(0, FARM_ACCOUNTS, FARMED)
    return _rows(_when(FARMED, rng), room, _kinds(FARMED, rng), account, DEVICES + farm, rng)


def _bursts(rng: np.random.Generator) -> Rows:
    each = np.repeat(np.arange(BURSTS), BURST_EVENTS)
    ts = rng.integers(0, BLOCK, BURSTS)[each] + rng.integers(0, BURST_SPAN, len(each))
    account = _bots(BURSTS, rng)[each]
    # likes and shares only: a burst is one account's doing, not a text's
    kind = np.where(rng.random(len(each)) < 0.9, KINDS.index("like"), KINDS.index("share"))
    return _rows(ts, _rooms(BURSTS, rng)[each], kind, account, _device(account), rng)


def _spam(number: int, rng: np.random.Generator) -> Rows:
    account = _bots(SPAM, rng)
    kind = np.full(SPAM, COMMENT)
    rows = _rows(_when(SPAM, rng), _rooms(SPAM, rng), kind, account, _device(account), rng)
    rows["text"] = PHRASES + number // EPOCH_BLOCKS * SPAM_TEXTS + rng.integers(0, SPAM_TEXTS, SPAM)
    return rows


def _organic(n: int, rng: np.random.Generator) -> Rows:
    account = _skewed(ACCOUNTS, n, rng)
    return _rows(_when(n, rng), _rooms(n, rng), _kinds(n, rng), account, _device(account), rng)


def _rows(ts: Ints, room: Ints, kind: Ints, account: Ints, device: Ints, rng: np.random.Generator) -> Rows:
    text = np.where(kind == COMMENT, _skewed(PHRASES, len(kind), rng), _NO_TEXT)
    return {"ts": ts, "session_id": room, "kind": kind, "actor_id": account, "device": device, "text": text}


def _when(n: int, rng: np.random.Generator) -> Ints:
    return rng.integers(0, BLOCK, n)


def _kinds(n: int, rng: np.random.Generator) -> Ints:
    return np.searchsorted(_KIND_CUT, rng.random(n) * _KIND_CUT[-1], side="right").astype(np.int64)


def _rooms(n: int, rng: np.random.Generator) -> Ints:
    return np.searchsorted(_ROOM_CUT, rng.random(n), side="right").astype(np.int64)


def _skewed(among: int, n: int, rng: np.random.Generator) -> Ints:
    return (among * rng.random(n) ** 1.5).astype(np.int64)


def _bots(n: int, rng: np.random.Generator) -> Ints:
    """Accounts of the pool below the farms' accounts."""
    return ACCOUNTS - FARMS * FARM_ACCOUNTS - BOTS + rng.integers(0, BOTS, n)


def _device(account: Ints) -> Ints:
    return _hashed(account, 6) % DEVICES


def _hashed(n: Ints, salt: int) -> Ints:
    """A bijection of [0, 2^62): multiplications by odd numbers and xor-shifts, so ids stay distinct."""
    x = n.astype(np.uint64) + np.uint64(salt) * np.uint64(0x1000_0000_0001)
    for factor, shift in ((0x9E37_79B9_7F4A_7C15, 31), (0xBF58_476D_1CE4_E5B9, 29)):
        x = (x * np.uint64(factor)) & _MASK
        x ^= x >> np.uint64(shift)
    return x.astype(np.int64)


if __name__ == "__main__":
    main()
