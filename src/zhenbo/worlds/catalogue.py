"""The worlds there are: every module here with a `world(seed)`, and one room for every attack and every honest evening."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from zhenbo.worlds.attacks import ATTACKS
from zhenbo.worlds.bursts import BURSTS
from zhenbo.worlds.campaign import room
from zhenbo.worlds.truth import World


@dataclass(frozen=True)
class Made:
    """A world that can be made from a seed.

    Args:
        says: what it is, in a line.
        kind: `world` of several rooms, or a room with one `attack` or one honest `burst`.
        make: makes it; rooms also take `dose`, `burst` and `view`.
    """

    says: str
    kind: str
    make: Callable[..., World]

    def __call__(self, seed: int, **options: object) -> World:
        """The world of a seed."""
        return self.make(seed, **options)


def _discover() -> Iterator[tuple[str, Made]]:
    for module in sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if module != Path(__file__).stem:
            found = importlib.import_module(f"zhenbo.worlds.{module}")
            if callable(make := getattr(found, "world", None)):
                yield module, Made((found.__doc__ or "").partition("\n")[0], "world", make)
    for name, burst in BURSTS.items():
        if name != "none":
            yield name, Made(burst.says, "burst", partial(room, burst=name))
    for name, attack in ATTACKS.items():
        yield name, Made(attack.says, "attack", partial(room, attack=name))


WORLDS: Mapping[str, Made] = MappingProxyType(dict(_discover()))
"""World makers by name; a new module with a `world(seed)`, a new attack or burst is found without editing any list."""
