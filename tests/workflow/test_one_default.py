"""A setting has one default, that of the configuration; the science is told every value."""

import ast
import typing

import pytest
from pydantic import BaseModel

from triptych.config.model import Config
from triptych.config.papers import PAPERS

OTHER_MEANING = {
    "cycles/data.py: digits_source(raw)": "the files that a reader is handed",
    "ssno/adapt.py: adapt(points)": "None: the grid of the settings",
    "ssno/equations.py: NavierStokes.forcing": "amplitude of a term of the equation",
    "ssno/finer.py: for_picture(points)": "of a picture's grid",
    "ssno/frames.py: select_frames(trajectories)": "None: all that are stored",
    "ssno/operators.py: Operators.forcing": "a tensor, None where the model has none",
    "ssno/system.py: standard_splits(test_horizon)": "None: the other horizon",
    "ssno/baselines/cnext.py: __init__(blocks)": "in the setting `sizes`, empty by default",
    "ssno/baselines/percnn.py: __init__(substeps)": "in the setting `sizes`, empty by default",
    "scripts/cycles/plot_fig1.py: running_band(share)": "of the records in a window of the drawing",
    "ssno/tables.py: run_table(threshold)": "correlation at which frames count as lost",
    "ssno/tables.py: summary(threshold)": "correlation at which frames count as lost",
}
"""Names of settings that mean something else where they stand."""

ANYWHERE = {"device": "a device of torch, which the setting only leads to"}


def leaves(model, above=()):
    """Yield the names of all settings, those of nested sections included."""
    for name, field in model.model_fields.items():
        parts = [part for part in sections(field.annotation) if part not in above]
        yield from [name] * (not parts)
        for part in parts:
            yield from leaves(part, (*above, part))


def sections(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from sections(argument)


SETTINGS = frozenset(leaves(Config))


def defaults(source):
    """Yield every field of a class and parameter of a function that has a default, as shown."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.AnnAssign) and part.value is not None:
                    yield part.target.id, f"{node.name}.{part.target.id}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            placed = [*arguments.posonlyargs, *arguments.args]
            pairs = [*zip(placed[::-1], arguments.defaults[::-1], strict=False)]
            pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
            for argument, default in pairs:
                if default is not None:
                    yield argument.arg, f"{node.name}({argument.arg})"


def second_defaults(source):
    return [shown for name, shown in defaults(source) if name in SETTINGS - set(ANYWHERE)]


def test_science_has_no_default_of_a_setting(project):
    package = project / "src" / "triptych"
    rooms = [package / room for room in (*PAPERS, "training", "apply")]
    defaulted = {
        f"{path.relative_to(package if room in rooms else project)}: {shown}"
        for room in [*rooms, project / "scripts"]
        for path in room.rglob("*.py")
        for shown in second_defaults(path.read_text())
    }
    assert sorted(defaulted - set(OTHER_MEANING)) == []
    assert sorted(set(OTHER_MEANING) - defaulted) == [], "is excused, and not there"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            "class Training:\n    states: int\n    record_every: int = 100",
            ["Training.record_every"],
        ),
        ("def train(model, *, seed=0, monitor=None): ...", ["train(seed)"]),
        ("def fit(images, smoothing=0.1): ...", ["fit(smoothing)"]),
        ("def fit(seeds, /, smoothing, device='cpu'): ...", []),
    ],
)
def test_a_second_default_is_seen(source, shown):
    assert second_defaults(source) == shown
