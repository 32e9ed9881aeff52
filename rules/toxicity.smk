# Paper 3, sparse task masks: trainings → scores → eight figures and a supplementary one.
# All rule files share their names: paper 1 has a Comparison and a Design as well.
from triptych.toxicity import design as toxicity_design
from triptych.toxicity.design import OF_RECORD, mask_settings, training_seed

TOXICITY_RUN = "<results>/toxicity/{dataset}/{series}/{kind}_{backbone}_{split_method}_f{fold}_{penalty}"
TOXICITY_DESIGN = toxicity_design.Design(
    datasets={
        name: toxicity_design.Comparison(
            **TOXICITY.folds_run(name),
            penalties=dataset.penalties,
            replicate=dataset.replicate,
        )
        for name, dataset in TOXICITY.datasets.items()
    },
    backbone=TOXICITY.backbone,
    backbones=list(TOXICITY.backbones),
    backbone_kinds=TOXICITY.backbone_kinds,
    penalty=TOXICITY.model.penalty,
    masks=TOXICITY.model.compared,
)
TOXICITY_PREDICTIONS = f"{TOXICITY_RUN}/predictions.zarr"
TOXICITY_MOLECULES = "<results>/toxicity/{dataset}/molecules.zarr"
TOXICITY_SPLIT = "<results>/toxicity/{dataset}/splits/{split_method}_f{fold}.zarr"
TOXICITY_FOREST = "<results>/toxicity/{dataset}/forests/{split_method}_f{fold}.zarr"
# The sparse run that tests the first fold of a dataset, and the same from a second seed.
TOXICITY_SPARSE, TOXICITY_REPLICATE = each(
    TOXICITY_PREDICTIONS,
    [TOXICITY_DESIGN.sparse, TOXICITY_DESIGN.replicate],
    dataset="{dataset}",
)


rule toxicity_train:
    input:
        unpack(
            lambda w: {
                "tokens": f"<results>/toxicity/{{dataset}}/tokens/{TOXICITY.backbones[w.backbone].raw}.zarr",
                "backbone": f"<results>/toxicity/backbones/{TOXICITY.backbones[w.backbone].raw}",
            }
        ),
        molecules=TOXICITY_MOLECULES,
        split=TOXICITY_SPLIT,
    output:
        predictions=directory(TOXICITY_PREDICTIONS),
        weights=f"{TOXICITY_RUN}/weights.safetensors",
        history=directory(f"{TOXICITY_RUN}/history.zarr"),
    log:
        "<logs>/toxicity/{dataset}/{series}_{kind}_{backbone}_{split_method}_f{fold}_{penalty}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/{series}_{kind}_{backbone}_{split_method}_f{fold}_{penalty}.tsv"
    # Single-task models take longest: they start first.
    priority: lambda w: 19 if w.kind == "stl" else 15
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_train", mem_mb=3000, runtime=600, gpu=GPU),
    params:
        settings=lambda w: settings(
            kind=w.kind,
            **mask_settings(w.series, w.penalty, TOXICITY.model.mask),
            seed=training_seed(
                TOXICITY.folds.seed, int(w.fold), TOXICITY.folds.count, w.series
            ),
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
        "toxicity: train {wildcards.kind} ({wildcards.backbone}, λ {wildcards.penalty}, {wildcards.series}) on {wildcards.dataset}, {wildcards.split_method} fold {wildcards.fold}"
    script:
        "../scripts/toxicity/train.py"


rule toxicity_forest:
    input:
        molecules=TOXICITY_MOLECULES,
        split=TOXICITY_SPLIT,
    output:
        predictions=directory(TOXICITY_FOREST),
    log:
        "<logs>/toxicity/{dataset}/forest_{split_method}_f{fold}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/forest_{split_method}_f{fold}.tsv"
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_forest", mem_mb=2000, runtime=60),
    params:
        settings=lambda w: settings(
            fingerprint=TOXICITY.forest.model_dump(include={"radius", "bits"}),
            forest=TOXICITY.forest.model_dump(include={"trees", "min_leaf"}),
            seed=training_seed(
                TOXICITY.folds.seed, int(w.fold), TOXICITY.folds.count, OF_RECORD
            ),
        ),
        code=code("toxicity/forest.py"),
    message:
        "toxicity: fingerprint forest on {wildcards.dataset}, {wildcards.split_method} fold {wildcards.fold}"
    script:
        "../scripts/toxicity/forest.py"


# What is scored together: the runs of record, and the forms of masks of the supplementary figure.
TOXICITY_SCORED = {
    "scores": lambda dataset: each(
        TOXICITY_PREDICTIONS, TOXICITY_DESIGN.runs(dataset), dataset=dataset
    )
    + each(TOXICITY_FOREST, TOXICITY_DESIGN.datasets[dataset].splits, dataset=dataset),
    "forms": lambda dataset: each(
        TOXICITY_PREDICTIONS, TOXICITY_DESIGN.forms, dataset=dataset
    ),
}


rule toxicity_score:
    input:
        predictions=lambda w: TOXICITY_SCORED[w.scored](w.dataset),
        molecules=TOXICITY_MOLECULES,
    output:
        scores=directory("<results>/toxicity/{dataset}/{scored}.zarr"),
    log:
        "<logs>/toxicity/{dataset}/{scored}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/{scored}.tsv"
    priority: 12
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_score", mem_mb=2000, runtime=30),
    params:
        settings=settings(
            backbone=TOXICITY.backbone,
            **TOXICITY.model.model_dump(include={"mask", "penalty"}),
            **TOXICITY.comparison.model_dump(exclude={"fragment_minimum"}),
        ),
        code=code("toxicity/score.py"),
    message:
        "toxicity: score the models of {wildcards.dataset} ({wildcards.scored})"
    script:
        "../scripts/toxicity/score.py"


# The sparse runs of the first fold whose masks are shown.
TOXICITY_MASKS = {
    "predictions": expand(TOXICITY_SPARSE, dataset=TOXICITY.shown),
    "molecules": expand(TOXICITY_MOLECULES, dataset=TOXICITY.shown),
}
TOXICITY_REPLICATES = expand(
    TOXICITY_REPLICATE, dataset=TOXICITY_DESIGN.replicated(TOXICITY.shown)
)
TOXICITY_SCORES, TOXICITY_FORMS = (
    expand(
        "<results>/toxicity/{dataset}/{scored}.zarr",
        dataset=TOXICITY.include,
        scored=scored,
    )
    for scored in TOXICITY_SCORED
)

TOXICITY_FIGURES = {
    **{f"fig{n}": {"scores": TOXICITY_SCORES} for n in (1, 2, 3, 7, 8)},
    "fig4": {
        **TOXICITY_MASKS,
        "alerted": expand(TOXICITY_SPARSE, dataset=TOXICITY.alerted),
        "alerts": expand(TOXICITY_MOLECULES, dataset=TOXICITY.alerted),
    },
    "fig5": {
        "predictions": TOXICITY_MASKS["predictions"],
        "replicates": TOXICITY_REPLICATES,
    },
    "fig6": {
        **TOXICITY_MASKS,
        "replicates": TOXICITY_REPLICATES,
        "scores": TOXICITY_SCORES,
    },
    "figS1": {"scores": TOXICITY_FORMS},
}
TOXICITY_MEASURED = {
    "scores": TOXICITY_SCORES,
    # Sparse runs that differ in nothing but the seed.
    "replicates": expand(
        [TOXICITY_SPARSE, TOXICITY_REPLICATE],
        dataset=TOXICITY_DESIGN.replicated(TOXICITY.include),
    ),
}
