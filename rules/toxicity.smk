# Paper 3, sparse task masks: tables → splits → trainings → scores → eight figures.
TOXICITY = CONFIG.toxicity
TOXICITY_DIR = f"{RESULTS}/toxicity/{{dataset}}"
TOXICITY_SPLIT = TOXICITY_DIR + "/splits/{split}_s{seed}.zarr"
TOXICITY_BACKBONE = f"{RESULTS}/toxicity/backbones/{{raw}}"
TOXICITY_RUN = TOXICITY_DIR + "/runs/{kind}_{backbone}_{split}_s{seed}_{penalty}"
TOXICITY_PREDICTIONS = TOXICITY_RUN + "/predictions.zarr"
TOXICITY_CHOSEN = TOXICITY_DIR + "/chosen.zarr"

for name in TOXICITY.include:
    table = TOXICITY.datasets[name].file
    if table and not Path(table).is_file():
        raise ConfigurationError(
            f"toxicity.datasets.{name}.file: there is no file {table!r}"
        )


def toxicity_table(w):
    """The table of a dataset: a raw input's folder, a file of the user's, or none."""
    dataset = TOXICITY.datasets[w.dataset]
    if dataset.raw:
        return {"table": f"{RESULTS}/raw/{dataset.raw}"}
    return {"table": dataset.file} if dataset.file else {}


def toxicity_grid(dataset):
    """The runs that λ is chosen from: one for each value, on the first random split."""
    about, main = TOXICITY.datasets[dataset], TOXICITY.backbone
    return [("sparse", main, "random", about.seeds[0], p) for p in about.penalties]


def toxicity_splits(dataset):
    """The splits that every model but the single-task ones is trained on."""
    about = TOXICITY.datasets[dataset]
    splits = [("random", seed) for seed in about.seeds]
    return splits + [("scaffold", seed) for seed in about.scaffold_seeds]


def toxicity_runs(dataset):
    """Every language model of a dataset that stands beside the grid."""
    about, main = TOXICITY.datasets[dataset], TOXICITY.backbone
    runs = [("stl", main, "random", seed, "none") for seed in about.single_task_seeds]
    for split in toxicity_splits(dataset):
        runs += [("mtl", main, *split, "none"), ("attention", main, *split, 0)]
        if split != ("random", about.seeds[0]):
            runs += [("sparse", main, *split, "chosen")]
    if dataset == TOXICITY.backbone_dataset:
        penalties = {"mtl": "none", "attention": 0, "sparse": "chosen"}
        runs += [
            (kind, backbone, "random", seed, penalties[kind])
            for backbone in TOXICITY.backbones
            if backbone != main
            for seed in about.seeds
            for kind in TOXICITY.backbone_kinds
        ]
    return runs


def toxicity_files(dataset, runs):
    keys = ("kind", "backbone", "split", "seed", "penalty")
    return [
        TOXICITY_PREDICTIONS.format(dataset=dataset, **dict(zip(keys, run)))
        for run in runs
    ]


def toxicity_forests(dataset):
    return [
        f"{RESULTS}/toxicity/{dataset}/forests/{split}_s{seed}.zarr"
        for split, seed in toxicity_splits(dataset)
    ]


def toxicity_inputs(w):
    """What a training reads; where λ is the chosen one, the choice as well."""
    files = {
        "molecules": rules.toxicity_prepare.output.molecules,
        "split": TOXICITY_SPLIT,
        "tokens": TOXICITY_DIR + f"/tokens/{TOXICITY.backbones[w.backbone].raw}.zarr",
        "backbone": TOXICITY_BACKBONE.format(raw=TOXICITY.backbones[w.backbone].raw),
    }
    if w.penalty == "chosen":
        files["choice"] = TOXICITY_DIR + "/choice.zarr"
    return files


rule toxicity_prepare:
    input:
        unpack(toxicity_table),
    output:
        molecules=directory(TOXICITY_DIR + "/molecules.zarr"),
    log:
        log_of("toxicity/{dataset}/prepare"),
    benchmark:
        benchmark_of("toxicity/{dataset}/prepare")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=lambda w: settings(
            dataset=w.dataset,
            smiles_column=TOXICITY.datasets[w.dataset].smiles_column,
            tasks=TOXICITY.datasets[w.dataset].tasks,
            alerts=TOXICITY.datasets[w.dataset].model_dump()["alerts"],
            max_tokens=TOXICITY.max_tokens,
        ),
        code=code("toxicity/prepare.py"),
    message:
        "toxicity: account for every molecule of {wildcards.dataset}"
    script:
        "../scripts/toxicity/prepare.py"


