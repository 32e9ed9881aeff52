# One notebook a paper: executed on the stores, and as HTML. One page that all is reached from.

# What their templates stand on.
PAGE = {"style": own("report/style.css"), "layout": own("report/page.html.j2")}


rule notebook:
    input:
        **PAGE,
        notebook=own("notebooks/{paper}.ipynb"),
        figures=lambda w: [
            file
            for figure in FIGURES[w.paper]
            for file in FIGURE_FILES[f"{w.paper}_{figure}"]
        ],
        results=lambda w: SHOWN[w.paper],
        measured="<results>/claims/{paper}.json",
        template=own("report/notebook.html.j2"),
    output:
        notebook="<results>/reports/{paper}.ipynb",
        html="<results>/reports/{paper}.html",
    log:
        "<logs>/report/{paper}.log",
    benchmark:
        "<benchmarks>/report/{paper}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("notebook", mem_mb=1000, runtime=10),
    params:
        settings=lambda w: settings(
            paper=w.paper,
            of_record=PUBLISHED_RUNS.get(w.paper),
            claims=of_paper(w.paper, CLAIMS),
            findings=of_paper(w.paper, FINDINGS),
            captions=CAPTIONS_OF[w.paper],
            notebook_code=digest_of_code(
                PROJECT / "notebooks" / f"{w.paper}.ipynb", PROJECT / "src"
            ),
        ),
        code=code("report/execute.py"),
    message:
        "report of {wildcards.paper}: execute its notebook"
    script:
        "../scripts/report/execute.py"


rule index:
    input:
        **PAGE,
        template=own("report/index.html.j2"),
        claims=rules.claims.output.claims,
        figures=expand("<results>/figures/{name}.png", name=FIGURE_NAMES),
        reports=expand(rules.notebook.output.html, paper=FIGURES),
    output:
        html="<results>/reports/index.html",
    log:
        "<logs>/report/index.log",
    # It takes seconds, too few for a cluster's queue.
    localrule: True
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("index", mem_mb=1000, runtime=5),
    params:
        settings=settings(
            scale=SCALE,
            of_record=PUBLISHED_RUNS,
            captions=CAPTIONS,
        ),
        code=code("report/index.py"),
    message:
        "report: the index page"
    script:
        "../scripts/report/index.py"


rule reports:
    input:
        rules.index.input.reports,
        rules.index.output.html,
