# Paper 3, sparse task masks: tables → molecules → folds, splits and tokens, and the encoders'
# weights.
TOXICITY = CONFIG.toxicity
# A raw input's folder or a file of the user's; the alerts are made without one.
TOXICITY_TABLES = {
    name: f"<results>/raw/{dataset.raw}" if dataset.raw else dataset.file
    for name, dataset in TOXICITY.datasets.items()
    if dataset.raw or dataset.file
}

with refused_in_words():
    for name in TOXICITY.include:
        table = TOXICITY.datasets[name].file
        if table and not Path(table).is_file():
            raise ConfigurationError(
                f"toxicity.datasets.{name}.file: there is no file {table!r}"
            )


rule toxicity_prepare:
    input:
        unpack(
            lambda w: (
                {"table": TOXICITY_TABLES[w.dataset]}
                if w.dataset in TOXICITY_TABLES
                else {}
            )
        ),
    output:
        molecules=directory("<results>/toxicity/{dataset}/molecules.zarr"),
    log:
        "<logs>/toxicity/{dataset}/prepare.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/prepare.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_prepare", mem_mb=1000, runtime=15),
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


rule toxicity_folds:
    input:
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
    output:
        folds=directory("<results>/toxicity/{dataset}/folds/{split_method}.zarr"),
    log:
        "<logs>/toxicity/{dataset}/folds_{split_method}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/folds_{split_method}.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_folds", mem_mb=1000, runtime=15),
    params:
        settings=lambda w: settings(
            split_method=w.split_method,
            **TOXICITY.folds.model_dump(include={"count", "seed"}),
        ),
        code=code("toxicity/folds.py"),
    message:
        "toxicity: folds of {wildcards.dataset}, {wildcards.split_method}"
    script:
        "../scripts/toxicity/folds.py"


rule toxicity_split:
    input:
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
        folds="<results>/toxicity/{dataset}/folds/{split_method}.zarr",
    output:
        split=directory(
            "<results>/toxicity/{dataset}/splits/{split_method}_f{fold}.zarr"
        ),
    log:
        "<logs>/toxicity/{dataset}/split_{split_method}_f{fold}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/split_{split_method}_f{fold}.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_split", mem_mb=1000, runtime=15),
    params:
        settings=lambda w: settings(
            fold=int(w.fold), validation=TOXICITY.folds.validation
        ),
        code=code("toxicity/split.py"),
    message:
        "toxicity: {wildcards.dataset} with {wildcards.split_method} fold {wildcards.fold} tested"
    script:
        "../scripts/toxicity/split.py"


rule toxicity_backbone:
    input:
        files="<results>/raw/{raw}",
    output:
        backbone=directory("<results>/toxicity/backbones/{raw}"),
    log:
        "<logs>/toxicity/backbone_{raw}.log",
    benchmark:
        "<benchmarks>/toxicity/backbone_{raw}.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_backbone", mem_mb=1500, runtime=15),
    params:
        settings=settings(),
        code=code("toxicity/backbone.py"),
    message:
        "toxicity: weights of {wildcards.raw} as safetensors"
    script:
        "../scripts/toxicity/backbone.py"


rule toxicity_encode:
    input:
        molecules="<results>/toxicity/{dataset}/molecules.zarr",
        backbone="<results>/toxicity/backbones/{raw}",
    output:
        tokens=directory("<results>/toxicity/{dataset}/tokens/{raw}.zarr"),
    log:
        "<logs>/toxicity/{dataset}/encode_{raw}.log",
    benchmark:
        "<benchmarks>/toxicity/{dataset}/encode_{raw}.tsv"
    priority: 20
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("toxicity_encode", mem_mb=1000, runtime=15),
    params:
        settings=settings(spellings=TOXICITY.spellings),
        code=code("toxicity/encode.py"),
    message:
        "toxicity: tokens of {wildcards.dataset} for {wildcards.raw}"
    script:
        "../scripts/toxicity/encode.py"