rule toxicity_split:
    input:
        molecules=rules.toxicity_prepare.output.molecules,
    output:
        split=directory(TOXICITY_SPLIT),
    log:
        log_of("toxicity/{dataset}/split_{split}_s{seed}"),
    benchmark:
        benchmark_of("toxicity/{dataset}/split_{split}_s{seed}")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=lambda w: settings(
            kind=w.split, seed=int(w.seed), fractions=TOXICITY.fractions
        ),
        code=code("toxicity/split.py"),
    message:
        "toxicity: {wildcards.split} split of {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/toxicity/split.py"


rule toxicity_backbone:
    input:
        files=f"{RESULTS}/raw/{{raw}}",
    output:
        backbone=directory(TOXICITY_BACKBONE),
    log:
        log_of("toxicity/backbone_{raw}"),
    benchmark:
        benchmark_of("toxicity/backbone_{raw}")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1500,
        runtime=15,
    params:
        settings=settings(),
        code=code("toxicity/backbone.py"),
    message:
        "toxicity: weights of {wildcards.raw} as safetensors"
    script:
        "../scripts/toxicity/backbone.py"


rule toxicity_encode:
    input:
        molecules=rules.toxicity_prepare.output.molecules,
        backbone=TOXICITY_BACKBONE,
    output:
        tokens=directory(TOXICITY_DIR + "/tokens/{raw}.zarr"),
    log:
        log_of("toxicity/{dataset}/encode_{raw}"),
    benchmark:
        benchmark_of("toxicity/{dataset}/encode_{raw}")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=settings(),
        code=code("toxicity/encode.py"),
    message:
        "toxicity: tokens of {wildcards.dataset} for {wildcards.raw}"
    script:
        "../scripts/toxicity/encode.py"


rule toxicity_train:
    input:
        unpack(toxicity_inputs),
    output:
        predictions=directory(TOXICITY_PREDICTIONS),
        weights=TOXICITY_RUN + "/weights.safetensors",
        history=directory(TOXICITY_RUN + "/history.zarr"),
    log:
        log_of("toxicity/{dataset}/train_{kind}_{backbone}_{split}_s{seed}_{penalty}"),
    benchmark:
        benchmark_of(
            "toxicity/{dataset}/train_{kind}_{backbone}_{split}_s{seed}_{penalty}"
        )
    # Single-task models take longest, and the chosen λ waits for the grid: they start first.
    priority: lambda w: {"stl": 19, "sparse": 18}.get(w.kind, 15)
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=3000,
        runtime=600,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=lambda w: settings(
            kind=w.kind,
            penalty=float(w.penalty) if w.penalty not in ("none", "chosen") else None,
            seed=int(w.seed),
            training=TOXICITY.training.model_dump()
            | TOXICITY.datasets[w.dataset].model_dump(
                include={"epochs", "batch_size"}
            ),
            backbone={
                "name": w.backbone,
                **TOXICITY.backbones[w.backbone].model_dump(exclude={"raw"}),
            },
            device=CONFIG.device,
            attribute=w.kind == "mtl"
            and TOXICITY.datasets[w.dataset].alerts is not None,
        ),
        code=code("toxicity/train.py"),
    message:
        "toxicity: train {wildcards.kind} ({wildcards.backbone}, λ {wildcards.penalty}) on {wildcards.dataset}, {wildcards.split} split, seed {wildcards.seed}"
    script:
        "../scripts/toxicity/train.py"


rule toxicity_choose:
    input:
        predictions=lambda w: toxicity_files(w.dataset, toxicity_grid(w.dataset)),
    output:
        choice=directory(TOXICITY_DIR + "/choice.zarr"),
        predictions=directory(TOXICITY_CHOSEN),
    log:
        log_of("toxicity/{dataset}/choose"),
    benchmark:
        benchmark_of("toxicity/{dataset}/choose")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=settings(tolerance=TOXICITY.choice.tolerance),
        code=code("toxicity/choose.py"),
    message:
        "toxicity: λ for {wildcards.dataset}, by validation"
    script:
        "../scripts/toxicity/choose.py"


