# Paper 1, stable spectral neural operator: trajectories → trainings → rollouts → nine figures.
from triptych.ssno.splits import SCORED as SSNO_SPLITS

SSNO = CONFIG.ssno
SSNO_DIR = f"{RESULTS}/ssno/{{system}}"
SSNO_RUN = SSNO_DIR + "/runs/{model}_{variant}_n{trajectories}_s{seed}"


def ssno_system(name, *sections):
    """Those sections of a system's settings that a job uses: others do not rerun it."""
    return SSNO.systems[name].model_dump(include=set(sections))


def ssno_runs(name):
    """Every training of a system: the comparison, and on the focus the sweep and the ablations."""
    system = SSNO.systems[name]
    most, first = system.grid.trajectories, system.seeds[0]
    models = ["ssno", *system.baselines]
    runs = [(model, "default", most, seed) for seed in system.seeds for model in models]
    if name == SSNO.focus:
        swept = [n for n in SSNO.sweep if n != most]
        runs += [
            (m, "default", n, first)
            for n in swept
            for m in SSNO.sweep_models
            if m in models
        ]
        runs += [("ssno", variant, most, first) for variant in SSNO.variants]
    keys = ("model", "variant", "trajectories", "seed")
    return [dict(zip(keys, run)) for run in runs]


def ssno_run_files(name, file):
    return [f"{SSNO_RUN}/{file}".format(system=name, **run) for run in ssno_runs(name)]


def ssno_picks_rate(w):
    """The training whose learning rate is this one's: a baseline's first, on all trajectories."""
    system = SSNO.systems[w.system]
    first = dict(trajectories=system.grid.trajectories, seed=system.seeds[0])
    picks = SSNO_RUN.format(system=w.system, model=w.model, variant="default", **first)
    itself = {"trajectories": int(w.trajectories), "seed": int(w.seed)} == first
    return None if w.model == "ssno" or itself else picks


def ssno_training_inputs(w):
    files = {
        split: f"{SSNO_DIR}/data/{split}.zarr".format(system=w.system)
        for split in ("train", "val")
    }
    picks = ssno_picks_rate(w)
    return {**files, "picked": f"{picks}/history.zarr"} if picks else files


def ssno_training(w):
    """What a training is told; a baseline has its own iterations, sizes and learning rates."""
    told = {
        "system": w.system,
        "settings": ssno_system(w.system, "grid", "training"),
        "model": w.model,
        "variant": w.variant,
        "trajectories": int(w.trajectories),
        "seed": int(w.seed),
        "device": CONFIG.device,
    }
    training = told["settings"]["training"]
    if w.model == "ssno":
        told["settings"] |= ssno_system(w.system, "model")
        if w.variant != "default":
            training["learning_rate"] = SSNO.variants[w.variant]
    else:
        for own in ("iterations", "learning_rate", "mask_penalty"):
            del training[own]
        told |= SSNO.systems[w.system].baselines[w.model].model_dump()
        if not ssno_picks_rate(w):
            told["learning_rates"] = SSNO.baseline_learning_rates[w.model]
    return settings(**told)


rule ssno_generate:
    output:
        data=directory(SSNO_DIR + "/data/{split}.zarr"),
    log:
        log_of("ssno/{system}/generate_{split}"),
    benchmark:
        benchmark_of("ssno/{system}/generate_{split}")
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=lambda w: settings(
            system=w.system,
            settings=ssno_system(w.system, "grid"),
            split=w.split.partition("_at")[0],
            points=int(w.split.partition("_at")[2] or 0) or None,
            seed=SSNO.data_seed,
            device=CONFIG.device,
        ),
        code=code("ssno/generate.py"),
    message:
        "ssno: solve {wildcards.system} for {wildcards.split}"
    script:
        "../scripts/ssno/generate.py"


rule ssno_train:
    input:
        unpack(ssno_training_inputs),
    output:
        weights=SSNO_RUN + "/weights.safetensors",
        history=directory(SSNO_RUN + "/history.zarr"),
    log:
        log_of("ssno/{system}/train_{model}_{variant}_n{trajectories}_s{seed}"),
    benchmark:
        benchmark_of("ssno/{system}/train_{model}_{variant}_n{trajectories}_s{seed}")
    # The longest trainings start first, so that the last core is not left with them.
    priority: 15
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=3000,
        runtime=600,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=ssno_training,
        code=code("ssno/train.py"),
    message:
        "ssno: train {wildcards.model} ({wildcards.variant}) on {wildcards.trajectories} of {wildcards.system}, seed {wildcards.seed}"
    script:
        "../scripts/ssno/train.py"


