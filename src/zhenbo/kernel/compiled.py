"""`compiled`: numba's `njit`, cached under a name made of all of the kernel's sources.

Numba keeps machine code per file and does not see that a file it imported has changed: after an update of half the
kernel it would run the old half against the new, on the same memory. Here any change of any source, of numba or of
Python is another folder. The first import after one compiles for about ten seconds and says so on the logger `zhenbo`.
"""

import hashlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

SOURCES = ("compiled", "layout", "store", "machine", "door", "waiting")


def _digest(folder: Path) -> str:
    made = hashlib.sha256(f"{numba.__version__} {sys.implementation.cache_tag}".encode())
    for name in SOURCES:
        made.update((folder / f"{name}.py").read_bytes())
    return made.hexdigest()[:16]


def _place(folder: Path) -> Path:
    """Beside the sources where that can be written, else in the user's cache; NUMBA_CACHE_DIR comes first."""
    name = f"kernel-{_digest(folder)}"
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / name
    here = folder / "__pycache__"
    if os.access(here if here.is_dir() else folder, os.W_OK):
        return here / name
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zhenbo" / name  # noqa: TID251 - no answer depends on it


PLACE = _place(Path(__file__).parent)
FRESH = not PLACE.is_dir()
if FRESH:
    logging.getLogger("zhenbo").info("compiling the kernel, once after an installation: about ten seconds")


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile at import, for one signature, or take what an earlier import compiled."""

    def made(function: Callable[..., Any]) -> Callable[..., Any]:
        before, config.CACHE_DIR = config.CACHE_DIR, str(PLACE)
        try:
            done: Callable[..., Any] = numba.njit(signature, cache=True, nogil=True)(function)
        finally:
            config.CACHE_DIR = before
        return done

    return made
