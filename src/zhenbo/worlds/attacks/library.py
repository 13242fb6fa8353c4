"""Everything that can be bought, collected from the families: a module here that holds `ATTACKS` is one."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from zhenbo.worlds.attacks.attack import Attack
from zhenbo.worlds.show import Show


def _discover() -> Iterator[tuple[str, Attack]]:
    here = Path(__file__)
    for module in sorted(m.name for m in pkgutil.iter_modules([str(here.parent)])):
        if module != here.stem:
            found: Mapping[str, Attack] = getattr(
                importlib.import_module(f"{__package__}.{module}"), "ATTACKS", {}
            )
            yield from found.items()


ATTACKS: Mapping[str, Attack] = MappingProxyType(dict(_discover()))
"""Every attack by name; call through `lay`."""


def lay(show: Show, name: str, rng: np.random.Generator, dose: float) -> None:
    """Lay a named attack over a broadcast."""
    lay_as(show, f"{name}@{dose:.2f}", lambda: ATTACKS[name].lay(show, rng, dose))


def lay_as(show: Show, name: str, act: Callable[[], None]) -> None:
    """Do something to a broadcast that is an attack under this name, and note when it began."""
    blocks, unseen = len(show.blocks), len(show.unseen)
    act()
    made = [b.ts.min() for b in show.blocks[blocks:] if not b.later]
    made += [u.ts.min() for u in show.unseen[unseen:] if len(u.ts)]
    show.began = min([*made, *([] if show.began is None else [show.began])], default=None)
    show.kinds.append(name)
