# Paper 1: trainings → rollouts → what figures and claims read; ssno_search.smk is before it.
from triptych.ssno import design as ssno_design
from triptych.ssno.names import SCORED, SPHERES


rule ssno_train:
    input:
        candidates=lambda w: each(
            SSNO_CANDIDATE,
            SSNO_DESIGN.eligible_candidates(w.system, ssno_design.Run.of(w)),
            system=w.system,
        ),
        contenders=lambda w: each(
            f"{SSNO_RUN}/history.zarr",
            SSNO_DESIGN.contenders(w.system, ssno_design.Run.of(w)),
            system=w.system,
        ),
        train="<results>/ssno/{system}/data/train.zarr",
        val="<results>/ssno/{system}/data/val.zarr",
    output:
        weights=f"{SSNO_RUN}/weights.safetensors",
        history=directory(f"{SSNO_RUN}/history.zarr"),
    log:
        "<logs>/ssno/{system}/train_{model}_{variant}_n{trajectories}_s{seed}.log",
    benchmark:
        "<benchmarks>/ssno/{system}/train_{model}_{variant}_n{trajectories}_s{seed}.tsv"
    # The longest trainings start first, so that the last core is not left with them.
    priority: 15
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_train", mem_mb=3000, runtime=600, gpu=GPU),
    params:
        settings=lambda w: settings(
            system=w.system,
            settings={
                **SSNO_TRAINING[w.system, w.model],
                "share": SSNO.search.share,
            },
            variant=w.variant,
            trajectories=int(w.trajectories),
            seed=int(w.seed),
            device=CONFIG.device,
        ),
        code=code("ssno/train.py"),
    message:
        "ssno: train {wildcards.model} ({wildcards.variant}) on {wildcards.trajectories} of {wildcards.system}, seed {wildcards.seed}"
    script:
        "../scripts/ssno/train.py"


rule ssno_evaluate:
    input:
        data=expand("<results>/ssno/{{system}}/data/{split}.zarr", split=SCORED),
        weights=lambda w: each(
            f"{SSNO_RUN}/weights.safetensors",
            SSNO_DESIGN.runs(w.system),
            system=w.system,
        ),
        histories=lambda w: each(
            f"{SSNO_RUN}/history.zarr", SSNO_DESIGN.runs(w.system), system=w.system
        ),
    output:
        scores=directory("<results>/ssno/{system}/scores.zarr"),
        snapshots=directory("<results>/ssno/{system}/snapshots.zarr"),
        symbol=directory("<results>/ssno/{system}/symbol.zarr"),
    log:
        "<logs>/ssno/{system}/evaluate.log",
    benchmark:
        "<benchmarks>/ssno/{system}/evaluate.tsv"
    priority: 12
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_evaluate", mem_mb=3000, runtime=120, gpu=GPU),
    params:
        settings=lambda w: settings(
            system=w.system,
            settings=SSNO_MODELS[w.system],
            splits=SCORED,
            runs=[vars(run) for run in SSNO_DESIGN.runs(w.system)],
            device=CONFIG.device,
        ),
        code=code("ssno/evaluate.py"),
    message:
        "ssno: roll out and score every model of {wildcards.system}"
    script:
        "../scripts/ssno/evaluate.py"


rule ssno_resolutions:
    input:
        data=expand(
            "<results>/ssno/{system}/data/test_at{points}.zarr",
            system=SSNO.focus,
            points=SSNO.resolutions,
        ),
        weights=f"{SSNO_MAIN}/weights.safetensors",
        history=f"{SSNO_MAIN}/history.zarr",
    output:
        scores=directory("<results>/ssno/resolutions.zarr"),
    log:
        "<logs>/ssno/resolutions.log",
    benchmark:
        "<benchmarks>/ssno/resolutions.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_resolutions", mem_mb=2000, runtime=60, gpu=GPU),
    params:
        settings=settings(
            system=SSNO.focus,
            settings=SSNO_MODELS[SSNO.focus],
            resolutions=SSNO.resolutions,
            run=vars(SSNO_DESIGN.main),
            device=CONFIG.device,
        ),
        code=code("ssno/resolutions.py"),
    message:
        "ssno: one model at other resolutions"
    script:
        "../scripts/ssno/resolutions.py"


rule ssno_steps:
    input:
        data=f"<results>/ssno/{SSNO.focus}/data/test.zarr",
        weights=f"{SSNO_MAIN}/weights.safetensors",
        history=f"{SSNO_MAIN}/history.zarr",
    output:
        scores=directory("<results>/ssno/steps.zarr"),
    log:
        "<logs>/ssno/steps.log",
    benchmark:
        "<benchmarks>/ssno/steps.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_steps", mem_mb=2000, runtime=60, gpu=GPU),
    params:
        settings=settings(
            system=SSNO.focus,
            settings=SSNO_MODELS[SSNO.focus],
            substeps=SSNO.substeps,
            run=vars(SSNO_DESIGN.main),
            device=CONFIG.device,
        ),
        code=code("ssno/steps.py"),
    message:
        "ssno: one model's equation stepped both ways"
    script:
        "../scripts/ssno/steps.py"


SSNO_SCORES = expand("<results>/ssno/{system}/scores.zarr", system=SSNO.include)
SSNO_SNAPSHOTS = expand("<results>/ssno/{system}/snapshots.zarr", system=SSNO.include)
SSNO_SEARCHES = expand("<results>/ssno/{system}/search.zarr", system=SSNO.include)


rule ssno_costs:
    input:
        scores=SSNO_SCORES,
        searches=SSNO_SEARCHES,
    output:
        table="<results>/ssno/costs.csv",
    log:
        "<logs>/ssno/costs.log",
    # It takes seconds, too few for a cluster's queue.
    localrule: True
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_costs", mem_mb=1000, runtime=5),
    params:
        settings=settings(),
        code=code("ssno/costs.py"),
    message:
        "ssno: CPU seconds of every training"
    script:
        "../scripts/ssno/costs.py"


SSNO_SYMBOLS = expand("<results>/ssno/{system}/symbol.zarr", system=SSNO.include)
SSNO_FIGURES = {
    "fig1": {"snapshots": SSNO_SNAPSHOTS, "scores": SSNO_SCORES},
    "fig2": {"scores": SSNO_SCORES},
    "fig3": {"scores": SSNO_SCORES},
    "fig4": {
        "scores": expand(
            "<results>/ssno/{system}/scores.zarr", system=SSNO.sweep_systems
        )
    },
    "fig5": {"scores": SSNO_SCORES},
    "fig6": {
        "symbols": SSNO_SYMBOLS,
        "snapshots": SSNO_SNAPSHOTS,
        "scores": SSNO_SCORES,
    },
    "fig7": {
        "scores": [f"<results>/ssno/{SSNO.focus}/scores.zarr"],
        "steps": rules.ssno_steps.output.scores,
    },
    "fig8": {"scores": rules.ssno_resolutions.output.scores},
    "fig9": {
        kind: expand(
            f"<results>/ssno/{{system}}/{kind}.zarr",
            system=[name for name in SSNO.include if name in SPHERES],
        )
        for kind in ("snapshots", "scores")
    },
    "figS1": {"search": SSNO_SEARCHES},
}
SSNO_MEASURED = {
    "scores": SSNO_SCORES,
    "symbols": SSNO_SYMBOLS,
    "steps": rules.ssno_steps.output.scores,
}
