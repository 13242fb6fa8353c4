"""Every signal there is, found by walking the family folders; there is no list to edit."""

import importlib
import pkgutil
from functools import cache

import zhenbo.signals
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Signal
from zhenbo.core.subject import FAMILIES


@cache
def catalogue() -> dict[str, Signal]:
    """Signals by id, in alphabetical order.

    Raises:
        PackError: a file whose `SIGNAL` is missing or not named after its place.
    """
    found = {}
    for module in pkgutil.walk_packages(zhenbo.signals.__path__, "zhenbo.signals."):
        family, _, name = module.name.removeprefix("zhenbo.signals.").partition(".")
        if family not in FAMILIES or not name or module.ispkg:
            continue
        signal = getattr(importlib.import_module(module.name), "SIGNAL", None)
        if not isinstance(signal, Signal) or signal.id != f"{family}.{name}":
            raise PackError(
                f"{module.name} must define SIGNAL = Signal(id={family + '.' + name!r}, …); it has {signal!r}."
            )
        found[signal.id] = signal
    return dict(sorted(found.items()))


def page(signal_id: str) -> str:
    """The page of a signal: the docstring of its file."""
    return importlib.import_module(f"zhenbo.signals.{signal_id}").__doc__ or ""
