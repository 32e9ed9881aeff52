"""The page of promises names tests that exist."""

import ast
import re


def test_every_promise_is_shown_by_a_test_that_exists(project):
    page = (project / "docs/reliability.md").read_text()
    rows = re.findall(r"^\| (.+) \| (.+) \|$", page, flags=re.MULTILINE)
    promises = [row for row in rows if row != ("promise", "shown by")]
    assert len(promises) > 20
    for promise, shown in promises:
        path, _, name = shown.strip("`").partition("::")
        tree = ast.parse((project / path).read_text())
        tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name.startswith("test_"), promise
        assert name in tests, f"{promise} {shown}"
