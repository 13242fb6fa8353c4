"""Memory by address for compiled readers: bytes, eight bytes at a time, and where a string stops being plain.

Addresses are plain integers, so that nothing is counted, wrapped or checked in the inner loops; the callers keep the
arrays alive and pad them: up to `PADDING` bytes behind the end may be read or written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from zhenbo.core.compiled import compiler

PADDING = 64
"""Bytes behind the end of a block that may be read, and of a column that may be written."""

_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)
BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
COMMAS = np.uint64(0x2C2C2C2C2C2C2C2C)
_BLANKS = np.uint64(0x2020202020202020)
_NONE = np.uint64(0)


Function = TypeVar("Function", bound=Callable[..., Any])


_inline: Callable[[Function], Any] = intrinsic


_once = compiler(Path(__file__).parent, ("words", "scan", "rows", "marks"))


def compiled(*signature: str, **options: bool) -> Callable[[Function], Function]:
    """A function over integers, compiled; with a signature at once (or taken from the cache), else where it is used."""
    made: Callable[[Function], Function] = _once(*signature) if signature else njit(**options)
    return made


def _reader(bits: int, made: Any) -> Any:
    @_inline
    def read(_typing: Any, _address: Any) -> Any:
        def codegen(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            pointer = builder.inttoptr(given[0], ir.IntType(bits).as_pointer())
            value = builder.load(pointer, align=1)
            if bits == 64:
                return value
            wide = builder.zext if bits == 8 else builder.sext
            return wide(value, ir.IntType(64))

        return made(types.int64), codegen

    return read


def _writer(bits: int, taken: Any) -> Any:
    @_inline
    def write(_typing: Any, _address: Any, _value: Any) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            pointer = builder.inttoptr(given[0], ir.IntType(bits).as_pointer())
            short = given[1] if bits == 64 else builder.trunc(given[1], ir.IntType(bits))
            builder.store(short, pointer, align=1)
            return context.get_dummy_value()

        return types.void(types.int64, taken), codegen

    return write


byte = _reader(8, types.int64)
"""The byte at an address, 0..255."""
short = _reader(32, types.int64)
"""The signed 32-bit integer at an address."""
whole = _reader(64, types.int64)
"""The signed 64-bit integer at an address."""
word = _reader(64, types.uint64)
"""Eight bytes at an address, the first one lowest."""
put_byte = _writer(8, types.int64)
put_short = _writer(32, types.int64)
put_whole = _writer(64, types.int64)
put_word = _writer(64, types.uint64)


@_inline
def _zeros(_typing: Any, _bits: Any) -> Any:
    """Zero bits below the lowest bit set."""

    def codegen(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@compiled(forceinline=True)
def plain(at: int, stop: np.uint64) -> int:
    """How many of the next eight bytes are printable ASCII, neither quote nor `stop` (eight times over)."""
    here = word(at)
    quote, other = here ^ _QUOTES, here ^ stop
    # a byte is zero where subtracting one borrows; what is flagged above the first true hit may be false
    hit = ((quote - _ONES) & ~quote) | ((other - _ONES) & ~other) | ((here - _BLANKS) & ~here) | here
    hit &= _HIGHS
    return 8 if hit == _NONE else int(_zeros(hit)) >> 3


@compiled(forceinline=True)
def copy(source: int, target: int, size: int) -> None:
    """Copy bytes, eight at a time: up to seven more are read and written."""
    for k in range(0, size, 8):
        put_word(target + k, word(source + k))
