"""The model of what another scale costs, on made-up times."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch

from triptych.__main__ import main
from triptych.benchmarks.guard import Baseline, load_baseline, save_baseline
from triptych.reports.marked import marks
from triptych.scales import cycles, ssno, toxicity
from triptych.scales.costs import Estimate, estimate, more_seeds, sizes_of
from triptych.ssno.adapt import adapt, model_spec
from triptych.ssno.models import build_model
from triptych.workflow.config.load import load_config
from triptych.workflow.costs import Cost

EXPONENTS = {
    "solver step, 2D | grid points": 1.0,
    "solver step, 3D | grid points": 1.25,
    "solver step, 2D | batch": 0.5,
    "SSNO training step, 2D | grid points": 1.0,
    "SSNO training step, 3D | grid points": 1.5,
    "SSNO training step, 2D | batch": 0.5,
    "SSNO training step, 2D | steps": 1.0,
    "FFNO training step, 2D | width": 1.5,
    "population | models": 1.0,
    "population | chains": 0.5,
    "population | states": 1.0,
    "encoder | layers": 1.0,
}


@cache
def laptop():
    return load_config({})


def configured(**sections):
    return load_config(sections)


def jobs_of(sized, seconds=36.0, peak=600.0, disk=0):
    """Return jobs of every group, as many as there are, all alike, and one small one a paper."""
    jobs = {}
    for paper, sizes in sized.items():
        for group, held in sizes.groups.items():
            for n in range(held.jobs):
                name = _name(paper, group, n)
                assert sizes.group_of(name.partition("/")[2]) == group
                jobs[name] = Cost(paper, group[0], 1, seconds, seconds, peak, disk, 0)
        jobs[f"{paper}/fig1"] = Cost(paper, "figures", 1, 3.6, 3.6, 200.0, disk, 0)
    return jobs


def _name(paper, group, n):
    kind, *rest = group
    if paper == "cycles":
        return f"cycles/{kind}_{rest[0] if rest else 'x'}_K{n}"
    if kind == "train":
        told = (
            f"train_{rest[1]}_default_n5_s{n}"
            if paper == "ssno"
            else f"train_{rest[1]}_{rest[2]}_random_s{n}_0.1"
        )
        return f"{paper}/{rest[0]}/{told}"
    return f"{paper}/{rest[0]}/{kind}_{n}"


def row(rows, paper, kind):
    (found,) = [row for row in rows if (row.paper, row.kind) == (paper, kind)]
    return found


def hours(was, wanted, paper, kind):
    """Return how many times the core hours of a kind one scale takes of another."""
    before, after = sizes_of(was, EXPONENTS), sizes_of(wanted, EXPONENTS)
    jobs = jobs_of(before)
    same = row(estimate(jobs, before, before), paper, kind)
    return row(estimate(jobs, before, after), paper, kind).core_hours / same.core_hours


def test_the_laptop_scale_takes_what_it_took():
    sized = sizes_of(laptop(), EXPONENTS)
    jobs = jobs_of(sized, disk=2**20)
    rows = estimate(jobs, sized, sized)
    assert sum(row.core_hours for row in rows) == pytest.approx(
        sum(cost.wall_s for cost in jobs.values()) / 3600
    )
    assert sum(row.jobs for row in rows) == len(jobs)
    train = row(rows, "ssno", "train")
    longest = 0.01 * max(s.longest for g, s in sized["ssno"].groups.items() if g[0] == "train")
    expected = pytest.approx(0.49), pytest.approx(longest), 600 / 1024, pytest.approx(49 / 1024)
    assert train == Estimate("ssno", "train", 49, *expected)
    assert row(rows, "toxicity", "figures").disk_gib == 1 / 1024


def test_the_longest_job_is_the_one_that_tries_all_learning_rates():
    groups = ssno.sizes(laptop().ssno, EXPONENTS).groups
    found = groups["train", "ns2d", "ffno"]
    assert len(laptop().ssno.baseline_learning_rates["ffno"]) == found.jobs == 2
    assert found.longest / found.jobs == pytest.approx(2 / 3)

    # One set of five trajectories is of twice the horizon of four others and of one of two; each
    # has eight short steps at its onset.
    solved, five, two = groups["generate", "ns2d"], 5**0.5, 2**0.5
    whole = (4 * five + two) * 408 + five * 808
    assert solved.longest / solved.jobs == pytest.approx(five * 808 / whole)


def test_numbers_of_jobs_are_those_of_the_workflow():
    """As the last whole run had them: 49 trainings and 45 sets of trajectories."""
    groups = ssno.sizes(laptop().ssno, EXPONENTS).groups
    count = {kind: sum(s.jobs for g, s in groups.items() if g[0] == kind) for kind, *_ in groups}
    assert count == {"train": 49, "generate": 45, "evaluate": 7}


@pytest.mark.parametrize(
    ("change", "kind", "factor"),
    [
        ({"training": {"iterations": 4000}}, "train", 2.0),
        ({"grid": {"points": 64}}, "train", 4.0),
        ({"grid": {"points": 64}}, "generate", 1.0),
        ({"grid": {"source_points": 128}}, "generate", 4.0),
        # Two transforms a product, one for f_u, one for all that is added; f_x takes none.
        ({"model": {"products": 9}}, "train", 20 / 10),
        ({"model": {"local": 0}}, "train", 9 / 10),
        ({"model": {"forcing": 64}}, "train", 1.0),
    ],
)
def test_a_system_grows_with_its_settings(change, kind, factor):
    """On one system with the SSNO alone, so that all jobs of a kind grow alike."""

    def only(**more):
        baselines = {"include": ["ks2d"], "sweep": [5], "variants": {}}
        section = {**baselines, "systems": {"ks2d": more}}
        return configured(ssno=section)

    was, wanted = only(), only(**change)
    before = ssno.sizes(was.ssno, EXPONENTS).groups
    after = ssno.sizes(wanted.ssno, EXPONENTS).groups
    group = ("train", "ks2d", "ssno") if kind == "train" else (kind, "ks2d")
    assert after[group].time / before[group].time == pytest.approx(factor)


class Counting:
    """A transform that counts the fields that go through it."""

    def __init__(self, transform):
        self.transform, self.fields = transform, 0

    def __getattr__(self, name):
        return getattr(self.transform, name)

    def forward(self, values):
        self.fields += values.shape[1]
        return self.transform.forward(values)

    def inverse(self, coefficients):
        self.fields += coefficients.shape[1]
        return self.transform.inverse(coefficients)

    def gradient(self, coefficients):
        self.fields += 2 * coefficients.shape[1]
        return self.transform.gradient(coefficients)


@pytest.mark.parametrize("name", laptop().ssno.include)
def test_the_size_of_a_model_is_the_number_of_its_transforms(name):
    settings = laptop().ssno.systems[name]
    system = adapt(name, settings.grid.model_dump())
    model = build_model("ssno", system, seed=0, options=model_spec(settings.model.model_dump()))
    field = torch.randn(1, len(system.channels), *system.domain.grid(system.points))
    transform = Counting(model.transform(field))
    with torch.no_grad():
        state = transform.transform.forward(field)
        model.nonlinear(model.operators(transform, field), transform, field)(state)
    size = ssno.model_size(settings.model, len(system.channels))
    assert size == transform.fields * settings.model.substeps


def test_the_onset_costs_the_same_at_every_solver_step():
    """Eight halvings are 32 steps more a trajectory; ``long`` is one of two horizons."""

    def time(step):
        systems = {"ks2d": {"grid": {"solver_step": step}}}
        return (
            ssno.sizes(configured(ssno={"systems": systems}).ssno, EXPONENTS)
            .groups["generate", "ks2d"]
            .time
        )

    whole, long = 7 * 5**0.5 + 2**0.5, 5**0.5
    expected = [whole * (once + 32) + long * (2 * once + 32) for once in (50, 100)]
    assert time(0.05) / time(0.1) == pytest.approx(expected[1] / expected[0])


def test_three_dimensions_grow_with_their_own_exponent():
    systems = {"ks3d": {"grid": {"points": 48}}}
    before = ssno.sizes(laptop().ssno, EXPONENTS).groups
    after = ssno.sizes(configured(ssno={"systems": systems}).ssno, EXPONENTS).groups
    group = ("train", "ks3d", "ssno")
    assert after[group].time / before[group].time == pytest.approx(8**1.5)
    assert after[group].memory / before[group].memory == pytest.approx(8)


def test_a_baseline_grows_with_its_width():
    wide = {"ks2d": {"baselines": {"ffno": {"sizes": {"width": 128}}}}}
    before = ssno.sizes(laptop().ssno, EXPONENTS).groups["train", "ks2d", "ffno"]
    wanted = configured(ssno={"systems": wide})
    after = ssno.sizes(wanted.ssno, EXPONENTS).groups["train", "ks2d", "ffno"]
    assert after.time / before.time == pytest.approx(4**1.5)
    assert after.memory / before.memory == pytest.approx(4)


def test_populations_grow_with_iterations_models_and_chains():
    cycles_more = {"training": {"iterations": 8000, "chains": 400}}
    assert hours(laptop(), configured(cycles=cycles_more), "cycles", "train") == pytest.approx(4.0)
    seeds = {"population": {"seeds": [0, 1, 2, 3, 4, 5, 6, 7]}}
    before = cycles.sizes(laptop().cycles, EXPONENTS).groups["train", "free"]
    after = cycles.sizes(configured(cycles=seeds).cycles, EXPONENTS).groups["train", "free"]
    assert after.time / before.time == pytest.approx(2.0)
    assert after.jobs == before.jobs


def test_language_models_grow_with_runs_epochs_layers_and_molecules():
    section = {"datasets": {"tox21": {"epochs": 6}}, "backbones": {"rxnfp_bert": {"n_layers": 12}}}
    before = toxicity.sizes(laptop().toxicity, EXPONENTS).groups
    after = toxicity.sizes(configured(toxicity=section).toxicity, EXPONENTS, molecules=10).groups
    group = ("train", "tox21", "mtl", "rxnfp_bert")
    assert after[group].time / before[group].time == pytest.approx(2 * 3 * 10)
    assert after[group].memory / before[group].memory == pytest.approx(3)
    assert after["forest", "tox21"].time / before["forest", "tox21"].time == pytest.approx(10)


def test_disk_grows_by_group_so_that_unlike_units_never_add_up():
    """A model of the SSNO is sized by its transforms, FFNO by its width, an encoder by its layers.

    So each may be counted in a unit of its own: ten times the seeds are ten times the bytes.
    """
    before, after = (sizes_of(c, EXPONENTS) for c in (laptop(), more_seeds(laptop(), 10)))
    jobs = {
        name: replace(cost, disk_bytes=2**20 if "/sh2d/train_ffno" in name else 0)
        for name, cost in jobs_of(before).items()
    }
    found = row(estimate(jobs, before, after), "ssno", "train").disk_gib
    assert found == pytest.approx(10 / 1024)


def test_single_task_models_that_were_not_trained_are_sized_by_multi_task_ones():
    section = {"datasets": {"alerts": {"single_task_seeds": [0, 1]}}}
    before = toxicity.sizes(laptop().toxicity, EXPONENTS)
    after = toxicity.sizes(configured(toxicity=section).toxicity, EXPONENTS)
    group = ("train", "alerts", "stl", "rxnfp_bert")
    like = after.stand_in(group)
    assert group not in before.groups
    assert like == ("train", "alerts", "mtl", "rxnfp_bert")
    runs = before.groups[like].jobs
    assert after.groups[group].time / before.groups[like].time == pytest.approx(2 * 12 / runs)
    assert after.groups[group].disk / before.groups[like].disk == pytest.approx(2 * 12 / runs)


def test_more_seeds_are_more_runs_but_no_more_learning_rates():
    wanted = sizes_of(more_seeds(laptop(), 10), EXPONENTS)["ssno"].groups
    before = sizes_of(laptop(), EXPONENTS)["ssno"].groups
    group = ("train", "sh2d", "ffno")
    assert (before[group].jobs, wanted[group].jobs) == (1, 10)
    assert wanted[group].time / before[group].time == pytest.approx((10 + 1) / (1 + 1))


def test_memory_grows_from_what_the_smallest_job_holds():
    before = sizes_of(laptop(), EXPONENTS)
    points = {name: {"grid": {"points": 2 * s.grid.points}} for name, s in _even().items()}
    after = sizes_of(configured(ssno={"systems": points}), EXPONENTS)
    rows = estimate(jobs_of(before), before, after)
    assert row(rows, "ssno", "train").memory_gib == pytest.approx((200 + 400 * 8) / 1024)


def _even():
    """Return the systems whose model grid can be doubled within the source grid."""
    systems = laptop().ssno.systems
    return {n: s for n, s in systems.items() if s.grid.source_points >= 2 * s.grid.points}


def test_what_was_not_measured_costs_like_its_stand_in():
    wide = {
        "systems": {"ks2d": {"baselines": {"fno": {"iterations": 800, "sizes": {"width": 64}}}}}
    }
    before = sizes_of(laptop(), EXPONENTS)
    after = sizes_of(configured(ssno=wide), EXPONENTS)
    jobs = jobs_of(before)
    more = row(estimate(jobs, before, after), "ssno", "train").core_hours
    ffno = before["ssno"].groups["train", "ks2d", "ffno"]
    fno = after["ssno"].groups["train", "ks2d", "fno"]
    evaluated = 36 / 3600
    assert more - 0.49 == pytest.approx(ffno.jobs * evaluated * fno.time / ffno.time)


def test_other_results_than_the_scale_says_are_refused():
    sized = sizes_of(laptop(), EXPONENTS)
    jobs = jobs_of(sized)
    del jobs["ssno/ks2d/train_ssno_default_n5_s0"]
    with pytest.raises(ValueError, match=r"ssno: 8 jobs train/ks2d/ssno .* the scale has 9"):
        estimate(jobs, sized, sized)
    gone = {name: cost for name, cost in jobs.items() if "sh2d/train_ffno" not in name}
    gone = {name: cost for name, cost in gone.items() if "ks2d/train_ssno" not in name}
    with pytest.raises(ValueError, match="ssno: no job like train/sh2d/ffno was measured"):
        estimate(gone, sized, {**sized, "ssno": ssno.sizes(load_config({}).ssno, EXPONENTS)})


HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def test_the_command_makes_both_tables_from_benchmark_files(tmp_path, project, capsys):
    results, kept = tmp_path / "laptop", tmp_path / "baseline.json"
    for name, cost in jobs_of(sizes_of(laptop(), EXPONENTS)).items():
        path = results / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{cost.wall_s}\t-\t{cost.peak_mib}\t1\t1\t1\t0\t0\t90\t30\n")
    ratios = {f"exponent of cost | {name}": value for name, value in EXPONENTS.items()}
    save_baseline(Baseline("today", "some", {**ratios, "other | ratio": 3.0}), kept)
    assert load_baseline(kept).exponents() == EXPONENTS
    document = tmp_path / "scales.md"
    document.write_text("\n".join(marks("scales")))
    words = ["scales", str(results), "--kept", str(kept)]
    words += ["--scale", str(project / "config/paper.yaml")]
    assert main([*words, "--into", str(document)]) == 0
    lines = document.read_text().splitlines()
    (train,) = [line for line in lines if line.startswith("| ssno | train |")]
    assert [cell.strip() for cell in train.split("|")[3:5]] == ["175", "0.49"]
    whats = [line.split("|")[2].strip() for line in lines if line.startswith("| paper | ")][-4:]
    assert whats == ["as it is", "10 × the systems", "10 × the seeds", "10 × the molecules"]
    hours = [float(line.split("|")[3].replace(",", "")) for line in lines if "| laptop | " in line]
    seeds, systems = hours[2] / hours[0], (hours[1] - hours[0]) / 9
    assert 5 < seeds < 10  # learning rates are tried once, whatever the seeds
    # Hours are printed to the whole hour from ten on, and these are of nine more sets of systems.
    assert systems == pytest.approx(0.49 + 0.45 + 0.07 + 0.001, abs=0.5 / 9)
    assert main(words) == 0
    assert capsys.readouterr().out in document.read_text()
