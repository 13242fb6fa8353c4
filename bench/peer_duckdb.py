"""DuckDB window SQL on two threads: the oracle of every other answer.

    build/bench-env/bin/python bench/peer_duckdb.py EVENTS

Of the ways tried to write it, the fastest: rows without a text never enter the text window (left in one partition of
nulls they take three times as long as everything else), DISTINCT over whole rows (a duplicate is an exact copy).
"""

import sys

import duckdb
from query import FLAG, SCORE, over, say

ROOM, ACCOUNT, DEVICE, TEXT = "session_id, kind", "actor_id", "device", "text"
SQL = f"""
WITH d AS (SELECT DISTINCT * FROM read_parquet(?)),
f AS (
  SELECT event_id, text, ts,
    count(*) {over(ROOM, 10)} AS c10, count(*) {over(ROOM, 60)} AS c60, count(*) {over(ACCOUNT, 60)} AS a60,
    count(DISTINCT actor_id) {over(DEVICE, 600)} AS d600
  FROM d
),
w AS (
  SELECT *, 0 AS t300 FROM f WHERE text IS NULL
  UNION ALL SELECT *, count(*) {over(TEXT, 300)} AS t300 FROM f WHERE text IS NOT NULL
)
SELECT count(*) FILTER (WHERE {FLAG}), sum({SCORE})::HUGEINT FROM w
"""


def main() -> None:
    """Answer for the stream named on the command line."""
    path = sys.argv[1]
    db = duckdb.connect(config={"threads": 2})
    events = db.execute("SELECT count(*) FROM read_parquet(?)", [path]).fetchall()[0][0]
    say(events, lambda: db.execute(SQL, [path]).fetchall()[0], version=duckdb.__version__)


if __name__ == "__main__":
    main()
