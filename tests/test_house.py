"""The habits of the house, held by tests: limits that only ever shrink, doors that stay light, layers that hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted(p for top in ("src", "tests", "bench", "docs") for p in (ROOT / top).rglob("*.py"))
MODULES = [p for p in CODE if (ROOT / "src") in p.parents]

FUNCTION_MAX = 70
MODULE_MAX = 600
LONG_FUNCTIONS: dict[str, int] = {}
"""`file:function` -> lines, for those that are longer still. Entries may shrink or go; none may be added."""
LONG_MODULES: dict[str, int] = {}
"""file -> lines, likewise."""
NOTHING_SAYS_WHAT_BELONGS_THERE = re.compile(
    r"(utils?|helpers?|base|common|misc|managers?|handlers?|processors?|\w+_(new|old|v\d+))"
)
HOSTS = re.compile(
    rb"\b(pypi\.org|pythonhosted\.org|npmjs\.(com|org)|yarnpkg\.com|conda\.(io|anaconda)|anaconda\.org|crates\.io"
    rb"|rubygems\.org|mvnrepository\.com|maven\.org|proxy\.golang\.org|docker\.io|ghcr\.io|huggingface\.co)",
    re.IGNORECASE,
)


def _tree(path):
    return ast.parse(path.read_text("utf-8"))


def _name(path):
    return path.relative_to(ROOT).as_posix()


def test_functions_are_short():
    """No function exceeds 70 lines, but for those listed, which may only shrink."""
    lengths = {
        f"{_name(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in CODE
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > LONG_FUNCTIONS.get(name, FUNCTION_MAX)} == {}
    assert [name for name in LONG_FUNCTIONS if lengths.get(name, 0) <= FUNCTION_MAX] == [], (
        "take these off the list"
    )


def test_modules_are_short():
    """No module of the product exceeds 600 lines, but for those listed, which may only shrink."""
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > LONG_MODULES.get(name, MODULE_MAX)} == {}
    assert [name for name in LONG_MODULES if lengths.get(name, 0) <= MODULE_MAX] == [], (
        "take these off the list"
    )


def test_every_module_is_named_for_what_it_holds():
    """No utils, helpers, base, common, manager, handler, processor; no `_new`, `_v2`."""
    parts = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(ROOT / "src").parts}
    assert [part for part in sorted(parts) if NOTHING_SAYS_WHAT_BELONGS_THERE.fullmatch(part)] == []


def _belongs_in_init(node):
    named = isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets]
    return (
        isinstance(node, ast.Import | ast.ImportFrom)
        or (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
        or named in (["__all__"], ["__version__"])
    )


def test_packages_only_say_what_they_are():
    """Every `__init__.py` opens with a docstring and holds besides only imports, `__all__` and `__version__`."""
    inits = [path for path in MODULES if path.name == "__init__.py"]
    assert [_name(p) for p in inits if not (ast.get_docstring(_tree(p)) or "").strip(" .")] == []
    assert [f"{_name(p)}:{n.lineno}" for p in inits for n in _tree(p).body if not _belongs_in_init(n)] == []


def test_nothing_names_a_registry():
    """No committed file names the host of a package registry: locks hold hashes only, mirrors stay the user's choice."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    mine = Path(__file__).resolve()
    files = [
        ROOT / name
        for name in listed.split("\0")
        if name and (ROOT / name) != mine and (ROOT / name).is_file()
    ]
    assert files
    assert [_name(p) for p in files if HOSTS.search(p.read_bytes())] == []


HEAVY = ("numba", "duckdb", "scipy", "pandas", "pytest", "hypothesis")
_LOADED = """
import sys
try:
    {code}
except SystemExit:
    pass
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r})))
"""


def _heavy_after(code):
    run = subprocess.run(
        [sys.executable, "-c", _LOADED.format(code=code, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.rpartition("LOADED")[2].split()


@pytest.mark.parametrize(
    "code",
    [
        "from zhenbo.cli import main; main(args=['--help'])",
        "from zhenbo.cli import main; main(args=['import', '--help'])",
        "import zhenbo.cli.import_, zhenbo.intake.load, zhenbo.report.imported",
        "from zhenbo.cli import main; main(args=['explain', 'timing.regularity'])",
    ],
    ids=["help", "import --help", "import", "explain"],
)
def test_light_doors_stay_light(code):
    """Help, pages and imports never wait for an engine or a statistics library."""
    assert _heavy_after(code) == []


def test_lint_holds_types_and_layers():
    """`make lint` runs the linter, the formatter, the one type checker and the layers."""
    lint = (ROOT / "Makefile").read_text("utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert tool in lint


def test_every_test_says_what_it_holds():
    """Every test has a docstring."""
    silent = [
        f"{_name(path)}:{node.name}"
        for path in CODE
        if path.name.startswith("test_")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_two_test_files_share_a_name():
    """Pytest imports test files by their bare name: two of one name stop the whole suite."""
    names = [path.name for path in CODE if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_export_has_the_name_of_another_module():
    """A package's `cases` taken from one file would be the module `cases`, and not callable, once that is imported."""
    taken = {
        f"{_name(path)}: {alias.name} of {node.module}"
        for path in MODULES
        if path.name == "__init__.py"
        for node in _tree(path).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (path.parent / f"{alias.name}.py").exists() and not f"{node.module}".endswith(f".{alias.name}")
    }
    assert taken == set()
