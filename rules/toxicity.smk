# Paper 3, sparse task masks: trainings → the choice of λ → scores → eight figures.
from triptych.toxicity.design import CHOSEN, NO_PENALTY, Comparison, Design

TOXICITY_RUN = "<results>/toxicity/{dataset}/runs/{kind}_{backbone}_{split_method}_s{seed}_{penalty}"
TOXICITY_DESIGN = Design(
    datasets={
        name: Comparison(
            dataset.seeds,
            dataset.scaffold_seeds,
            dataset.single_task_seeds,
            dataset.penalties,
        )
        for name, dataset in TOXICITY.datasets.items()
    },
    backbone=TOXICITY.backbone,
    backbones=list(TOXICITY.backbones),
    backbone_dataset=TOXICITY.backbone_dataset,
    backbone_kinds=TOXICITY.backbone_kinds,
)


rule toxicity_train:
    input:
        unpack(
            lambda w: {
                "tokens": f"<results>/toxicity/{{dataset}}/tokens/{TOXICITY.backbones[w.backbone].raw}.zarr",
                "backbone": f"<results>/toxicity/backbones/{TOXICITY.backbones[w.backbone].raw}",
            }
        ),
        # Where λ is the chosen one, the choice as well.
        unpack(
            lambda w: (
                {"choice": "<results>/toxicity/{dataset}/choice.zarr"}
                if w.penalty == CHOSEN
                else {}
            )
        ),
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
        split="<results>/toxicity/{dataset}/splits/{split_method}_s{seed}.zarr",
    output:
        predictions=directory(f"{TOXICITY_RUN}/predictions.zarr"),
        weights=f"{TOXICITY_RUN}/weights.safetensors",
        history=directory(f"{TOXICITY_RUN}/history.zarr"),
    log:
        "<logs>/toxicity/{dataset}/train_{kind}_{backbone}_{split_method}_s{seed}_{penalty}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/train_{kind}_{backbone}_{split_method}_s{seed}_{penalty}.tsv"
    # Single-task models take longest, and the chosen λ waits for the grid: they start first.
    priority: lambda w: {"stl": 19, "sparse": 18}.get(w.kind, 15)
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_train", mem_mb=3000, runtime=600, gpu=GPU),
    params:
        settings=lambda w: settings(
            kind=w.kind,
            penalty=(
                float(w.penalty) if w.penalty not in (NO_PENALTY, CHOSEN) else None
            ),
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
        "toxicity: train {wildcards.kind} ({wildcards.backbone}, λ {wildcards.penalty}) on {wildcards.dataset}, {wildcards.split_method} split, seed {wildcards.seed}"
    script:
        "../scripts/toxicity/train.py"


rule toxicity_choose:
    input:
        predictions=lambda w: each(
            f"{TOXICITY_RUN}/predictions.zarr",
            TOXICITY_DESIGN.grid(w.dataset),
            dataset=w.dataset,
        ),
    output:
        choice=directory("<results>/toxicity/{dataset}/choice.zarr"),
        predictions=directory("<results>/toxicity/{dataset}/chosen.zarr"),
    log:
        "<logs>/toxicity/{dataset}/choose.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/choose.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_choose", mem_mb=1000, runtime=15),
    params:
        settings=settings(tolerance=TOXICITY.choice.tolerance),
        code=code("toxicity/choose.py"),
    message:
        "toxicity: λ for {wildcards.dataset}, by validation"
    script:
        "../scripts/toxicity/choose.py"


rule toxicity_forest:
    input:
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
        split="<results>/toxicity/{dataset}/splits/{split_method}_s{seed}.zarr",
    output:
        predictions=directory(
            "<results>/toxicity/{dataset}/forests/{split_method}_s{seed}.zarr"
        ),
    log:
        "<logs>/toxicity/{dataset}/forest_{split_method}_s{seed}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/forest_{split_method}_s{seed}.tsv"
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_forest", mem_mb=2000, runtime=60),
    params:
        settings=lambda w: settings(
            fingerprint=TOXICITY.forest.model_dump(include={"radius", "bits"}),
            forest=TOXICITY.forest.model_dump(include={"trees", "min_leaf"}),
            seed=int(w.seed),
        ),
        code=code("toxicity/forest.py"),
    message:
        "toxicity: fingerprint forest on {wildcards.dataset}, {wildcards.split_method} split, seed {wildcards.seed}"
    script:
        "../scripts/toxicity/forest.py"


rule toxicity_score:
    input:
        predictions=lambda w: [
            *each(
                f"{TOXICITY_RUN}/predictions.zarr",
                TOXICITY_DESIGN.grid(w.dataset) + TOXICITY_DESIGN.runs(w.dataset),
                dataset=w.dataset,
            ),
            *each(
                "<results>/toxicity/{dataset}/forests/{split_method}_s{seed}.zarr",
                TOXICITY_DESIGN.datasets[w.dataset].splits,
                dataset=w.dataset,
            ),
        ],
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
        choice="<results>/toxicity/{dataset}/choice.zarr",
    output:
        scores=directory("<results>/toxicity/{dataset}/scores.zarr"),
    log:
        "<logs>/toxicity/{dataset}/score.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/score.tsv"
    priority: 12
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_score", mem_mb=2000, runtime=30),
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
    "predictions": expand(
        "<results>/toxicity/{dataset}/chosen.zarr", dataset=TOXICITY_SHOWN
    ),
    "molecules": expand(
        "<results>/toxicity/{dataset}/molecules.zarr", dataset=TOXICITY_SHOWN
    ),
}
TOXICITY_SCORES = expand(
    "<results>/toxicity/{dataset}/scores.zarr", dataset=TOXICITY.include
)

TOXICITY_FIGURES = {
    **{f"fig{n}": {"scores": TOXICITY_SCORES} for n in (1, 2, 3, 7, 8)},
    "fig4": TOXICITY_MASKS,
    "fig5": {"predictions": TOXICITY_MASKS["predictions"]},
    "fig6": {**TOXICITY_MASKS, "scores": TOXICITY_SCORES},
}
TOXICITY_MEASURED = {
    "scores": TOXICITY_SCORES,
    "masks": expand(
        "<results>/toxicity/{dataset}/chosen.zarr", dataset=TOXICITY.include
    ),
}
