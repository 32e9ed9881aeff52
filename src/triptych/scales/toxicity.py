"""Sizes of paper 3's jobs, by dataset, kind of model and encoder."""

from __future__ import annotations

import re

from triptych.scales.sizes import Exponents, Group, PaperSizes, Sizes
from triptych.workflow.config.toxicity import Dataset, Toxicity

RUN = re.compile(r"(\w+?)/train_(stl|mtl|attention|sparse)_(\w+)_(?:random|scaffold)_s\d+_\S+")


def sizes(section: Toxicity, exponents: Exponents, molecules: float = 1.0) -> PaperSizes:
    """Return what language models, forests, splits and scores are sized by.

    Training is sized by runs, epochs, molecules and layers, the last with their exponent; of
    single-task models a run trains and keeps one a task. Batches stay as they are, so memory grows
    with the layers alone.

    Parameters
    ----------
    molecules
        How many times as many molecules every dataset has.
    """
    groups: dict[Group, Sizes] = {}
    for name in section.include:
        about = section.datasets[name]
        for kind, backbone, runs in _runs(section, name):
            layers = section.backbones[backbone].n_layers
            one = about.epochs * layers ** exponents["encoder | layers"] * molecules
            encoders = _models(about) if kind == "stl" else 1
            groups["train", name, kind, backbone] = Sizes(
                runs, runs * encoders * one, layers, runs * encoders * layers
            )
        splits = len(about.seeds) + len(about.scaffold_seeds)
        shared = Sizes(splits, splits * molecules, molecules, splits * molecules)
        groups["split", name] = groups["forest", name] = shared
        runs = sum(s.jobs for group, s in groups.items() if group[:2] == ("train", name))
        scored = (runs + splits) * molecules
        groups["score", name] = Sizes(1, scored * section.comparison.resamples, scored, scored)
        used = [group[3] for group in groups if group[:2] == ("train", name)]
        vocabularies = len({section.backbones[backbone].raw for backbone in used})
        for kind, jobs in (("prepare", 1), ("encode", vocabularies)):
            groups[kind, name] = Sizes(jobs, jobs * molecules, molecules, jobs * molecules)
    main = section.backbone

    def measured_like(group: Group) -> Group:
        if group[0] != "train":
            return group
        kind = "mtl" if group[2] == "stl" else group[2]
        return "train", group[1], kind, main

    return PaperSizes(groups, group_of, measured_like)


def group_of(job: str) -> Group | None:
    """Return the group of such as ``tox21/train_sparse_rxnfp_bert_random_s0_0.1``."""
    if run := RUN.fullmatch(job):
        return "train", *run.groups()
    dataset, _, name = job.partition("/")
    kind = name.partition("_")[0]
    return (kind, dataset) if kind in ("prepare", "encode", "split", "forest", "score") else None


def _models(about: Dataset) -> int:
    """Return how many single-task models a run trains; 1 if only the table tells."""
    if about.alerts is not None:
        return about.alerts.tasks
    return len(about.tasks) if about.tasks is not None else 1


def _runs(section: Toxicity, name: str) -> list[tuple[str, str, int]]:
    """Return kind, encoder and number of a dataset's runs; λ is picked on the first split."""
    about, main = section.datasets[name], section.backbone
    splits = len(about.seeds) + len(about.scaffold_seeds)
    runs = [
        ("stl", main, len(about.single_task_seeds)),
        ("mtl", main, splits),
        ("attention", main, splits),
        ("sparse", main, splits - 1 + len(about.penalties)),
    ]
    if name == section.backbone_dataset:
        others = [backbone for backbone in section.backbones if backbone != main]
        kinds = section.backbone_kinds
        runs += [(kind, other, len(about.seeds)) for other in others for kind in kinds]
    return [run for run in runs if run[2]]
