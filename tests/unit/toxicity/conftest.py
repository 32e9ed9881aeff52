"""Synthetic stores of the schema that the trainings write, small and with known answers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from rdkit import Chem, rdBase
from shipped import shipped

from triptych.toxicity.curate import curate
from triptych.toxicity.fragments import FRAGMENTS, matched_atoms
from triptych.toxicity.smiles import canonical_form, heavy_atoms, tokens
from triptych.toxicity.tables import read_table

FOLDS = 4
ALERTS = ("nitro", "chloro", "alkene", "aromatic amine")
WRITTEN = r"""
CC(=O)Oc1ccccc1C(=O)O CN1C=NC2=C1C(=O)N(C)C(=O)N2C CC(=O)Nc1ccc(O)cc1 O=[N+]([O-])c1ccccc1
Clc1ccccc1 Clc1ccc(Cl)cc1 C=CC#N Nc1ccccc1 Nc1ccc(Cl)cc1 Nc1ccc([N+](=O)[O-])cc1 C=Cc1ccccc1
CCCCCCCC(=O)O CC(C)Cc1ccc(C(C)C(=O)O)cc1 CCN(CC)CC C=CCCl ClCCl O=[N+]([O-])c1ccc(Cl)cc1 CCO
C[C@H](N)C(=O)O c1ccc2ccccc2c1 c1ccncc1 CS(C)=O CC(=O)C OCC(O)CO [Na+].CC(=O)[O-] C1CCCCC1
Cl.NCCc1ccc(O)c(O)c1 CN(C)c1ccccc1 C=C(C)C(=O)OC O=C(O)c1ccccc1N CCCl CC=CC ClC=CCl
O=[N+]([O-])C=Cc1ccccc1 Nc1ccccc1Cl CCOC(=O)c1ccc(N)cc1 Cc1ccccc1[N+](=O)[O-] NS(=O)(=O)c1ccccc1
C=CC=C CCCCCl N#Cc1ccccc1 Oc1ccccc1 BrCCBr CSC *c1ccccc1
"""
SMILES = WRITTEN.split()


@pytest.fixture
def rng():
    """Return a generator of a test's own: what one draws does not hang on those before it."""
    return np.random.default_rng(0)


def alert_atoms(smiles, atoms, tasks):
    """Return the atoms of the alerts that the tasks stand for in turn, (molecule, task, atom)."""
    places = [list(FRAGMENTS).index(ALERTS[task % len(ALERTS)]) for task in range(tasks)]
    return matched_atoms(smiles, atoms)[:, places]


def make_molecules(dataset="tox21", tasks=ALERTS, copies=3, missing=0.15, seed=0):
    """Return a ``molecules`` dataset whose labels are the presence of a fragment a task."""
    rng = np.random.default_rng(seed)
    with rdBase.BlockLogs():
        smiles = [canonical_form(Chem.MolFromSmiles(text)) for text in SMILES] * copies
        heavy = np.array([len(heavy_atoms(Chem.MolFromSmiles(text))) for text in smiles])
    alert = alert_atoms(smiles, int(heavy.max()), len(tasks))
    label = alert.any(axis=-1).astype(np.float32)
    if dataset != "alerts":
        label[rng.random(label.shape) < missing] = np.nan
    status = ["kept"] * len(smiles) + ["unparsable", "duplicate", "too_long"]
    names = ("kept", "unparsable", "duplicate", "conflicting", "too_long", "empty")
    molecules = xr.Dataset(
        {
            "status": ("row", status),
            "source_smiles": ("row", [*smiles, "C1CC", "CCO", "C" * 200]),
            "reason": ("row", [""] * len(smiles) + ["ring left open", "of row 17", "200 tokens"]),
            "smiles": ("molecule", smiles),
            "row_of": ("molecule", np.arange(len(smiles))),
            "label": (("molecule", "task"), label),
            "tokens": ("molecule", [len(tokens(text)) for text in smiles]),
            "heavy_atoms": ("molecule", heavy),
        },
        {"task": list(tasks)},
        {"dataset": dataset, "counts": {name: status.count(name) for name in names}},
    )
    if dataset == "alerts":
        molecules["alert"] = (("molecule", "task", "atom"), alert)
    return molecules


