import json

import pytest

from triptych.runtime import tracking
from triptych.runtime.tracking import code_digest, code_files, reached_modules


@pytest.fixture
def tree(tmp_path):
    """Make a small project: a script that reaches one module through another, and one not."""
    files = {
        "scripts/plot.py": "import triptych.runtime.step\nfrom triptych.a import first\n",
        "src/triptych/__init__.py": "",
        "src/triptych/a.py": "def first():\n    from triptych.deep import b\n    b.second()\n",
        "src/triptych/deep/__init__.py": 'TWO = 2\n"""Of a constant."""\n',
        "src/triptych/deep/b.py": "def second():\n    return 2\n",
        "src/triptych/c.py": "x = 1\n",
        "src/triptych/runtime/__init__.py": "",
        "src/triptych/runtime/step.py": "import triptych.c\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(tree):
    return code_digest(tree / "scripts/plot.py", tree / "src")


def test_reaches_through_functions_and_packages(tree):
    assert set(reached_modules(tree / "scripts/plot.py", tree / "src")) == {
        "triptych",
        "triptych.a",
        "triptych.deep",
        "triptych.deep.b",
    }


def test_reaches_what_the_cells_of_a_notebook_import(tree):
    cells = [
        {"cell_type": "markdown", "source": ["import triptych.c"]},
        {"cell_type": "code", "source": ["x = 1\n", "from triptych.a import first"]},
    ]
    (tree / "report.ipynb").write_text(json.dumps({"cells": cells}))
    reached = set(reached_modules(tree / "report.ipynb", tree / "src"))
    assert reached == {"triptych", "triptych.a", "triptych.deep", "triptych.deep.b"}


def test_the_files_behind_a_digest_are_named_below_the_project_and_told_apart(tree):
    before = code_files(tree / "scripts/plot.py", tree / "src")
    assert set(before) == {
        "scripts/plot.py",
        "src/triptych/__init__.py",
        "src/triptych/a.py",
        "src/triptych/deep/__init__.py",
        "src/triptych/deep/b.py",
        "runtime version",
    }
    (tree / "src/triptych/deep/b.py").write_text("def second():\n    return 3\n")
    after = code_files(tree / "scripts/plot.py", tree / "src")
    assert {file for file in before if before[file] != after[file]} == {"src/triptych/deep/b.py"}


def test_what_is_kept_of_a_file_is_read_while_the_file_is_unchanged(tree):
    before = code_files(tree / "scripts/plot.py", tree / "src")
    (kept,) = (tree / "src/triptych/__pycache__").glob("a.code.json")
    *unchanged, _, modules = json.loads(kept.read_text())
    kept.write_text(json.dumps([*unchanged, "from the file", modules]))
    tracking._read.cache_clear()
    after = code_files(tree / "scripts/plot.py", tree / "src")
    assert after == before | {"src/triptych/a.py": "from the file"}
    (tree / "src/triptych/a.py").write_text("def first():\n    import triptych.c\n")
    assert "src/triptych/c.py" in code_files(tree / "scripts/plot.py", tree / "src")
    kept.write_text("half of a fi")
    tracking._read.cache_clear()
    assert "src/triptych/c.py" in code_files(tree / "scripts/plot.py", tree / "src")


def test_sources_where_nothing_can_be_written_are_read_all_the_same(tree, monkeypatch):
    before = digest(tree)

    def refused(text, path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tracking, "write_text", refused)
    for kept in tree.rglob("*.code.json"):
        kept.unlink()
    tracking._read.cache_clear()
    assert digest(tree) == before
    assert not list(tree.rglob("*.code.json"))


def test_what_the_package_offers_to_readers_of_results_is_no_code_of_a_job(tree):
    before = digest(tree)
    (tree / "src/triptych/__init__.py").write_text("def open():\n    import triptych.c\n")
    assert digest(tree) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scripts/plot.py", "from triptych.a import first\n"),
        ("src/triptych/deep/b.py", "def second():\n    return 3\n"),
        ("src/triptych/deep/__init__.py", "x = 1\n"),
    ],
)
def test_edits_on_the_way_change_the_digest(tree, file, text):
    before = digest(tree)
    (tree / file).write_text(text)
    assert digest(tree) != before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("src/triptych/c.py", "x = 2\n"),
        ("src/triptych/runtime/step.py", "import triptych.c\n\nx = 2\n"),
        (
            "src/triptych/deep/b.py",
            '"""Doc."""\n\n\ndef second():\n    """Doc."""\n    # why\n    return 2\n',
        ),
        ("src/triptych/deep/__init__.py", 'TWO = 2\n"""Of a constant, reworded."""\n'),
    ],
)
def test_edits_elsewhere_and_comments_do_not(tree, file, text):
    before = digest(tree)
    (tree / file).write_text(text)
    assert digest(tree) == before


def test_the_digest_does_not_depend_on_the_version_of_python(tree):
    code = (
        "class A(B):\n    @c\n    def f(self, *, g: int | None = None):\n"
        "        return f'{g:>3}' 'h'\n"
    )
    (tree / "src/triptych/a.py").write_text(code)
    assert code_files(tree / "scripts/plot.py", tree / "src")["src/triptych/a.py"] == (
        "ce2aeb5b128c3b2d0e8f974ad1ac27c7272c04337d3e8f49645621290688c654"
    )


def test_the_version_of_the_runtime_changes_the_digest(tree, monkeypatch):
    before = digest(tree)
    monkeypatch.setattr(tracking, "RUNTIME_VERSION", tracking.RUNTIME_VERSION + 1)
    assert digest(tree) != before


def test_a_missing_module_is_named(tree):
    (tree / "src/triptych/a.py").write_text("import triptych.gone.away\n")
    with pytest.raises(FileNotFoundError, match=r"a\.py: no module .triptych\.gone\.away"):
        digest(tree)


def test_relative_imports_are_refused(tree):
    (tree / "src/triptych/a.py").write_text("from . import c\n")
    with pytest.raises(ImportError, match=r"a\.py, line 1: .* full module name"):
        digest(tree)
