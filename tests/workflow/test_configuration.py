"""The configuration: what it accepts, what it refuses in which words, what is made of it."""

import json
import re
import subprocess
import sys

import pytest
import yaml
from configuration import SCALES, rendered, scale_values

from triptych.config.base import did_you_mean
from triptych.config.load import ConfigurationError, load_config
from triptych.config.model import Config


def nested(dotted, value):
    for key in reversed(dotted.split(".")):
        value = {key: value}
    return value


BROKEN = [
    # key, value given, words that the message must have beside the key
    ("scale", "Laptop", "pattern"),
    ("scale", "../laptop", "pattern"),
    ("scale", 3, "string"),
    ("scales", "laptop", "did you mean 'scale'?"),
    ("results", "", "at least 1 character"),
    ("results", "-rf", "must not start with '-'"),
    ("results", "~/elsewhere", "or '~' (write it in full)"),
    ("results", "out{put}", "any of {}<>"),
    ("results", "results/reference", "'reference' is what published numbers are drawn into"),
    ("results", "results/reference/.", "'reference' is what published numbers are drawn into"),
    ("device", "gpu", "'auto', 'cpu' or 'cuda'"),
    ("raw", "somewhere", "valid dictionary"),
    ("raw.mirror", 5, "string"),
    ("raw.miror", "folder", "did you mean 'mirror'?"),
    ("slurm.account", "", "at least 1 character"),
    ("slurm.partitions", "gpu", "did you mean 'partition'?"),
    ("ssno.include", [], "at least 1 item"),
    ("ssno.include", ["ks2d", "burgers"], "no system 'burgers' among ks2d"),
    ("ssno.focus", "kdv", "no system 'kdv'"),
    ("ssno.include", ["sh2d"], "focus: no system of include 'ks2d' among sh2d"),
    ("ssno.sweep_systems", ["kdv"], "no system 'kdv' among ks2d"),
    ("ssno.systems.ks2", {}, "'ks2' is neither of the laptop scale, ks2d, sh2d,"),
    ("ssno.systems.ks2d.grid.points", 33, "not divisible by points 33"),
    ("ssno.systems.ks2d.grid.dt", 0.7, "not a multiple of storage_step 0.5"),
    ("ssno.systems.ks2d.grid.horizon", 0.1, "not a multiple of dt 0.5"),
    ("ssno.systems.ks2d.grid.solver_step", 0.3, "not a multiple of solver_step 0.3"),
    ("ssno.systems.ks2d.grid.long", 1, "greater than or equal to 2"),
    ("ssno.systems.ks2d.grid.test_trajectories", 0, "greater than or equal to 1"),
    ("ssno.systems.ks2d.model", {"products": 3}, "known keys here: baselines, grid"),
    ("ssno.systems.ks2d.learning_rate", 0.1, "known keys here: baselines, grid"),
    ("ssno.systems.ks2d.iterations", {"unet": 5}, "'ssno', 'ffno', 'cnext'"),
    ("ssno.systems.ks2d.iterations.ffno", 0, "greater than or equal to 1"),
    ("ssno.systems.ks2d.baselines.unet", {}, "'ffno', 'cnext', 'percnn'"),
    ("ssno.systems.ks2d.baselines.fno", {}, "iterations: none for 'fno'; there are ssno, ffno"),
    ("ssno.systems.ks2d.baselines.ffno", {"widht": 32}, "no size 'widht' among width, layers"),
    ("ssno.systems.ks2d.baselines.ffno.width", -1, "greater than or equal to 1"),
    (
        "ssno.systems.ks2d",
        {"baselines": {"sfno": {}}, "iterations": {"ssno": 9, "sfno": 9}},
        "systems.ks2d.baselines: sfno is for spheres",
    ),
    (
        "ssno.systems.sh_sphere",
        {"baselines": {"fno": {}}, "iterations": {"ssno": 9, "fno": 9}},
        "systems.sh_sphere.baselines: fno is for periodic boxes",
    ),
    ("ssno.model.width", 3, "known keys here: forcing"),
    ("ssno.model.products", 0, "greater than or equal to 1"),
    ("ssno.training.unroll_lengths", [2, 1], "must not fall, but 1 follows 2"),
    ("ssno.training.unroll_lengths", [1, 10], "windows of 11 steps"),
    ("ssno.training.restarts", -1, "greater than or equal to 0"),
    ("ssno.model.padding", 0.5, "greater than or equal to 1"),
    ("ssno.model.rollout_step", 0.3, "0.3 is longer than longest_step 0.2"),
    ("ssno.search.share", 1.0, "less than 1"),
    ("ssno.search.factor", 1.0, "greater than 1"),
    ("ssno.search.learning_rates", {"unet": [0.1]}, "'ssno', 'ffno', 'cnext'"),
    ("ssno.search.learning_rates", {"ssno": [0.1]}, "none for 'ffno', a model of ks2d"),
    ("ssno.sweep", [1, 6], "asks for 6 trajectories, ks2d has 5"),
    ("ssno.resolutions", [2], "or is below 4"),
    ("ssno.resolutions", [48], "48 does not divide the source grid 64"),
    ("ssno.variants", ["half"], "'explicit', 'no_products'"),
    ("ssno.variants", ["explicit", "explicit"], "'explicit' comes more than once"),
    ("ssno.sweep_systems", ["ks2d", "ks2d"], "'ks2d' comes more than once"),
    ("ssno.substeps", [0], "greater than or equal to 1"),
    ("cycles", [], "valid dictionary"),
    ("cycles.datum", {}, "did you mean 'data'?"),
    ("cycles.data.threshold", 0.0, "greater than 0"),
    ("cycles.data.threshold", 1.0, "less than 1"),
    ("cycles.data.threshold", ".nan", "finite number"),
    ("cycles.data.held_out", 0, "greater than or equal to 1"),
    ("cycles.data.held_out", 0.2, "valid integer"),
    ("cycles.data.split_seed", -1, "greater than or equal to 0"),
    ("cycles.population.states", [1, 10], "greater than or equal to 2"),
    ("cycles.population.states", [10, 10], "10 comes more than once"),
    ("cycles.population.states", [], "at least 1 item"),
    ("cycles.population.states", 10, "valid list"),
    ("cycles.search.learning_rates", [0.01, 0], "greater than 0"),
    ("cycles.search.learning_rates", ["fast"], "valid number"),
    ("cycles.population.seeds", [True], "valid integer"),
    ("cycles.population.seeds", [2**31], "less than 2147483648"),
    ("cycles.tied.seeds", [], "at least 1 item"),
    ("cycles.training.iterations", 0, "greater than or equal to 1"),
    ("cycles.training.iterations", "many", "valid integer"),
    ("cycles.training.iterations", None, "valid integer"),
    ("cycles.variants.memoryless_rates", [], "at least 1 item"),
    ("cycles.comparison.record_every", 10**6, "exceeds comparison.iterations 1000"),
    ("cycles.training.cooldown", 1.5, "less than or equal to 1"),
    ("cycles.training.record_every", 10**6, "exceeds training.iterations 1500"),
    ("cycles.training.momentum", 0.9, "known keys here: batch_size"),
    ("cycles.evaluation.blocks", 1, "greater than or equal to 2"),
    ("cycles.evaluation.draws", 2001, "not a multiple of blocks 10"),
    ("cycles.evaluation.reversible", -1e-3, "greater than 0"),
    ("cycles.truncation.side", 5, "less than or equal to 3"),
    ("cycles.truncation.steps", [1, 4, 2], "2 follows 4"),
    ("cycles.mixing.steps", 5, "greater than or equal to 10"),
    ("cycles.walk.states", 7, "not among population.states [10, 20, 30]"),
    ("cycles.walk.cycles", 9, "exceeds evaluation.cycles 8"),
    ("cycles.walk.samples", 41, "exceeds mixing.chains 40"),
    ("toxicity.include", ["clintox", "muv"], "no dataset 'muv' among clintox"),
    ("toxicity.include", ["tox21", "tox21"], "'tox21' comes more than once"),
    ("toxicity.backbone_kinds", ["mtl", "mtl"], "'mtl' comes more than once"),
    ("toxicity.datasets.mine", {}, "one of raw, file and alerts; given: none"),
    ("toxicity.datasets.mine.file", "tox{1}.csv", "any of {}<>"),
    ("toxicity.datasets.clintox.file", "my.csv", "given: raw and file"),
    ("toxicity.datasets.clintox.penalties", [0.3, 0.1], "0.1 follows 0.3"),
    ("toxicity.datasets.clintox.tasks", ["a", "a"], "'a' comes more than once"),
    ("toxicity.datasets.clintox.tasks", ["smiles"], "'smiles' is the smiles_column"),
    ("toxicity.datasets.clintox.labels", ["a"], "known keys here: alerts"),
    ("toxicity.datasets.folds", {"raw": "tox21", "epoch": 3}, "known keys here: alerts"),
    ("toxicity.folds.count", 1, "greater than or equal to 2"),
    ("toxicity.folds.single_task", 4, "folds.single_task 4: there are 3 folds"),
    ("toxicity.folds.validation", 1.0, "less than 1"),
    ("toxicity.model.mask", "sigmoid", "gates"),
    ("toxicity.backbone", "gpt", "no encoder 'gpt' among "),
    ("toxicity.datasets.clintox.folds.backbones", -1, "greater than or equal to 0"),
    ("toxicity.backbones.rxnfp_brt", {"n_layers": 2}, "raw: Field required"),
    ("toxicity.examples", ["tox21", "muv"], "no dataset 'muv' among clintox"),
    ("toxicity.training.dropout", 0.999, "less than or equal to 0.99"),
    ("toxicity.max_tokens", 4, "greater than or equal to 8"),
]


