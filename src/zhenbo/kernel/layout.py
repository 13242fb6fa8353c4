"""Numbers the plan and the compiled machine agree on. No numba here: a plan can be read without compiling it."""

CHUNK_BITS = 12
CHUNK = 1 << CHUNK_BITS
"""Events of a ring that come and go together."""

# words of a table's state; the last two are addresses
COUNT, MASK, SHIFT, LOG, OLD_COUNT, OLD_MASK, OLD_SHIFT, SWEPT, ROWS, OLD_ROWS, TABLE_WORDS = range(11)
# words of a ring's state, addresses of its rows, chunk numbers and free chunks among them; the lanes' heads follow
(
    TAIL,
    FREE_TOP,
    FRESH,
    BOUND,
    EVICTED,
    SHORT,
    BITTEN_UNTIL,
    RING_WIDTH,
    RING_ROWS,
    CHUNKS,
    ALIVE_CHUNKS,
    FREE,
    HEADS,
) = range(13)
# words of a ring row; the links of the least and greatest follow
AT, KEY, OTHER, NEXT, QUEUES = range(5)
# fields a lane may keep in the row of a key; the two links stand in ring rows
N, SUM_HIGH, SUM_LOW, DISTINCT, MOST, TOLD, HEAD, GAPS_HIGH, GAPS_LOW = range(9)
LEAST_FRONT, LEAST_BACK, GREATEST_FRONT, GREATEST_BACK, LEAST_LINK, GREATEST_LINK, FIELDS = range(9, 16)
LAST = 1
"""Word of a key's row that holds its newest event, where chains are kept."""
# what the second column of a group is; the last two are groups that only count, and only tell apart: words stand in a row
# without gaps, and the walk is compiled for them apart
NOTHING, PAIR, VALUE, COUNTS, SETS = range(5)

MEASURES = (
    "count",
    "sum",
    "distinct",
    "gap_mean",
    "gap_variance",
    "min",
    "max",
    "top_share",
    "first",
    "last",
)
COUNTED, SUMMED, DISTINCTS, GAP_MEAN, GAP_VARIANCE, LEAST, GREATEST, TOP_SHARE, FIRST, NEWEST = range(10)

GROUP_WORDS = 14
"""What `machine.run` is told of a group: addresses of the hashed key of each event (0: none, it neither counts nor gets an
answer), of its hashed pair or value, and of 0 where it has no value; of the tables of keys, of pairs and of counts of pairs, and
of the ring; how many lanes, the address of their lengths and of their fields; what the second column is; the address of (measure,
lane) of each feature, how many, and how many features stand before in the answer."""
