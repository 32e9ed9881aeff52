"""A tiny model trained on a table of one's own, by the project's own steps, in a second or two."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from transformers import AutoModel, BertConfig

from triptych.config.toxicity import Training
from triptych.runtime.step import Job, execute
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.names import MASKED

PROJECT = Path(__file__).resolve().parents[2]
TASKS = ["irritant", "harmful"]
TABLE = """drug,irritant,harmful
CC(=O)Oc1ccccc1C(=O)O,0,1
Clc1ccccc1,1,0
Clc1ccc(Cl)cc1,1,
CC(=O)Nc1ccc(O)cc1,0,1
O=[N+]([O-])c1ccccc1,0,0
Nc1ccc(Cl)cc1,1,0
CCCl,1,0
CCCCCl,1,1
Oc1ccccc1,0,0
CCO,0,
C=CCCl,1,0
c1ccncc1,0,0
CS(C)=O,,1
CC(C)=O,0,1
OCC(O)CO,0,0
CC(=O)[O-].[Na+],0,1
C1CCCCC1,0,0
Clc1ccccc1O,1,0
CN(C)c1ccccc1,0,0
C=C(C)C(=O)OC,0,1
O=C(O)c1ccccc1Cl,1,1
CC=CC,0,0
ClC=CCl,1,0
CCOC(=O)c1ccccc1,0,1
"""
VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] C O N S Cl c n ( ) = # - 1 2 [N+] [O-] [Na+] ."


def split_of(count: int) -> np.ndarray:
    """Return a split with both classes of both tasks in every part."""
    return np.array(["train", "val", "train", "test"] * count)[:count]


def trained_run(scale: Path, kind: str = "sparse") -> Path:
    """Train a model of a kind below the folder of a scale, and return the run's folder."""
    here = scale / "toxicity" / "own"
    published = scale / "raw" / "tiny"
    run = here / "runs" / f"{kind}_tiny"
    publish(published)
    table = scale.parent / "own.csv"
    table.write_text(TABLE)
    molecules, split = here / "molecules.zarr", here / "splits" / "random_f0.zarr"
    tokens, backbone = here / "tokens" / "tiny.zarr", scale / "toxicity" / "backbones" / "tiny"
    prepare = {"dataset": "own", "smiles_column": "drug", "tasks": None}
    step(
        "prepare", {"table": table}, {"molecules": molecules}, **prepare, max_tokens=64, alerts=None
    )
    names = split_of(read_store(molecules).sizes["molecule"])
    attrs = {"split_method": "random", "fold": 0}
    write_store(xr.Dataset({"split": ("molecule", names)}, attrs=attrs), split)
    step("backbone", {"files": published}, {"backbone": backbone})
    sources = {"molecules": molecules, "backbone": backbone}
    step("encode", sources, {"tokens": tokens}, spellings=3)
    inputs = {"molecules": molecules, "split": split, "tokens": tokens, "backbone": backbone}
    outputs = {
        name: run / name for name in ("predictions.zarr", "weights.safetensors", "history.zarr")
    }
    step(
        "train",
        inputs,
        {path.stem: path for path in outputs.values()},
        kind=kind,
        mask="gates" if kind in MASKED else None,
        penalty={"sparse": 0.1, "attention": 0.0}.get(kind),
        seed=0,
        training=Training().model_dump() | {"epochs": 2, "batch_size": 8},
        backbone={"name": "tiny", "n_layers": 1, "pretrained": True},
        device="cpu",
        attribute=False,
    )
    return run


def step(name: str, inputs: dict[str, Path], outputs: dict[str, Path], **params: object) -> None:
    """Run one of the project's scripts, quietly."""
    script = f"scripts/toxicity/{name}.py"
    paths = ({k: str(v) for k, v in named.items()} for named in (inputs, outputs))
    log = next(iter(outputs.values())).parent / "logs" / f"{name}.log"
    execute(
        runpy.run_path(str(PROJECT / script))["main"], Job(script, *paths, params, log=str(log))
    )


def publish(folder: Path) -> None:
    """Write a language model as its authors would, with random weights."""
    torch.manual_seed(0)
    words = VOCABULARY.split(" ")
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=80,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    model = AutoModel.from_config(config, add_pooling_layer=False)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    (folder / "vocab.txt").write_text("\n".join(words))
