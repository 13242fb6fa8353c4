"""Tiers of rooms (直播电商监督管理办法 art. 11): many fans, large turnover, strong influence, a record, goods of life and health.

A higher tier means more monitoring, never a suspicion. What is not known of a room raises nothing; it is named, so that
somebody can find it out.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from zhenbo.core.errors import PackError

Tier = Literal["ordinary", "watched", "key"]
ORDER: tuple[Tier, ...] = ("ordinary", "watched", "key")


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is known of a room.

    Args:
        id: the room.
        fans: followers.
        turnover: of the last 12 months, minor units.
        viewers: average concurrent viewers of the last month: its influence.
        record: sanctions in the last 12 months that stand.
        life_health: whether it sells goods that touch life and health.
    """

    id: str
    fans: int | None = None
    turnover: int | None = None
    viewers: int | None = None
    record: int | None = None
    life_health: bool | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Least figures of each tier, by figure; `monitoring` tells what a tier switches on."""

    id: str
    version: int
    key: dict[str, int]
    watched: dict[str, int]
    monitoring: dict[Tier, tuple[str, ...]]


class Placed(msgspec.Struct, frozen=True):
    """A room in its tier, with the figures that put it there, what is on, and what is not known."""

    room: str
    tier: Tier
    because: tuple[str, ...]
    monitoring: tuple[str, ...]
    unknown: tuple[str, ...]


_FIGURES = ("fans", "turnover", "viewers", "record", "life_health")


def read_tiers(text: str, name: str) -> Rules:
    """Rules of tiers (TOML).

    Raises:
        PackError: when they do not read, name other figures, or a higher tier would switch on less.
    """
    try:
        rules = msgspec.toml.decode(text, type=Rules)
    except msgspec.DecodeError as error:
        raise PackError(f"{name} does not read: {error}.") from error
    if strange := sorted({*rules.key, *rules.watched} - set(_FIGURES)):
        raise PackError(f"{name}: no figure {', '.join(strange)}; there are {', '.join(_FIGURES)}.")
    on = [set(rules.monitoring.get(t, ())) for t in ORDER]
    if not on[0] <= on[1] <= on[2]:
        raise PackError(f"{name}: a higher tier switches on at least what a lower one does.")
    return rules


def placed(room: Room, rules: Rules) -> Placed:
    """The tier of a room: the highest of which one figure is reached."""
    known: Mapping[str, int | None] = {f: None if (v := getattr(room, f)) is None else int(v) for f in _FIGURES}  # fmt: skip
    unknown = tuple(f for f in _FIGURES if known[f] is None)
    steps: tuple[tuple[Tier, dict[str, int]], ...] = (("key", rules.key), ("watched", rules.watched))
    for tier, least in steps:
        because = tuple(f for f in _FIGURES if f in least and (v := known[f]) is not None and v >= least[f])
        if because:
            return Placed(room.id, tier, because, rules.monitoring.get(tier, ()), unknown)
    return Placed(room.id, "ordinary", (), rules.monitoring.get("ordinary", ()), unknown)
