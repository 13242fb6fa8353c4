"""By which entrance people came: the room's own ones, or one that somebody opened for them."""

from collections.abc import Mapping
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session

Sender = Literal["own", "common", "none", "untold"]


def sender(session: Session, people: pa.Array, others: pa.Array, base: Mapping[str, Any]) -> Sender:
    """Whether one entrance brought these accounts: `own`, that hardly anybody else uses (a relay, a reward, a code on a screen); `common`; `none`.

    Args:
        session: the record; `untold` where it does not tell entrances.
        people: account ids.
        others: account ids that tell which entrances are the room's own.
        base: `one_door`, share of their entries from which one entrance brought them; `common_door`, share of the
            others' entries from which it is one of the room's own.
    """
    rows = session.rows("enter")
    rows = rows.filter(pc.is_valid(rows["via"]))
    theirs = pc.is_in(rows["actor_id"], value_set=people).combine_chunks()
    via = rows["via"].cast(pa.string()).combine_chunks()
    doors = via.filter(theirs).value_counts()
    if not len(doors):
        return "untold"
    most = max(doors.to_pylist(), key=lambda d: (d["counts"], d["values"]))
    if most["counts"] < base["one_door"] * pc.sum(doors.field("counts")).as_py():
        return "none"
    usual = via.filter(pc.is_in(rows["actor_id"], value_set=others).combine_chunks())
    same = pc.sum(pc.equal(usual, most["values"])).as_py() or 0
    return "common" if same >= base["common_door"] * len(usual) else "own"
