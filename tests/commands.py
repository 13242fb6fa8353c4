"""Every command the documents print is run: as printed, in a place that holds nothing but what they name.

Run by `.ci/run` as `pytest tests/commands.py`, beside the suite rather than in it: each command pays its own start-up.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def blocks():
    """Shell blocks by document, each command list once, and each proof once: it takes minutes and has no language."""
    seen = set()
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"):
        for block in _BLOCK.findall((ROOT / name).read_text("utf-8")):
            lines = [line.partition("  #")[0].strip() for line in block.splitlines()]
            fresh = tuple(line for line in lines if not (line.startswith("zhenbo prove") and line in seen))
            if fresh not in seen:
                seen |= {fresh, *fresh}
                yield pytest.param(fresh, id=f"{name}: {fresh[0][:50]}")


@pytest.mark.parametrize("lines", [*blocks()])
def test_printed_commands_work(lines, tmp_path):
    """The block succeeds as printed; `make` verbs must be run by .ci/run itself."""
    verbs = [line for line in lines if line.startswith("make ")]
    if verbs:
        assert [v for v in verbs if v not in CI] == [], "printed, but not run by .ci/run"
        lines = [line for line in lines if line not in verbs]
    if any("../shared/data" in line for line in lines) and not DATA.exists():
        pytest.skip(f"no recordings at {DATA}")
    repo = tmp_path / "zhenbo"
    repo.mkdir()
    for name in (".ci", "docs", "src", "tests", "pyproject.toml"):
        (repo / name).symlink_to(ROOT / name)
    if DATA.exists():
        (tmp_path / "shared").symlink_to(DATA.parent)
    places = {
        "PATH": f"{Path(sys.executable).parent}:$PATH",
        "HOME": tmp_path,
        "XDG_CONFIG_HOME": tmp_path / "config",
    }
    exports = [f'export {name}="{value}"' for name, value in places.items()]
    script = "\n".join(["set -euo pipefail", *exports, *lines])
    run = subprocess.run(["bash", "-c", script], cwd=repo, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{lines}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}"
