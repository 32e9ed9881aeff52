# The numbers of record in place of the papers' own rules: stores are unpacked, no rule trains.
from triptych.inspect.published import published
from triptych.runtime.step import of_each

with refused_in_words():
    RECORDS = published(SCALE, PROJECT / "reference", with_stores=True)

if workflow.is_main_process and (own_settings := CONFIG.model_fields_set & {*PAPERS}):
    print(
        "numbers of record have settings of their own: "
        f"yours of {', '.join(sorted(own_settings))} are not used",
        file=sys.stderr,
    )


# By a store's path in the archive, that which it is unpacked to.
UNPACKED = "<results>/{}".format
FIGURES = {
    paper: {
        name.removeprefix(f"{paper}_"): of_each(UNPACKED, figure["inputs"])
        for name, figure in record.figures.items()
    }
    for paper, record in RECORDS.items()
}
# Figures say in their metadata which run's numbers they show.
FIGURE_SETTINGS = {
    name: {**figure["params"], "numbers_of_record": record.run}
    for record in RECORDS.values()
    for name, figure in record.figures.items()
}
MEASURED = {
    paper: of_each(UNPACKED, record.measured) for paper, record in RECORDS.items()
}
SHOWN = {paper: list(map(UNPACKED, record.shown)) for paper, record in RECORDS.items()}
PUBLISHED_RUNS = {paper: record.run for paper, record in RECORDS.items()}

for paper, record in RECORDS.items():

    rule:
        name:
            f"{paper}_unpack"
        input:
            archive=own(f"reference/{SCALE}/{paper}.tar.xz"),
        output:
            stores=[
                directory(path) if path.endswith(".zarr") else path
                for path in map(UNPACKED, record.stores)
            ],
        log:
            f"<logs>/reference/{paper}.log",
        # It takes seconds, too few for a cluster's queue.
        localrule: True
        conda:
            "../envs/triptych.yaml"
        resources:
            **asked(f"{paper}_unpack", mem_mb=500, runtime=5),
        params:
            settings=settings(digest=record.archive),
            code=code("reference/unpack.py"),
        message:
            f"{paper}: unpack its numbers of record"
        script:
            "../scripts/reference/unpack.py"
