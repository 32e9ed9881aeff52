# Paper 1, stable spectral neural operator: what there is to train, trajectories, and the search for
# its settings.
from triptych.ssno import design as ssno_design
from triptych.ssno.names import LEADING, SPLITS

SSNO = CONFIG.ssno
SSNO_DESIGN = ssno_design.Design(
    systems={
        name: ssno_design.Comparison(
            list(system.baselines), system.grid.trajectories, system.seeds
        )
        for name, system in SSNO.systems.items()
    },
    focus=SSNO.focus,
    sweep_systems=SSNO.sweep_systems,
    sweep=SSNO.sweep,
    variants=SSNO.variants,
    learning_rates=SSNO.search.learning_rates,
    extensions=SSNO.search.extensions,
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
SSNO_SETTINGS = {name: system.model_dump() for name, system in SSNO.systems.items()}
# Sizes of the SSNO by system: in its training, and in the rollouts that are scored.
SSNO_SIZES, SSNO_SCORED_SIZES = (
    {
        name: ssno_design.ssno_sizes(
            SSNO.model.model_dump(), system["grid"]["dt"], scored=scored
        )
        for name, system in SSNO_SETTINGS.items()
    }
    for scored in (False, True)
)
# What a training of a model is handed, in the search or after it.
SSNO_TRAINING = {
    (name, model): {
        **SSNO_DESIGN.training_settings(name, model, system, SSNO_SIZES[name]),
        "training": SSNO.training.model_dump(),
    }
    for name, system in SSNO_SETTINGS.items()
    for model in [LEADING, *SSNO_DESIGN.systems[name].models]
}
# What rebuilds a system's models.
SSNO_MODELS = {
    name: {
        "grid": system["grid"],
        "sizes": {"ssno": SSNO_SCORED_SIZES[name], **system["baselines"]},
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
            SSNO_DESIGN.earlier(w.system, ssno_design.Candidate.of(w)),
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
            rate=SSNO_DESIGN.candidate_rates(w.model)[ssno_design.Candidate.of(w)],
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
