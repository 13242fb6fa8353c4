"""Files that people and other programs write for a command: JSON lines, each read strictly as one struct."""

from pathlib import Path
from typing import TypeVar

import msgspec

from zhenbo.core.errors import ZhenboError

T = TypeVar("T")

_LARGEST = 256 << 20
"""Bytes of such a file."""


def entries(path: Path, shape: type[T], where: str) -> list[T]:
    """Every line of a file as a `shape`; empty lines and lines beginning with # are passed over.

    Args:
        path: JSON lines.
        shape: a msgspec struct.
        where: the page that shows the form.

    Raises:
        ZhenboError: at the first line that is none, saying which line and why.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ZhenboError(f"{path} is larger than {_LARGEST >> 20} MB. Split it.")
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ZhenboError(f"{path} cannot be read as text ({error}). It holds one JSON object per line; {where} shows the form.") from error  # fmt: skip
    read = []
    for number, line in enumerate(lines, start=1):
        body = line.strip()
        if not body or body.startswith("#"):
            continue
        try:
            read.append(msgspec.json.decode(body, type=shape))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ZhenboError(
                f"{path}, line {number}: {str(error)[:300]}. {where} shows the form."
            ) from error
    if not read:
        raise ZhenboError(f"{path} holds no line to read. {where} shows the form, --example prints one.")
    return read
