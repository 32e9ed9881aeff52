"""Which project modules a script imports, and the digest of their code.

Snakemake sees that a script changed, but not that the library behind it did. Every rule therefore
carries, as a parameter, the digest of all project modules that its script reaches through imports.
The digest is taken of the syntax tree without docstrings, those under constants and fields too, so
that a comment or a reformatted line reruns nothing.

The runtime, what carries a job but computes none of its numbers, counts by one version number: an
edit of a log line or of an argument parser reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from triptych.runtime.canonical import digest
from triptych.runtime.store import write_text

PACKAGE = "triptych"

RUNTIME = tuple(f"{PACKAGE}.{room}." for room in ("runtime", "config", "raw", "inspect", "cli"))
"""What carries a job or looks at results, with a dot behind each name as behind a package's; its
modules are not part of a script's code."""

FRONT = (PACKAGE, "__init__.py")
"""What the package offers to whoever reads results; it computes none, and counts as empty."""

RUNTIME_VERSION = 1
"""Raise it when the runtime writes results otherwise than before: then every job runs again."""

FORMAT = 3
"""Raise it when a file's code digest is made otherwise than before: what is kept is void then."""


def code_digest(script: Path, source: Path) -> str:
    """Return the digest of a script or notebook and all it reaches, 32 hexadecimal digits.

    Raises
    ------
    FileNotFoundError
        If the script does not exist, or if it imports a project module that does not.
    """
    return digest(code_files(script, source))[:32]


def code_files(script: Path, source: Path) -> dict[str, str]:
    """Return what a script's code digest is taken of: its files and the runtime's version.

    For the script and every module that it reaches that is the path below the project's folder (the
    one that holds ``source``) → the SHA-256 of its code (64 hexadecimal digits); and ``runtime
    version`` → the number.
    """
    paths = (script, *reached_modules(script, source).values())
    files = {path.relative_to(source.parent).as_posix(): _parsed(path)[0] for path in paths}
    return {**files, "runtime version": str(RUNTIME_VERSION)}


def reached_modules(script: Path, source: Path) -> dict[str, Path]:
    """Return the project modules that a script reaches, directly or not, as name → file.

    Imports inside functions count; so do the packages above a module, whose ``__init__`` runs too.
    Modules of the runtime do not, nor what only they reach.

    Raises
    ------
    FileNotFoundError
        If the script does not exist, or if it imports a project module that does not.
    ImportError
        If an import is relative.
    """
    modules: dict[str, Path] = {}
    waiting = [(name, script) for name in _parsed(script)[1]]
    while waiting:
        name, importer = waiting.pop()
        if name in modules or f"{name}.".startswith(RUNTIME):
            continue
        path = _module_file(name, source)
        if path is None:
            if _module_file(name.rpartition(".")[0], source) is None:
                raise FileNotFoundError(f"{importer}: no module {name!r} under {source}")
            continue  # a name imported out of a module, not a module
        modules[name] = path
        waiting += [(imported, path) for imported in _parsed(path)[1]]
        if "." in name:
            waiting.append((name.rpartition(".")[0], path))
    return modules


@cache
def _module_file(name: str, source: Path) -> Path | None:
    stem = source / name.replace(".", "/")
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _parsed(path: Path) -> tuple[str, tuple[str, ...]]:
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@cache
def _read(path: Path, mtime_ns: int, size: int) -> tuple[str, tuple[str, ...]]:
    """Return a file's code digest and the project modules that it names; kept while unchanged.

    They are kept beside Python's own compiled files as well: to parse all sources takes each start
    of a workflow up to a second.
    """
    kept = path.parent / "__pycache__" / f"{path.stem}.code.json"
    of = [FORMAT, mtime_ns, size]
    with suppress(OSError, ValueError):
        *kept_of, code, modules = json.loads(kept.read_text())
        if kept_of == of:
            return code, tuple(modules)
    code, modules = _parse(path)
    with suppress(OSError):  # sources may lie where nothing can be written
        write_text(json.dumps([*of, code, modules]), kept)
    return code, modules


def _parse(path: Path) -> tuple[str, tuple[str, ...]]:
    tree = ast.parse(_python(path) if path.parts[-2:] != FRONT else b"", filename=str(path))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update(_imports(node, path))
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return hashlib.sha256(repr(_fields(tree)).encode()).hexdigest(), tuple(sorted(names))


def _fields(part: Any) -> Any:
    """Return a part of a syntax tree as lists, the same in every version of Python.

    What is absent is left out: each version has a few fields more, and ``ast.dump`` shows them.
    """
    if isinstance(part, ast.AST):
        present = [(k, _fields(v)) for k, v in ast.iter_fields(part) if v not in (None, [])]
        return [type(part).__name__, *present]
    return [_fields(item) for item in part] if isinstance(part, list) else part


def _python(path: Path) -> bytes:
    """Return the code of a Python file, or of a notebook's cells."""
    if path.suffix != ".ipynb":
        return path.read_bytes()
    cells = json.loads(path.read_bytes())["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").encode()


def _imports(node: ast.Import | ast.ImportFrom, path: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif node.level:
        raise ImportError(
            f"{path}, line {node.lineno}: relative imports are not followed: "
            "write the full module name"
        )
    else:
        modules = [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
    yield from (m for m in modules if m == PACKAGE or m.startswith(PACKAGE + "."))


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(getattr(part.value, "value", None), str)