rule toxicity_forest:
    input:
        molecules=rules.toxicity_prepare.output.molecules,
        split=TOXICITY_SPLIT,
    output:
        predictions=directory(TOXICITY_DIR + "/forests/{split}_s{seed}.zarr"),
    log:
        log_of("toxicity/{dataset}/forest_{split}_s{seed}"),
    benchmark:
        benchmark_of("toxicity/{dataset}/forest_{split}_s{seed}")
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=lambda w: settings(
            fingerprint=TOXICITY.forest.model_dump(include={"radius", "bits"}),
            forest=TOXICITY.forest.model_dump(include={"trees", "min_leaf"}),
            seed=int(w.seed),
        ),
        code=code("toxicity/forest.py"),
    message:
        "toxicity: fingerprint forest on {wildcards.dataset}, {wildcards.split} split, seed {wildcards.seed}"
    script:
        "../scripts/toxicity/forest.py"


rule toxicity_score:
    input:
        predictions=lambda w: [
            *toxicity_files(w.dataset, toxicity_grid(w.dataset)),
            *toxicity_files(w.dataset, toxicity_runs(w.dataset)),
            *toxicity_forests(w.dataset),
        ],
        molecules=rules.toxicity_prepare.output.molecules,
        choice=TOXICITY_DIR + "/choice.zarr",
    output:
        scores=directory(TOXICITY_DIR + "/scores.zarr"),
    log:
        log_of("toxicity/{dataset}/score"),
    benchmark:
        benchmark_of("toxicity/{dataset}/score")
    priority: 12
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings(
            backbone=TOXICITY.backbone,
            **TOXICITY.comparison.model_dump(exclude={"fragment_minimum"}),
        ),
        code=code("toxicity/score.py"),
    message:
        "toxicity: score every model of {wildcards.dataset}"
    script:
        "../scripts/toxicity/score.py"


# The chosen sparse runs whose masks are shown, best first.
TOXICITY_SHOWN = [
    n for n in TOXICITY.showcase if n in TOXICITY.include
] or TOXICITY.include
TOXICITY_MASKS = {
    "predictions": expand(TOXICITY_CHOSEN, dataset=TOXICITY_SHOWN),
    "molecules": expand(TOXICITY_DIR + "/molecules.zarr", dataset=TOXICITY_SHOWN),
}
TOXICITY_SCORES = expand(TOXICITY_DIR + "/scores.zarr", dataset=TOXICITY.include)

TOXICITY_FIGURES = {
    **{f"fig{n}": {"scores": TOXICITY_SCORES} for n in (1, 2, 3, 7, 8)},
    "fig4": TOXICITY_MASKS,
    "fig5": {"predictions": TOXICITY_MASKS["predictions"]},
    "fig6": {**TOXICITY_MASKS, "scores": TOXICITY_SCORES},
}


rule toxicity_figure:
    input:
        unpack(lambda w: TOXICITY_FIGURES[w.figure]),
    output:
        **drawn("toxicity"),
    log:
        log_of("toxicity/{figure}"),
    benchmark:
        benchmark_of("toxicity/{figure}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        settings=lambda w: (
            figure_settings(**TOXICITY.comparison.model_dump(exclude={"bins"}))
            if w.figure == "fig6"
            else figure_settings()
        ),
        code=code("toxicity/plot_{figure}.py"),
    message:
        "toxicity: draw {wildcards.figure}"
    script:
        "../scripts/toxicity/plot_{wildcards.figure}.py"


for name in TOXICITY_FIGURES:

    rule:
        name:
            f"toxicity_{name}"
        input:
            **figure(f"toxicity_{name}"),


rule paper_toxicity:
    input:
        [path for n in TOXICITY_FIGURES for path in figure(f"toxicity_{n}").values()],


MEASURED["toxicity"] = {
    "scores": TOXICITY_SCORES,
    "masks": expand(TOXICITY_CHOSEN, dataset=TOXICITY.include),
}
REPORTS["toxicity"] = [*rules.paper_toxicity.input, *TOXICITY_SCORES]
