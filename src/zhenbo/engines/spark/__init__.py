"""Spark as a host of world-scoped work (`zhenbo.core.rows`): the same program, on as many machines as there are.

What crosses between the Java side and the Python workers is never an event. A worker splits what it holds by the hash
of the key into a bounded number of buckets and sends each part as one *parcel*, an Arrow stream in a binary column;
Spark moves parcels, and the worker at the other end of the hop puts a bucket together and hands it to the step. So
every Arrow type arrives as it left (Spark has neither dictionaries nor unsigned integers), a hot key is merely a large
bucket, and the cost of a hop is that of moving bytes. Steps between two hops run in one worker call.

Parcels of a bucket arrive in any order and a lost executor's parcels are made again: steps depend on neither
(`rows.Work`), so neither does the answer.
"""

from zhenbo.engines.spark.parcels import SparkError
from zhenbo.engines.spark.rows import SparkRows
from zhenbo.engines.spark.session import session

__all__ = ["SparkError", "SparkRows", "session"]
