"""Pages made from the code are as fresh as the code."""

import doctest
import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest

import zhenbo

ROOT = Path(__file__).resolve().parents[1]
_SPEC = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
make = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(make)


@pytest.mark.parametrize("path", [*make.pages()], ids=lambda p: p.name)
def test_generated_pages_are_fresh(path):
    """`make docs` would change nothing: the page says what the definitions say."""
    assert path.read_text("utf-8") == make.pages()[path], f"{path.name} is stale; run `make docs`"


@pytest.mark.slow
def test_readmes_show_what_the_demo_prints():
    """The verdict printed in the READMEs is the one the demo gives now."""
    for path, text in make.readmes().items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale; run `make docs`"


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)  # fmt: skip
def test_links_lead_somewhere(path):
    """Every relative link in the documents names a file that exists."""
    targets = make.re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    assert [t for t in targets if "://" not in t and not (path.parent / t).exists()] == []


MODULES = [m.name for m in pkgutil.walk_packages(zhenbo.__path__, "zhenbo.") if ".migrations" not in m.name]


@pytest.mark.slow
def test_examples_of_docstrings_run_as_printed():
    """Every `>>>` of the code; those of signals' pages are run by their contract too."""
    failed = {
        name: told for name in MODULES if (told := doctest.testmod(importlib.import_module(name))).failed
    }
    assert failed == {}
