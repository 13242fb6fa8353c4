"""What the sessions and shop months of one host teach each other of returns: old ones how the young will end.

A stranger's rooms teach nothing here: no verdict depends on who else is audited beside it. What shops of a kind have in
common is told by the pack, which a user may draw to his own history.
"""

from collections.abc import Callable, Sequence
from functools import cache

from zhenbo.audit.gmv import after_returns
from zhenbo.audit.projection import Base, Curve, curve
from zhenbo.core.verdict import Ages, Gmv


def pooled(gmvs: Sequence[tuple[str, Gmv | None]], base: Callable[[str], Base]) -> list[Gmv | None]:
    """The same bridges, each with the refunds to come by the curves of all of its host.

    Args:
        gmvs: host and bridge of every subject; those without a life table stay as they are.
        base: the pack's values for a category.

    The tables only add up, so that the answer depends neither on the order of the subjects nor on the engine.
    """
    tables: dict[tuple[str, str], list[Ages]] = {}
    for host, gmv in gmvs:
        for table in gmv.returns.ages if gmv is not None and gmv.returns is not None else ():
            tables.setdefault((host, table.category), []).append(table)

    @cache
    def known(host: str, category: str) -> tuple[Curve, Base]:
        return curve(tables[host, category], base(category)), base(category)

    return [
        gmv if gmv is None or gmv.returns is None else after_returns(gmv, lambda c, host=host: known(host, c))  # type: ignore[misc]
        for host, gmv in gmvs
    ]
