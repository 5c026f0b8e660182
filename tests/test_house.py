"""The rules of the house: who may import whom, and what git may hold."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from tests.conftest import ROOT

OURS = {"data", "common", "training", "sweeps", "q1_cnn", "q2_multihead", "q3_visualize", "reports", "tests", "benchmarks"}
MAY_IMPORT = {
    "data": {"data"},
    "common": {"data", "common"},
    "training": {"data", "common", "training", "reports"},
    "sweeps": {"data", "common", "training", "sweeps", "reports"},
    "q1_cnn": {"data", "common", "training", "sweeps", "reports", "q1_cnn"},
    "q2_multihead": {"data", "common", "training", "sweeps", "reports", "q2_multihead"},
    "q3_visualize": {"data", "common", "reports", "q3_visualize"},
    "reports": {"data", "common", "reports"},
}
OF_SWEEPS = {"publish.py", "sweep_tables.py", "sweep_figures.py"}  # of reports, which show what sweeps found
SECTIONS = {"training", "sweeps", "q1_cnn", "q2_multihead"}  # which one file of reports asks for their recipes of today

SCRIPTS = [
    "data/lines.py", "q1_cnn/train.py", "q1_cnn/evaluate.py", "q1_cnn/sweep.py", "q2_multihead/train.py",
    "q2_multihead/evaluate.py", "q2_multihead/sweep.py", "q3_visualize/activations.py", "q3_visualize/filters.py",
    "q3_visualize/gradcam.py", "q3_visualize/localization.py", "q3_visualize/gallery.py", "q3_visualize/live.py",
    "reports/publish.py", "reports/build.py", "reports/package.py", "reports/animation.py",
    "benchmarks/kinds.py", "benchmarks/run.py",
]  # fmt: skip


def imported(path):
    """The names of the top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module.split(".")[0]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_data_goes_one_way(folder):
    paths = list((ROOT / folder).glob("*.py"))
    assert paths
    for path in paths:
        allowed = MAY_IMPORT[folder] | ({"sweeps"} if folder == "reports" and path.name in OF_SWEEPS else set())
        allowed |= {"common"} if path == ROOT / "data/lines.py" else set()  # the script in it
        allowed |= SECTIONS if path == ROOT / "reports/outdated.py" else set()
        assert set(imported(path)) & OURS <= allowed, path


def modules_imported(path):
    """The modules of ours that a file imports, anywhere in it, with dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_common_takes_of_data_its_errors_alone():
    for path in (ROOT / "common").glob("*.py"):
        assert {name for name in modules_imported(path) if name.startswith("data")} <= {"data.errors", "data.errors.UserError"}


def test_no_file_imports_another_in_a_circle():
    paths = [path for folder in OURS for path in (ROOT / folder).rglob("*.py")]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    graph = {name: set(modules_imported(path)) & modules.keys() - {name} for name, path in modules.items()}
    assert len(graph) > 60
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files


def public(node, path):
    """The public functions and methods in a module or class."""
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and not inner.name.startswith("_"):
            yield from public(inner, f"{path}: {inner.name}")
        elif isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
            yield f"{path}: {inner.name}", inner


@pytest.mark.parametrize("folder", sorted(OURS - {"tests"}))
def test_public_functions_have_type_hints(folder):
    """Ruff sees this of functions that have some; here of those that have none."""
    for path in (ROOT / folder).rglob("*.py"):
        for name, function in public(ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT)):
            arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            untyped = [one.arg for one in arguments if one.annotation is None and one.arg not in ("self", "cls")]
            assert not untyped and function.returns is not None, (name, untyped)


def test_data_and_scores_come_without_tensorflow():
    program = "import sys, data.datasets, reports.metrics, reports.figures; print('tensorflow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout == "False\n", result.stderr


def test_every_folder_with_code_is_a_package_and_files_stay_short():
    for path in ROOT.glob("[a-z]*/**/*.py"):
        assert (path.parent / "__init__.py").exists(), path
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path


def test_git_holds_nothing_large_and_no_path_of_a_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    # Of results, which no test reads, `make check-results` says as much.
    for path in (ROOT / name for name in listed.stdout.split("\0") if name and not name.startswith("reports/published/")):
        assert path.stat().st_size <= 2_000_000, path
        if path.suffix in {".json", ".csv", ".md", ".py", ".toml", ".txt"} and path.name not in (
            "test_house.py",
            "test_publish.py",
        ):
            text = path.read_text(encoding="utf-8")
            assert "/home/" not in text and "/work/" not in text and "/root/" not in text, path


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(("flag", "status"), [("--help", 0), ("--nonsense", 2)])
def test_help_and_usage_errors_do_not_wait_for_tensorflow(name, flag, status, tmp_path):
    command = [sys.executable, "-X", "importtime", str(ROOT / name), flag]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == status
    imported = {line.split("|")[-1].strip() for line in result.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"tensorflow", "keras", "sklearn", "matplotlib", "cv2", "PIL"}
