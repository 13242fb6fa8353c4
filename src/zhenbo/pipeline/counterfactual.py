"""Looking again at a record from which somebody was taken out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.session import Again, Case, case
from zhenbo.core.evidence import Found
from zhenbo.core.session import Session
from zhenbo.intake.coverage import SOURCE, coverage
from zhenbo.judge import Policy


def afresh(policy: Policy, look: Callable[[Session], Mapping[str, Sequence[Found]]]) -> Again:
    """All signals over a changed record, its coverage computed anew. Costs as much as the first look.

    Args:
        policy: to judge by.
        look: what every signal finds in a subject, by its id.
    """

    def again(session: Session) -> Case:
        read = session.metrics
        others = read.filter(pc.fill_null(pc.not_equal(read["source"].cast(pa.string()), SOURCE), True))
        measured = pa.concat_tables([others, coverage(session.events)]).unify_dictionaries()
        changed = replace(session, metrics=measured)
        return case(changed, look(changed), policy)

    return again
