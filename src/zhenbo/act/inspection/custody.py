"""Chain of custody of samples: who held which sample when, under which seal, and where the chain has a gap.

Hand-overs are acts, appended once; the chain is a fold over them. A gap is told by its name and place, never mended: what a
gap means for the result is for a person to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from zhenbo.core.acts import Act
from zhenbo.core.contacts import hidden
from zhenbo.core.errors import ZhenboError
from zhenbo.core.evidence import Say
from zhenbo.core.inspection import HandOver
from zhenbo.core.session import HOUR

KIND = "inspection.handed_over"
LONGEST = 72 * HOUR
"""On the way between two hands longer than this a sample was in nobody's."""

GAPS: Mapping[str, Say] = {
    "unsigned": Say("hand-over {place}: {taker} did not sign for having taken it", "第 {place} 次交接：{taker} 未签收"),
    "not_given": Say("hand-over {place}: {giver} did not sign for having given it", "第 {place} 次交接：{giver} 未签字移交"),
    "other_hand": Say("hand-over {place}: {giver} gave it away, but {holder} held it", "第 {place} 次交接：由 {giver} 移交，但此前持有人是 {holder}"),
    "other_seal": Say("hand-over {place}: the seal is {seal}, it was {before}", "第 {place} 次交接：封签为 {seal}，此前为 {before}"),
    "no_seal": Say("hand-over {place}: without a seal", "第 {place} 次交接：无封签"),
    "backwards": Say("hand-over {place}: taken before it was given, or before the one before", "第 {place} 次交接：接收时间早于移交或早于上一次交接"),
    "too_long": Say("hand-over {place}: {hours} hours on the way", "第 {place} 次交接：途中 {hours} 小时"),
}  # fmt: skip
"""What a break of the chain is called."""


@dataclass(frozen=True)
class Gap:
    """A break: its name in `GAPS` and what its sentence needs; `place` counts hand-overs of the sample from 1."""

    name: str
    place: int
    args: Mapping[str, object]


@dataclass(frozen=True)
class Chain:
    """The way of one sample.

    Args:
        sample: its id.
        links: hand-overs in the order they were recorded.
        gaps: breaks, in the same order.
        holder: who has it now.
    """

    sample: str
    links: tuple[HandOver, ...]
    gaps: tuple[Gap, ...]

    @property
    def holder(self) -> str:
        """Who has it now."""
        return self.links[-1].taker

    @property
    def unbroken(self) -> bool:
        """Whether every hand-over fits to the one before."""
        return not self.gaps


def acted(over: HandOver, place: int) -> Act:
    """The act of a hand-over, contacts masked since a record is for good; `place` counts those of the sample from 1."""
    words = {
        name: hidden(getattr(over, name))
        for name in ("giver", "taker", "given_by", "signed_by", "place", "condition")
    }
    told = msgspec.structs.replace(over, **words)
    return Act.of(f"{KIND}:{over.sample}:{place}", KIND, over.sample, over.taken_at, told)


def recorded(acts: Iterable[Act]) -> list[HandOver]:
    """Hand-overs among acts, in their order."""
    return [act.read(HandOver) for act in acts if act.kind == KIND]


def chains(overs: Iterable[HandOver]) -> list[Chain]:
    """The chain of every sample, by id.

    Examples:
        >>> one = HandOver(sample="s", giver="shop", taker="a", given_at=0, taken_at=0, seal="7", signed_by="a", given_by="shop")
        >>> two = HandOver(sample="s", giver="b", taker="lab", given_at=5, taken_at=9, seal="7", signed_by="lab", given_by="b")
        >>> [g.name for g in chains([one, two])[0].gaps]
        ['other_hand']
    """
    by: dict[str, list[HandOver]] = {}
    for over in overs:
        by.setdefault(over.sample, []).append(over)
    return [Chain(sample, tuple(links), tuple(_gaps(links))) for sample, links in sorted(by.items())]


def chain_of(overs: Iterable[HandOver], sample: str) -> Chain:
    """The chain of one sample.

    Raises:
        ZhenboError: when no hand-over names it.
    """
    found = [c for c in chains(overs) if c.sample == sample]
    if not found:
        raise ZhenboError(f"No hand-over of a sample {sample!r} is recorded. `zhenbo inspect custody FILE` records them.")  # fmt: skip
    return found[0]


def _gaps(links: list[HandOver]) -> Iterable[Gap]:
    before: HandOver | None = None
    for place, over in enumerate(links, start=1):
        if over.signed_by != over.taker:
            yield Gap("unsigned", place, {"place": place, "taker": over.taker})
        if over.given_by != over.giver:
            yield Gap("not_given", place, {"place": place, "giver": over.giver})
        if not over.seal:
            yield Gap("no_seal", place, {"place": place})
        if over.taken_at < over.given_at or (before and over.given_at < before.taken_at):
            yield Gap("backwards", place, {"place": place})
        elif over.taken_at - over.given_at > LONGEST:
            yield Gap("too_long", place, {"place": place, "hours": (over.taken_at - over.given_at) // HOUR})
        if before and over.giver != before.taker:
            yield Gap("other_hand", place, {"place": place, "giver": over.giver, "holder": before.taker})
        if before and over.seal != before.seal and over.seal and not over.opened:
            yield Gap("other_seal", place, {"place": place, "seal": over.seal, "before": before.seal})
        before = over
