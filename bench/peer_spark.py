"""Spark SQL on two local cores.

    build/bench-env/bin/python bench/peer_spark.py EVENTS WARM_UP_EVENTS

The session starts and answers the small stream first, so that neither the start of the JVM nor its first compilations
are in the figure. Spark has no count(DISTINCT) over a window: size(collect_set()) it is. Rows without a text get a
partition each; a second branch for them, as DuckDB has it, would compute the other windows twice.
"""

import sys
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession
from query import FLAG, SCORE, over, say

SQL = f"""
WITH d AS (SELECT DISTINCT * FROM parquet.`{{path}}`),
w AS (
  SELECT event_id,
    count(*) {over("session_id, kind", 10)} AS c10, count(*) {over("session_id, kind", 60)} AS c60,
    count(*) {over("actor_id", 60)} AS a60, size(collect_set(actor_id) {over("device", 600)}) AS d600,
    CASE WHEN text IS NULL THEN 0 ELSE count(*) {over("coalesce(text, -1 - event_id)", 300)} END AS t300
  FROM d
)
SELECT count_if({FLAG}), sum({SCORE}) FROM w
"""


def main() -> None:
    """Answer for the stream named on the command line, after the small one."""
    path, small = (Path(name).resolve() for name in sys.argv[1:])
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "6g")
        .config("spark.sql.shuffle.partitions", 8)  # two cores need no more; the default is 200
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    events = spark.read.parquet(str(path)).count()
    spark.sql(SQL.format(path=small)).first()
    say(events, lambda: tuple(spark.sql(SQL.format(path=path)).first()), version=pyspark.__version__)
    spark.stop()


if __name__ == "__main__":
    main()
