"""The examples of documents, the example programs, the notebook, and the stubs."""

import ast
import inspect
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import untrained as ut
from untrained import _untrained

ROOT = Path(__file__).resolve().parents[3]


def examples(document):
    """The Python blocks of a document."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_manual_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        import torch  # noqa: F401

        has_torch = True
    except ImportError:
        has_torch = False
    blocks = examples("docs/python.md")
    assert len(blocks) > 7
    names = {}
    for block in blocks:
        if has_torch or "torch" not in block:
            exec(compile(block, "docs/python.md", "exec"), names)
    assert (tmp_path / "best.onnx").is_file() and (tmp_path / "cell.svg").is_file()
    assert len(names["df"]) == 20 and len(names["more"]) == 12
    assert names["study"].ranked_by == "diversity" and len(names["study"]) == 8


@pytest.mark.parametrize("document", ["README.md", "crates/python/README.md"])
def test_the_examples_of_the_read_me_run(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = [block for block in examples(document) if "import untrained" in block]
    assert blocks
    for block in blocks:
        exec(compile(re.sub(r"samples=\d+", "samples=2", block), document, "exec"), {})


def test_optuna_searches(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["optuna_search.py", "6"])
    runpy.run_path(str(ROOT / "examples/python/optuna_search.py"), run_name="__main__")
    first, second = capsys.readouterr().out.splitlines()
    assert "Result(" in first
    # The same sampler, seed, network and images give the same values.
    assert re.search(r"value=([\d.]+)", first)[1] == second.split()[-1]


def test_the_workers_of_ray_give_the_values_of_one_process(tmp_path):
    pytest.importorskip("ray")
    table = tmp_path / "table.csv"
    command = [sys.executable, str(ROOT / "examples/python/ray_search.py"), "--samples", "20", "--check"]
    command += ["--set", "skeleton.cells=1", "--set", "skeleton.channels=8", "--out", str(table)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "the values are those of one process" in done.stdout
    assert len(table.read_text().splitlines()) == 21
    again = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert again.returncode == 2 and "exists" in again.stderr


def test_the_notebook_runs_and_has_its_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((ROOT / "examples/python/nas_bench_201.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kinds = {kind for cell in cells for out in cell["outputs"] for kind in out.get("data", {})}
    assert {"image/png", "image/svg+xml"} <= kinds
    names = {}
    for cell in cells:
        source = re.sub(r"samples=\d+", "samples=12", "".join(cell["source"]))
        exec(compile(source, "nas_bench_201.ipynb", "exec"), names)


def test_stubs_say_what_the_module_has():
    path = Path(_untrained.__file__).with_name("_untrained.pyi")
    tree = ast.parse((ROOT / "crates/python/python/untrained" / path.name).read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert len(classes) > 5
    for node in classes:
        kind = getattr(_untrained, node.name)
        stubbed = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        stubbed |= {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
        public = {name for name in vars(kind) if not name.startswith("_")}
        assert public == {name for name in stubbed if not name.startswith("_")}, node.name
        for name in public:
            member = getattr(kind, name)
            assert inspect.getdoc(member), f"{node.name}.{name} has no documentation"
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name == name and callable(member):
                    expected = [argument.arg for argument in each.args.args + each.args.kwonlyargs]
                    assert list(inspect.signature(member).parameters) == expected, f"{node.name}.{name}"
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions == {name for name in vars(_untrained) if inspect.isbuiltin(getattr(_untrained, name))}


def test_everything_public_is_documented():
    for name in ut.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(ut, name)), name
    names = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/python.md").read_text(), re.MULTILINE)
    exceptions = {
        name
        for name in ut.__all__
        if inspect.isclass(getattr(ut, name)) and issubclass(getattr(ut, name), ut.Error) and name != "Error"
    }
    assert set(names) == exceptions