@pytest.mark.parametrize(("key", "value", "words"), BROKEN, ids=lambda v: str(v)[:40])
def test_a_broken_configuration_is_refused_by_key(key, value, words):
    if isinstance(value, str) and value.startswith("."):
        value = yaml.safe_load(value)
    with pytest.raises(ConfigurationError) as refusal:
        load_config(nested(key, value))
    message = str(refusal.value)
    # A rule about two keys names both, under the section that holds them.
    parts = key.split(".")
    assert key in message or (parts[0] in message and parts[-1] in message)
    assert words in message


def test_every_wrong_key_is_listed_at_once():
    wrong = {"device": "gpu", "cycles": {"training": {"iterations": 0, "chains": -1}}}
    with pytest.raises(ConfigurationError) as refusal:
        load_config(wrong)
    for key in ("device", "cycles.training.iterations", "cycles.training.chains"):
        assert key in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "meant"), [("100", 100), ("1e2", None), (" 7 ", 7), ("0x10", 16)]
)
def test_text_from_the_command_line_gets_its_type(given, meant):
    values = nested("cycles.training.chains", given)
    if meant is None:
        with pytest.raises(ConfigurationError, match="valid integer"):
            load_config(values)
    else:
        assert load_config(values).cycles.training.chains == meant


def test_text_that_was_understood_is_not_among_the_faults():
    with pytest.raises(ConfigurationError) as refusal:
        load_config(nested("cycles.training", {"chains": "50", "batch": "3"}))
    _, *faults = str(refusal.value).splitlines()
    assert [fault.partition(":")[0].strip() for fault in faults] == ["cycles.training.batch"]


