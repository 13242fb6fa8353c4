"""Format families: each is one module of `zhenbo.intake` that holds a `FORMAT`; found by walking, no list to edit."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from zhenbo.intake.rows import Rows

SNIFF = 65_536
"""Bytes of a file that decide its family."""


class Format(NamedTuple):
    """One family of files.

    Args:
        name: as mappings name it (`format = "jsonl"`).
        sniff: whether the first `SNIFF` bytes look like this family; cheap, never raises.
        read: opens a file as lazy rows; may be called twice; never raises on bad content, it rejects.
        place: what of the path is content (room and day of the 2019 room texts); part of the file's digest.
    """

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Path], Rows]
    place: Callable[[Path], str] = lambda _path: ""


@cache
def formats() -> tuple[Format, ...]:
    """Every family, by name."""
    import zhenbo.intake as here

    modules = sorted(m.name for m in pkgutil.iter_modules(here.__path__))
    loaded = [importlib.import_module(f"zhenbo.intake.{name}") for name in modules]
    found = [m.FORMAT for m in loaded if isinstance(getattr(m, "FORMAT", None), Format)]
    return tuple(sorted(found, key=lambda f: f.name))
