"""Polars on two threads, written twice.

    build/bench-env/bin/python bench/peer_polars.py EVENTS flat|over

`flat`, the fastest of the ways tried: the key's rank and the time become one number, in which no window reaches from
one key into the next, so that a single roll over a sorted column answers for every key at once. `over`, as one
writes it first: `rolling_sum_by(...).over(key)` and, since that has no distinct count, `n_unique().rolling(...)`; the
many small groups of accounts and devices cost it most of its time.
"""

import os
import sys
from collections.abc import Callable

os.environ["POLARS_MAX_THREADS"] = "2"  # noqa: TID251  read when polars is imported
import polars as pl
from query import FEATURES, MAX_ACCOUNT, MAX_DEVICE, MAX_TEXT, MODULUS, SECOND, WEIGHTS, say

Roll = Callable[[pl.DataFrame, list[str], dict[str, int]], pl.DataFrame]


def main() -> None:
    """Answer for the stream named on the command line."""
    path, style = sys.argv[1:]
    roll: Roll = {"flat": _flat, "over": _over}[style]
    events = pl.scan_parquet(path).select(pl.len()).collect().item()
    say(events, lambda: answer(path, roll), version=pl.__version__)


def answer(path: str, roll: Roll) -> tuple[int, int]:
    """Flags and checksum."""
    d = pl.scan_parquet(path).unique("event_id", keep="any").collect()
    d = roll(d, ["session_id", "kind"], {"c10": 10, "c60": 60})
    d = roll(d, ["actor_id"], {"a60": 60})
    d = roll(d, ["device"], {"d600": 600})
    said = roll(d.filter(pl.col("text").is_not_null()), ["text"], {"t300": 300})
    silent = d.filter(pl.col("text").is_null()).with_columns(t300=pl.lit(0))
    d = pl.concat([part.select("event_id", pl.col(FEATURES).cast(pl.Int64)) for part in (said, silent)])
    flagged = (pl.col("d600") > MAX_DEVICE) | (pl.col("a60") > MAX_ACCOUNT) | (pl.col("t300") > MAX_TEXT)
    score = pl.sum_horizontal(pl.col(name) * weight for name, weight in zip(FEATURES, WEIGHTS, strict=True))
    return d.select(flagged.sum(), (score * (pl.col("event_id") % MODULUS + 1)).sum().alias("sum")).row(0)


def _flat(d: pl.DataFrame, keys: list[str], windows: dict[str, int]) -> pl.DataFrame:
    """Ranks stand further apart than the stream is long and any window wide: `x` is (key, time) in one number."""
    start, end = d.select(pl.col("ts").min(), pl.col("ts").max().alias("end")).row(0)
    step = end - start + max(windows.values()) * SECOND + 1
    rank = pl.lit(0, dtype=pl.Int64)
    for key in keys:  # kinds are few: the product of ranks stays far below 2^63
        rank = rank * 16 + pl.col(key).rank("dense").cast(pl.Int64)
    return d.with_columns(x=rank * step + pl.col("ts") - start).sort("x").with_columns(
        _measure(name).rolling("x", period=_period(seconds)).alias(name) for name, seconds in windows.items()
    )  # fmt: skip


def _over(d: pl.DataFrame, keys: list[str], windows: dict[str, int]) -> pl.DataFrame:
    d = d.sort(*keys, "ts") if "d600" in windows else d.sort("ts")
    return d.with_columns(one=pl.lit(1, dtype=pl.Int64)).with_columns(
        (
            _measure(name).rolling("ts", period=_period(seconds))
            if name == "d600"
            else pl.col("one").rolling_sum_by("ts", _period(seconds), closed="right")
        )
        .over(keys)
        .alias(name)
        for name, seconds in windows.items()
    )


def _measure(feature: str) -> pl.Expr:
    return pl.col("actor_id").n_unique() if feature == "d600" else pl.len()


def _period(seconds: int) -> str:
    return f"{seconds * SECOND}i"


if __name__ == "__main__":
    main()
