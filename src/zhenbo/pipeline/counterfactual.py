"""What is asked beyond a verdict: the record without those named, looked at again; and who may have bought."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.interests import NOBODY, Interests
from zhenbo.audit.session import Beyond, Case, case
from zhenbo.core.evidence import Found
from zhenbo.core.session import Session
from zhenbo.intake.coverage import SOURCE, coverage
from zhenbo.judge import Hypotheses, Policy, parse_hypotheses


@cache
def hypotheses() -> Hypotheses:
    """The shipped likelihoods about who bought."""
    pack = files("zhenbo.packs") / "attribution" / "default.toml"
    return parse_hypotheses(pack.read_text("utf-8"))


def afresh(
    policy: Policy,
    look: Callable[[Session], Mapping[str, Sequence[Found]]],
    interests: Interests = NOBODY,
) -> Beyond:
    """All signals over a changed record, its coverage computed anew: costs as much as the first look; and the shipped hypotheses.

    Args:
        policy: to judge by.
        look: what every signal finds in a subject, by its id.
        interests: who may gain by what is fabricated.
    """

    def again(session: Session) -> Case:
        read = session.metrics
        others = read.filter(pc.fill_null(pc.not_equal(read["source"].cast(pa.string()), SOURCE), True))
        measured = pa.concat_tables([others, coverage(session.events)]).unify_dictionaries()
        changed = replace(session, metrics=measured)
        return case(changed, look(changed), policy)

    return Beyond(again, hypotheses(), interests)