rule ssno_evaluate:
    input:
        data=lambda w: expand(
            SSNO_DIR + "/data/{split}.zarr", system=w.system, split=SSNO_SPLITS
        ),
        weights=lambda w: ssno_run_files(w.system, "weights.safetensors"),
        histories=lambda w: ssno_run_files(w.system, "history.zarr"),
    output:
        scores=directory(SSNO_DIR + "/scores.zarr"),
        closer=directory(SSNO_DIR + "/closer.zarr"),
        symbol=directory(SSNO_DIR + "/symbol.zarr"),
    log:
        log_of("ssno/{system}/evaluate"),
    benchmark:
        benchmark_of("ssno/{system}/evaluate")
    priority: 12
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=3000,
        runtime=120,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=lambda w: settings(
            system=w.system,
            settings=ssno_system(w.system, "grid", "model", "baselines", "seeds"),
            splits=SSNO_SPLITS,
            runs=ssno_runs(w.system),
            frames=5,
            device=CONFIG.device,
        ),
        code=code("ssno/evaluate.py"),
    message:
        "ssno: roll out and score every model of {wildcards.system}"
    script:
        "../scripts/ssno/evaluate.py"


SSNO_MAIN = {
    "model": "ssno",
    "variant": "default",
    "trajectories": SSNO.systems[SSNO.focus].grid.trajectories,
    "seed": SSNO.systems[SSNO.focus].seeds[0],
}


rule ssno_resolutions:
    input:
        data=expand(
            SSNO_DIR + "/data/test_at{points}.zarr",
            system=SSNO.focus,
            points=SSNO.resolutions,
        ),
        weights=f"{SSNO_RUN}/weights.safetensors".format(system=SSNO.focus, **SSNO_MAIN),
        history=f"{SSNO_RUN}/history.zarr".format(system=SSNO.focus, **SSNO_MAIN),
    output:
        scores=directory(f"{RESULTS}/ssno/resolutions.zarr"),
    log:
        log_of("ssno/resolutions"),
    benchmark:
        benchmark_of("ssno/resolutions")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=settings(
            system=SSNO.focus,
            settings=ssno_system(SSNO.focus, "grid", "model"),
            resolutions=SSNO.resolutions,
            run=SSNO_MAIN,
            device=CONFIG.device,
        ),
        code=code("ssno/resolutions.py"),
    message:
        "ssno: one model at other resolutions"
    script:
        "../scripts/ssno/resolutions.py"


rule ssno_steps:
    input:
        data=f"{SSNO_DIR}/data/test.zarr".format(system=SSNO.focus),
        weights=f"{SSNO_RUN}/weights.safetensors".format(system=SSNO.focus, **SSNO_MAIN),
        history=f"{SSNO_RUN}/history.zarr".format(system=SSNO.focus, **SSNO_MAIN),
    output:
        scores=directory(f"{RESULTS}/ssno/steps.zarr"),
    log:
        log_of("ssno/steps"),
    benchmark:
        benchmark_of("ssno/steps")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        settings=settings(
            system=SSNO.focus,
            settings=ssno_system(SSNO.focus, "grid", "model"),
            substeps=SSNO.substeps,
            run=SSNO_MAIN,
            device=CONFIG.device,
        ),
        code=code("ssno/steps.py"),
    message:
        "ssno: one model's equation stepped both ways"
    script:
        "../scripts/ssno/steps.py"


SSNO_SCORES = expand(SSNO_DIR + "/scores.zarr", system=SSNO.include)
SSNO_CLOSER = expand(SSNO_DIR + "/closer.zarr", system=SSNO.include)
SSNO_SPHERES = [name for name in SSNO.include if name.endswith("sphere")]
SSNO_FIGURES = {
    "fig1": {"closer": SSNO_CLOSER, "scores": SSNO_SCORES},
    "fig2": {"scores": SSNO_SCORES},
    "fig3": {"scores": SSNO_SCORES},
    "fig4": {"scores": expand(SSNO_DIR + "/scores.zarr", system=SSNO.focus)},
    "fig5": {"scores": SSNO_SCORES},
    "fig6": {
        "symbols": expand(SSNO_DIR + "/symbol.zarr", system=SSNO.include),
        "closer": SSNO_CLOSER,
        "scores": SSNO_SCORES,
    },
    "fig7": {
        "scores": expand(SSNO_DIR + "/scores.zarr", system=SSNO.focus),
        "steps": rules.ssno_steps.output.scores,
    },
    "fig8": {"scores": rules.ssno_resolutions.output.scores},
    "fig9": {
        kind: expand(SSNO_DIR + f"/{kind}.zarr", system=SSNO_SPHERES)
        for kind in ("closer", "scores")
    },
}


rule ssno_figure:
    input:
        unpack(lambda w: SSNO_FIGURES[w.figure]),
    output:
        **drawn("ssno"),
    log:
        log_of("ssno/{figure}"),
    benchmark:
        benchmark_of("ssno/{figure}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        settings=figure_settings(),
        code=code("ssno/plot_{figure}.py"),
    message:
        "ssno: draw {wildcards.figure}"
    script:
        "../scripts/ssno/plot_{wildcards.figure}.py"


for name in SSNO_FIGURES:

    rule:
        name:
            f"ssno_{name}"
        input:
            **figure(f"ssno_{name}"),


rule paper_ssno:
    input:
        [path for name in SSNO_FIGURES for path in figure(f"ssno_{name}").values()],


MEASURED["ssno"] = {
    "scores": SSNO_SCORES,
    "symbols": expand(SSNO_DIR + "/symbol.zarr", system=SSNO.include),
    "steps": rules.ssno_steps.output.scores,
}
REPORTS["ssno"] = [*rules.paper_ssno.input, *SSNO_SCORES]
