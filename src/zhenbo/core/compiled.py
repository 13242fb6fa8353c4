"""numba's `njit` with a cache that knows all sources of a package.

Numba keeps machine code per file and does not see that a file it imported has changed: after half an update it would
run the old half against the new, on the same memory. Here any change of any source, of numba or of Python is another
folder. The first import after one compiles for some seconds and says so on the logger `zhenbo`.
"""

import hashlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def compiler(folder: Path, sources: Sequence[str]) -> Callable[[Any], Callable[[Any], Any]]:
    """A decorator that compiles at import, for one signature, or takes what an earlier import compiled.

    Args:
        folder: of the package.
        sources: its modules that hold compiled code, or what such code takes in while it is compiled.
    """
    import numba
    from numba.core import config

    place = _place(folder, sources, numba.__version__, config.CACHE_DIR)
    if not place.is_dir():
        logging.getLogger("zhenbo").info(
            "compiling %s, once after an installation: some ten seconds", folder.name
        )

    def compiled(signature: Any) -> Callable[[Any], Any]:
        def made(function: Any) -> Any:
            before, config.CACHE_DIR = config.CACHE_DIR, str(place)
            try:
                return numba.njit(signature, cache=True, nogil=True)(function)
            finally:
                config.CACHE_DIR = before

        return made

    return compiled


def _place(folder: Path, sources: Sequence[str], version: str, asked: str) -> Path:
    """Beside the sources where that can be written, else in the user's cache; NUMBA_CACHE_DIR comes first."""
    digest = hashlib.sha256(f"{version} {sys.implementation.cache_tag}".encode())
    for name in sources:
        digest.update((folder / f"{name}.py").read_bytes())
    name = f"{folder.name}-{digest.hexdigest()[:16]}"
    if asked:
        return Path(asked) / name
    here = folder / "__pycache__"
    if os.access(here if here.is_dir() else folder, os.W_OK):
        return here / name
    user = os.environ.get("XDG_CACHE_HOME")  # noqa: TID251 - no answer depends on where it is kept
    return (Path(user) if user else Path.home() / ".cache") / "zhenbo" / name
