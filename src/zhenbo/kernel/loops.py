"""Money that comes back: a fee paid to sell, handed on to people, who order from the one who paid it.

Nodes are paying accounts where a row tells them, else accounts. An edge is a row of money (fee, compensation, commission)
or a paid order; an order pays the seller, who is the one party that paid fees in this record.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.session import DAY, Session, codes, micros
from zhenbo.kernel.orders import Orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FEES = ("slot_fee", "service_fee")
HANDED = ("compensation", "commission", "premium")
LONGEST = 4
"""Edges of the longest loop: fee, handed on once or twice, order."""


@dataclass(frozen=True)
class Loops:
    """Orders paid by people who had been given money out of a fee for selling.

    Args:
        seller: node that paid the fees.
        fee: what it paid, minor units.
        handed: what the people who ordered had been given before, minor units, at most the fee.
        returned: what of it came back as orders, minor units.
        length: edges of each order's loop, 0 where it closes none.
        rows: rows of money that the loops run through, of the money rows of the record.
    """

    seller: str
    fee: int
    handed: int
    returned: int
    length: Ints
    rows: pa.Table

    @property
    def closed(self) -> Bools:
        """Orders that close a loop."""
        return np.asarray(self.length > 0)


def loops(session: Session, made: Orders, within_d: float) -> Loops | None:
    """Loops of up to four edges; None where no fee was paid, or by several parties.

    Args:
        session: the record.
        made: its orders.
        within_d: days within which money is handed on and spent.
    """
    rows = session.rows(*FEES, *HANDED)
    if not rows.num_rows or not len(made):
        return None
    nodes, payer, payee, buyer = _nodes(rows, made)
    kind = np.array(rows["kind"].cast(pa.string()).to_pylist(), dtype=object)
    amount = np.maximum(np.nan_to_num(np.array(rows["amount"].to_pylist(), dtype=np.float64)), 0).astype(
        np.int64
    )
    ts = micros(rows["ts"])
    use = (payer >= 0) & (payee >= 0) & (ts >= 0) & (payer != payee)
    fee = use & np.isin(kind, FEES)
    sellers = np.unique(payer[fee])
    if len(sellers) != 1:
        return None
    ways = _ways(int(sellers[0]), (payer, payee, ts, fee, use & ~fee), int(within_d * DAY))
    at = made.at["created"]
    paid = made.was_paid & made.timed("created") & (buyer >= 0)
    length, used, got = np.zeros(len(made), dtype=np.int64), np.zeros(len(ts), dtype=bool), 0
    returned = 0
    for node, (since, edges, path) in sorted(ways.items()):
        mine = np.flatnonzero(paid & (buyer == node) & (at >= since) & (at <= since + int(within_d * DAY)))
        if len(mine):
            given = int(amount[path[-1]])
            got += given
            returned += min(given, int((made.amount - made.discount)[mine].sum()))
            length[mine] = edges + 1
            used[list(path)] = True
    paid_in = int(amount[fee].sum())
    return Loops(
        str(nodes[int(sellers[0])]),
        paid_in,
        min(got, paid_in),
        min(returned, paid_in),
        length,
        rows.filter(pa.array(used)),
    )


def _nodes(rows: pa.Table, made: Orders) -> tuple[list[str], Ints, Ints, Ints]:
    """Names of nodes; payer and payee per row of money, payer per order. −1 unknown."""
    actor, names = codes(rows["actor_id"])
    purse, purses = codes(rows["pay"])
    target, targets = codes(rows["target_id"])
    account = names.to_pylist()
    own: dict[str, str] = {}
    for who, via in zip(actor.tolist(), purse.tolist(), strict=True):
        if who >= 0 and via >= 0:
            own.setdefault(account[who], f"pay:{purses[via]}")
    pairs = np.stack([made.keys["actor_id"], made.keys["pay"]], axis=1)
    buyers, ways = made.names["actor_id"].to_pylist(), made.names["pay"].to_pylist()
    for who, via in pairs[(pairs >= 0).all(axis=1)].tolist():
        own.setdefault(buyers[who], f"pay:{ways[via]}")
    table: dict[str, int] = {}

    def node(who: str | None, via: str | None) -> int:
        name = f"pay:{via}" if via is not None else None if who is None else own.get(who, who)
        return -1 if name is None else table.setdefault(name, len(table))

    payer = [node(a, v) for a, v in zip(rows["actor_id"].to_pylist(), rows["pay"].to_pylist(), strict=True)]
    payee = [node(targets[t].as_py() if t >= 0 else None, None) for t in target.tolist()]
    order = [node(buyers[w] if w >= 0 else None, ways[v] if v >= 0 else None) for w, v in pairs.tolist()]
    return (
        list(table),
        np.array(payer, dtype=np.int64),
        np.array(payee, dtype=np.int64),
        np.array(order, dtype=np.int64),
    )


def _ways(
    seller: int, edges: tuple[Ints, Ints, Ints, Bools, Bools], within: int
) -> dict[int, tuple[int, int, tuple[int, ...]]]:
    """Per node that money out of a fee has reached: when first, over how many edges, by which rows. Shortest way first."""
    payer, payee, ts, fee, other = edges
    reached: dict[int, tuple[int, int, tuple[int, ...]]] = {}
    for row in np.flatnonzero(fee)[np.argsort(ts[fee], kind="stable")].tolist():
        reached.setdefault(int(payee[row]), (int(ts[row]), 1, (row,)))
    for step in range(2, LONGEST):
        found: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        for row in np.flatnonzero(other)[np.argsort(ts[other], kind="stable")].tolist():
            way = reached.get(int(payer[row]))
            fresh = int(payee[row]) not in reached and int(payee[row]) != seller
            if way and way[1] == step - 1 and fresh and way[0] <= ts[row] <= way[0] + within:
                found.setdefault(int(payee[row]), (int(ts[row]), step, (*way[2], row)))
        reached |= found
    return reached