@pytest.mark.parametrize("section", ["toxicity.datasets", "ssno.systems"])
def test_nothing_is_called_what_jobs_call_their_folders(section):
    """Its results would lie where nothing looks for any: `triptych check` passed them by."""
    with pytest.raises(ConfigurationError, match=rf"{section}\.jobs.*a folder that jobs leave"):
        load_config(nested(section, {"jobs": {}}))


@pytest.mark.parametrize("name", ["686978", "no", "1e3"])
def test_a_task_may_be_called_a_number(name):
    values = nested("toxicity.datasets.mine", {"file": "my.csv", "tasks": [name]})
    assert load_config(values).toxicity.datasets["mine"].tasks == [name]


def test_rates_without_a_dot_are_numbers():
    """YAML takes 1e-3 for text; here it is the number that was meant."""
    values = yaml.safe_load("cycles: {search: {learning_rates: [1e-3, 2e-3]}}")
    assert load_config(values).cycles.search.learning_rates == [1e-3, 2e-3]
    for folder in ("2026", 2026):
        assert load_config({"results": folder}).results == "2026"


@pytest.mark.parametrize("scale", SCALES)
def test_scales_are_valid_and_named_by_their_file(project, scale):
    config = load_config(scale_values(project / "config", scale))
    assert config.scale == scale


