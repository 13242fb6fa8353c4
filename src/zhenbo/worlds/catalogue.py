"""The worlds there are: every module here with a `world(seed)` function, by its name."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from zhenbo.worlds.truth import World


def _discover() -> Mapping[str, Callable[[int], World]]:
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if module != Path(__file__).stem:
            make = getattr(importlib.import_module(f"zhenbo.worlds.{module}"), "world", None)
            if callable(make):
                found[module] = make
    return MappingProxyType(found)


WORLDS: Mapping[str, Callable[[int], World]] = _discover()
"""World makers by name; a new module with a `world(seed)` is found without editing any list."""
