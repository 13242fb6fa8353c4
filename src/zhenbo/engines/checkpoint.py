"""A kernel's state in one file, and back: a stream that stops goes on where it was.

A file holds for one layout of the state, one plan and one set of arguments. Any other is refused, in words, and the
caller replays the log instead: a replay of the longest window gives the same answers, a wrong state never would.
"""

import hashlib
import json
import logging
import os
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError
from zhenbo.kernel.stream import Kernel

_LAYOUT = ("layout", "plan", "state", "store", "machine", "stream", "waiting", "door")
"""Sources whose change may change what a word of the state means."""


def save(kernel: Kernel, path: Path, position: int) -> None:
    """Write a kernel's state; the file is whole or the old one stays.

    Args:
        kernel: between two batches.
        path: of the file; replaced.
        position: events of the log fed so far, for `resume` to give back.
    """
    header = json.dumps({**_claim(kernel), "position": position}).encode()
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as out:
        np.savez(out, allow_pickle=False, header=np.frombuffer(header, dtype=np.uint8), **kernel.state())
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)


def resume(kernel: Kernel, path: Path) -> int:
    """Take the state of a file; returns the position from which the log goes on.

    Args:
        kernel: fresh, made with the arguments of the one that was saved.
        path: of the file.

    Raises:
        ZhenboError: when the file cannot be read, or was written by another version, plan or set of arguments; the
            message says which. The kernel is as it was.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
            header = json.loads(held["header"].tobytes())
            state = {name: held[name] for name in held.files if name != "header"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ZhenboError(f"{path} is no checkpoint that can be read ({error}). Replay the log.") from error
    for what, mine in _claim(kernel).items():
        theirs = header.get(what)
        if theirs != mine:
            raise ZhenboError(
                f"{path} was written with another {what} ({theirs}, here {mine}): its state would be misread. "
                "Replay the log."
            )
    kernel.restore(state)
    return int(header["position"])


def resumed(kernel: Kernel, path: Path) -> int:
    """As `resume`, but a file that is absent or refused means a replay from the start, said on the logger."""
    if not path.exists():
        return 0
    try:
        return resume(kernel, path)
    except ZhenboError as error:
        logging.getLogger("zhenbo").warning("%s Going on from the start of the log.", error)
        return 0


def _claim(kernel: Kernel) -> dict[str, Any]:
    """What must agree for a state to mean the same."""
    sources = hashlib.sha256()
    for name in _LAYOUT:
        sources.update(files("zhenbo.kernel").joinpath(f"{name}.py").read_bytes())
    asked = (kernel.declared, kernel.lateness, kernel.horizon, kernel.instant, kernel.limits, kernel.share)
    return {
        "version": f"{__version__}+{sources.hexdigest()[:12]}",
        "plan": hashlib.sha256(repr(asked).encode()).hexdigest()[:16],
    }
