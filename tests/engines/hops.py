"""Small pure steps that the hosts of `Rows` are compared on; Spark's workers import them by this name."""

from collections import defaultdict

import pyarrow as pa
import pyarrow.compute as pc

TABLE = pa.schema([
    ("name", pa.dictionary(pa.int32(), pa.string())),
    ("number", pa.int64()),
    ("at", pa.timestamp("us", tz="UTC")),
    ("text", pa.string()),
    ("small", pa.uint32()),
    ("yes", pa.bool_()),
])  # fmt: skip
TALLY = pa.schema([
    ("number", pa.int64()), ("names", pa.dictionary(pa.int32(), pa.string())), ("rows", pa.int64())
])  # fmt: skip


def order(row):
    """A total order of rows of any values."""
    return [(value is not None, str(value)) for value in row.values()]


def by_key(table, *key):
    """Rows by their key."""
    groups = defaultdict(list)
    for row in table.to_pylist():
        groups[tuple(row[name] for name in key)].append(row)
    return groups


def first_of_each(table):
    """The first row of each (name, number)."""
    kept = [min(rows, key=order) for rows in by_key(table, "name", "number").values()]
    return pa.Table.from_pylist(kept, schema=TABLE)


def tally(table):
    """Rows and names per number."""
    rows = [
        {"number": number, "names": "|".join(sorted({str(r["name"]) for r in rows})), "rows": len(rows)}
        for (number,), rows in by_key(table, "number").items()
    ]
    return pa.Table.from_pylist(rows, schema=TALLY)


def beside(left, right):
    """Each left row whose name is known on the right, with as many rows there as its number; plain strings."""
    known = by_key(right, "name")
    rows = [
        {"number": len(known[row["name"],]), "names": row["name"], "rows": row["number"]}
        for row in left.to_pylist()
        if (row["name"],) in known
    ]
    return pa.table({
        name: pa.array([row[name] for row in rows], kind)
        for name, kind in [("number", pa.int64()), ("names", pa.string()), ("rows", pa.int64())]
    })  # fmt: skip


def said(table):
    """Rows that have a text."""
    return table.filter(pc.is_valid(table["text"]))


def program(rows, others):
    """Two hops and a meeting over rows that two of them read."""
    once = rows.keyed(("name", "number"), first_of_each, TABLE)
    met = once.meet(others.each(said, TABLE), ("name",), beside, TALLY)
    return once.keyed(("number",), tally, TALLY).plus(met)


def fails(table):
    """A step with a mistake."""
    return table.slice(0, table.num_rows // 0)


def forgets(table):
    """A step that leaves out what it promised."""
    return table.select(["name"])


def sorted_rows(table):
    """Rows in an order of their own."""
    return sorted(table.to_pylist(), key=order)
