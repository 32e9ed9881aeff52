# Every figure of every paper, by one rule; its paper's own rules say what it is drawn from.
# Those named `figS` and a number are supplementary: in the reports, and by their own targets.
from triptych.figures.names import supplementary

FIGURE_NAMES = [f"{paper}_{name}" for paper in FIGURES for name in FIGURES[paper]]
FIGURE_FILES = {
    name: expand("<results>/figures/{name}.{kind}", name=name, kind=["pdf", "png"])
    for name in FIGURE_NAMES
}
PAPER_FILES = {
    paper: [
        FIGURE_FILES[f"{paper}_{figure}"]
        for figure in FIGURES[paper]
        if not supplementary(figure)
    ]
    for paper in FIGURES
}


rule figure:
    input:
        unpack(lambda w: FIGURES[w.paper][w.figure]),
    output:
        pdf="<results>/figures/{paper}_{figure}.pdf",
        png=report(
            "<results>/figures/{paper}_{figure}.png",
            caption="../report/figure.rst",
            category=lambda w: PAPERS[w.paper].short,
            labels=lambda w: {
                "figure": w.figure,
                "shows": first_sentence(CAPTIONS[f"{w.paper}_{w.figure}"]),
            },
        ),
    log:
        "<logs>/{paper}/{figure}.log",
    benchmark:
        "<benchmarks>/{paper}/{figure}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("figure", mem_mb=1500, runtime=10),
    params:
        settings=lambda w: settings(
            **{
                "stamp": "smoke" if SCALE == "smoke" else None,
                **FIGURE_SETTINGS.get(f"{w.paper}_{w.figure}", {}),
            }
        ),
        code=code("{paper}/plot_{figure}.py"),
    message:
        "{wildcards.paper}: draw {wildcards.figure}"
    script:
        "../scripts/{wildcards.paper}/plot_{wildcards.figure}.py"


# One target a figure, `snakemake cycles_fig4`, and one a paper.
for name in FIGURE_NAMES:

    rule:
        name:
            name
        input:
            FIGURE_FILES[name],


for paper in FIGURES:

    rule:
        name:
            f"paper_{paper}"
        input:
            PAPER_FILES[paper],
