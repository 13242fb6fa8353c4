"""How the kernel's functions are compiled: once for all its sources together."""

from pathlib import Path

from zhenbo.core.compiled import compiler

compiled = compiler(Path(__file__).parent, ("layout", "store", "machine", "door", "waiting", "single"))