def make_predictions(
    molecules,
    kind,
    fold=0,
    split_method="random",
    penalty=None,
    backbone="bert",
    skill=1.5,
    sharp=0.6,
    seed=None,
):
    """Return predictions whose logits follow the labels and whose masks follow the fragments.

    Folds are disjoint. ``sharp`` is the share of the mask that lies on the fragment's atoms; the
    rest is noise. Attributions are there where a tested molecule is positive.
    """
    seed = 100 + fold if seed is None else seed
    rng = np.random.default_rng([seed, *kind.encode(), *split_method.encode()])
    order = np.random.default_rng(len(split_method)).permutation(molecules.sizes["molecule"])
    tested, rest = order[fold::FOLDS], np.delete(order, np.s_[fold::FOLDS])
    evaluated = np.sort(np.concatenate([tested, rest[::4]]))
    split = np.where(np.isin(evaluated, tested), "test", "val")
    label = molecules.label.values[evaluated]
    logit = skill * (np.nan_to_num(label, nan=0.5) * 2 - 1) + rng.normal(size=label.shape)
    predictions = xr.Dataset(
        {
            "logit": (("molecule", "task"), logit.astype(np.float32)),
            "label": (("molecule", "task"), label),
            "split": ("molecule", split),
        },
        {"molecule": evaluated, "task": molecules.task.values},
        {
            "dataset": molecules.attrs["dataset"],
            "split_method": split_method,
            "kind": kind,
            "backbone": "" if kind == "forest" else backbone,
            "mask": "gates" if kind in ("sparse", "attention") else "",
            "penalty": penalty,
            "fold": fold,
            "run_seed": seed,
            "epochs": 5,
            "parameters": 1000,
        },
    )
    name = {"sparse": "mask", "attention": "mask", "mtl": "attribution"}.get(kind)
    if name:
        over = ("molecule", "task", "atom")
        predictions[name] = (over, _masks(molecules, evaluated, sharp, rng))
        if name == "mask":
            predictions["evidence"] = (over, np.log(10 * predictions[name].values + 0.01))
        else:
            predictions["integrated"] = (over, _masks(molecules, evaluated, sharp / 2, rng))
            attributed = (predictions.label == 1) & (predictions.split == "test")
            for one in (name, "integrated"):
                predictions[one] = predictions[one].where(attributed)
    return predictions


def _masks(molecules, evaluated, sharp, rng):
    smiles, heavy = molecules.smiles.values[evaluated], molecules.heavy_atoms.values[evaluated]
    atoms, tasks = int(molecules.heavy_atoms.max()), molecules.sizes["task"]
    on = alert_atoms(smiles, atoms, tasks).astype(float)
    noise = rng.random(on.shape)
    inside = np.arange(atoms) < heavy[:, None]
    noise = np.where(inside[:, None, :], noise, 0)
    noise /= noise.sum(axis=-1, keepdims=True)
    size = on.sum(axis=-1, keepdims=True)
    on = np.divide(on, size, out=noise.copy(), where=size > 0)
    mask = sharp * on + (1 - sharp) * noise
    return np.where(inside[:, None, :], mask, np.nan).astype(np.float32)


def make_runs(molecules, folds=(0, 1), backbones=("bert",), grid=(0.01, 0.1)):
    """Return every run of a dataset, as the workflow makes them."""
    runs = []
    for split_method in ("random", "scaffold"):
        for fold in folds if split_method == "random" else folds[:1]:
            runs.append(
                make_predictions(molecules, "mtl", fold, split_method, skill=0.8, sharp=0.3)
            )
            runs.append(
                make_predictions(molecules, "attention", fold, split_method, 0.0, sharp=0.4)
            )
            runs.append(
                make_predictions(molecules, "sparse", fold, split_method, grid[-1], sharp=0.8)
            )
            runs.append(make_predictions(molecules, "forest", fold, split_method, skill=0.9))
    runs.append(make_predictions(molecules, "stl", folds[0], skill=0.6))
    for penalty in grid[:-1]:
        runs.append(make_predictions(molecules, "sparse", folds[0], "random", penalty, sharp=0.6))
    for backbone in backbones[1:]:
        for kind, penalty in (("mtl", None), ("sparse", grid[-1])):
            runs.append(
                make_predictions(molecules, kind, folds[0], "random", penalty, backbone, skill=0.5)
            )
    return runs


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def clintox():
    """Return the molecules of ClinTox as they are shipped."""
    return curate(read_table(shipped("clintox.csv"), "clintox.csv", "smiles", None), "clintox", 128)


@pytest.fixture(scope="session")
def alerts():
    return make_molecules("alerts")


@pytest.fixture(scope="session")
def alert_runs(alerts):
    return make_runs(alerts)


@pytest.fixture(scope="session")
def build():
    """Return the makers of synthetic datasets, for tests that need their own."""
    return SimpleNamespace(molecules=make_molecules, predictions=make_predictions, runs=make_runs)
