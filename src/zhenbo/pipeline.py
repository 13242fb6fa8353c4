"""The only place that wires flow and edge together."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def baselines(signal_id: str) -> Mapping[str, Any]:
    """Declared baseline values of a signal (`packs/baselines/<signal>.toml`); empty where it declares none."""
    path = files("zhenbo.packs") / "baselines" / f"{signal_id}.toml"
    if not path.is_file():
        return {}
    return {name: entry["value"] for name, entry in tomllib.loads(path.read_text("utf-8")).items()}
