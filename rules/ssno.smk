# Paper 1, stable spectral neural operator: trajectories → search → trainings → rollouts → figures.
from triptych.ssno.candidates import Candidate
from triptych.ssno.design import Comparison, Design, Grid, Run
from triptych.ssno.names import LEADING, SPHERES
from triptych.ssno.splits import SCORED, SPLITS

SSNO = CONFIG.ssno
SSNO_DESIGN = Design(
    systems={
        name: Comparison(list(system.baselines), system.grid.trajectories, system.seeds)
        for name, system in SSNO.systems.items()
    },
    focus=SSNO.focus,
    sweep_systems=SSNO.sweep_systems,
    sweep=SSNO.sweep,
    variants=SSNO.variants,
    grid=Grid(
        SSNO.search.padding,
        SSNO.search.substeps,
        SSNO.search.learning_rates,
        SSNO.search.extensions,
    ),
    budget=SSNO.budget,
)
SSNO_CANDIDATE = "<results>/ssno/{system}/candidates/{model}_{candidate}.zarr"
SSNO_RUN = "<results>/ssno/{system}/runs/{model}_{variant}_n{trajectories}_s{seed}"
(SSNO_MAIN,) = each(SSNO_RUN, [SSNO_DESIGN.main], system=SSNO.focus)
SSNO_DATA = {
    name: {
        "system": name,
        "settings": system.model_dump(include={"grid"}),
        "seed": SSNO.data_seed,
        "device": CONFIG.device,
    }
    for name, system in SSNO.systems.items()
}
# What a training of a model is handed, in the search or after it, and what rebuilds a system's models.
SSNO_SETTINGS = {name: system.model_dump() for name, system in SSNO.systems.items()}
SSNO_TRAINING = {
    (name, model): {
        **SSNO_DESIGN.training(name, model, system, SSNO.model.model_dump()),
        "training": SSNO.training.model_dump(),
    }
    for name, system in SSNO_SETTINGS.items()
    for model in [LEADING, *SSNO_DESIGN.systems[name].models]
}
SSNO_MODELS = {
    name: {
        "grid": system["grid"],
        "sizes": {"ssno": SSNO.model.model_dump(), **system["baselines"]},
    }
    for name, system in SSNO_SETTINGS.items()
}


rule ssno_generate:
    output:
        **{
            split: directory(f"<results>/ssno/{{system}}/data/{split}.zarr")
            for split in SPLITS
        },
    log:
        "<logs>/ssno/{system}/generate.log",
    benchmark:
        "<benchmarks>/ssno/{system}/generate.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_generate", mem_mb=2000, runtime=120, gpu=GPU),
    params:
        settings=lambda w: settings(**SSNO_DATA[w.system], points=None),
        code=code("ssno/generate.py"),
    message:
        "ssno: solve {wildcards.system} for all its sets"
    script:
        "../scripts/ssno/generate.py"


use rule ssno_generate as ssno_generate_at with:
    output:
        test=directory("<results>/ssno/{system}/data/test_at{points}.zarr"),
    log:
        "<logs>/ssno/{system}/generate_at{points}.log",
    benchmark:
        "<benchmarks>/ssno/{system}/generate_at{points}.tsv"
    resources:
        **asked("ssno_generate_at", mem_mb=2000, runtime=60, gpu=GPU),
    params:
        settings=lambda w: settings(**SSNO_DATA[w.system], points=int(w.points)),
        code=code("ssno/generate.py"),
    message:
        "ssno: solve {wildcards.system} for its test set on {wildcards.points} points"


rule ssno_candidate:
    input:
        earlier=lambda w: each(
            SSNO_CANDIDATE,
            SSNO_DESIGN.grid.earlier(Candidate.of(w)),
            system=w.system,
        ),
        train="<results>/ssno/{system}/data/train.zarr",
        val="<results>/ssno/{system}/data/val.zarr",
    output:
        record=directory(SSNO_CANDIDATE),
    log:
        "<logs>/ssno/{system}/candidate_{model}_{candidate}.log",
    benchmark:
        "<benchmarks>/ssno/{system}/candidate_{model}_{candidate}.tsv"
    # Trainings wait for them.
    priority: 18
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_candidate", mem_mb=3000, runtime=600, gpu=GPU),
    params:
        settings=lambda w: settings(
            system=w.system,
            model=w.model,
            candidate=w.candidate,
            known=SSNO_DESIGN.grid.tried(Candidate.of(w)),
            settings={
                **SSNO_TRAINING[w.system, w.model],
                "share": SSNO.search.share,
                "factor": SSNO.search.factor,
            },
            trajectories=SSNO_DESIGN.systems[w.system].trajectories,
            seed=SSNO_DESIGN.systems[w.system].seeds[0],
            device=CONFIG.device,
        ),
        code=code("ssno/candidate.py"),
    message:
        "ssno: try {wildcards.candidate} of {wildcards.model} on {wildcards.system}"
    script:
        "../scripts/ssno/candidate.py"


rule ssno_search:
    input:
        candidates=lambda w: each(
            SSNO_CANDIDATE, SSNO_DESIGN.candidates(w.system), system=w.system
        ),
    output:
        search=directory("<results>/ssno/{system}/search.zarr"),
    log:
        "<logs>/ssno/{system}/search.log",
    benchmark:
        "<benchmarks>/ssno/{system}/search.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("ssno_search", mem_mb=1000, runtime=10),
    params:
        settings=settings(),
        code=code("ssno/search.py"),
    message:
        "ssno: gather what was tried on {wildcards.system}"
    script:
        "../scripts/ssno/search.py"


rule ssno_train:
    input:
        candidates=lambda w: each(
            SSNO_CANDIDATE,
            SSNO_DESIGN.selection(w.system, Run.of(w)),
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
            settings=SSNO_TRAINING[w.system, w.model],
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
            frames=5,
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
