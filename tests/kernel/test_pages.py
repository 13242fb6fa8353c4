"""What the documents print about the kernel runs."""

import doctest
import re
from pathlib import Path

import zhenbo.kernel.features
import zhenbo.kernel.stream

PAGE = Path(__file__).parents[2] / "docs" / "kernel.md"


def test_the_examples_run():
    """The page's code in order, its printed list, and the docstrings'."""
    known = {}
    text = PAGE.read_text("utf-8")
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), known)
    assert known["features"](known["told"], known["asked"])["shared"].tolist() == [1.0, 2.0, 2.0]
    assert known["answer"].values["pace"].tolist() == [1.0]
    for module in (zhenbo.kernel.features, zhenbo.kernel.stream):
        assert doctest.testmod(module).failed == 0