def test_generated_files_are_up_to_date(project):
    for path, text in rendered(project).items():
        assert path.read_text() == text, f"{path} is stale: run `make config`"


def test_the_default_file_is_the_defaults(project):
    given = yaml.safe_load((project / "config" / "config.default.yaml").read_text())
    assert load_config(given) == Config()
    assert given == json.loads(Config().model_dump_json()), "it shows every setting"


def test_the_users_file_is_valid_with_and_without_its_examples(project):
    text = (project / "config" / "config.yaml").read_text()
    assert yaml.safe_load(text), "Snakemake refuses a file without a key"
    load_config(yaml.safe_load(text))
    examples = re.sub(r"^# (?=\w+: \S+)", "", text, flags=re.MULTILINE)
    load_config(yaml.safe_load(examples))


def configured(checkout, *words):
    """Write a checkout's generated files, or check them, as `make config` does."""
    command = [sys.executable, "tools/configuration.py", *words]
    return subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True)


def test_the_users_file_is_left_alone_and_takes_effect(checkout):
    path = checkout.folder / "config" / "config.yaml"
    mine = "# mine\nscale: laptop\nresults: elsewhere\ncycles: {classifier: {epochs: 7}}\n"
    path.write_text(mine)
    assert configured(checkout, "--check").returncode == 0
    checkout.edit("docs/configuration.md", "# Settings", "# Stale")
    assert configured(checkout, "--check").returncode == 1
    assert configured(checkout, "--chek").returncode == 2
    assert configured(checkout).stdout == "written: docs/configuration.md\n"
    assert path.read_text() == mine

    for words, scale in (((), "laptop"), (("--configfile", "config/smoke.yaml"), "smoke")):
        done = checkout.snakemake("cycles_fig3", "--dry-run", *words)
        assert f"elsewhere/{scale}/figures/cycles_fig3.pdf" in done.stdout + done.stderr


def test_every_row_of_the_table_has_as_many_cells(project):
    table = (project / "docs" / "configuration.md").read_text().partition("| setting |")[2]
    rows = table.splitlines()[1:]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {len(SCALES) + 3}


def test_schema_knows_every_setting(project):
    schema = json.loads((project / "config" / "schema" / "config.schema.json").read_text())
    evaluation = schema["$defs"]["Evaluation"]["properties"]
    assert set(evaluation) == set(type(Config().cycles.evaluation).model_fields)
    sections = [schema, *schema["$defs"].values()]
    assert len(sections) > 30
    for section in sections:
        assert section["additionalProperties"] is False
        assert all("description" in part for part in section["properties"].values())


def test_a_dataset_runs_fewer_folds_than_all_where_it_says_so():
    folds = {"count": 10, "single_task": 5, "scaffold": 4}
    own = {"random": 3, "single_task": None, "scaffold": None, "backbones": 8}
    datasets = {"tox21": {"folds": own}, "alerts": {"folds": {"scaffold": 9}}}
    toxicity = load_config({"toxicity": {"folds": folds, "datasets": datasets}}).toxicity
    assert toxicity.folds_run("tox21") == {
        "random": 3, "scaffold": 4, "single_task": 3, "backbones": 3
    }  # fmt: skip
    assert toxicity.folds_run("alerts") == {
        "random": 10, "scaffold": 4, "single_task": 0, "backbones": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "hint"),
    [("al", "; did you mean 'all'?"), ("verfy", "; did you mean 'verify'?"), ("zzzz", "")],
)
def test_a_misspelt_name_is_told_the_nearest(name, hint):
    assert did_you_mean(name, ["all", "verify", "reports"]) == hint
