# One notebook a paper: executed on the stores, and as HTML.
REPORTS = {}


rule report:
    input:
        notebook="notebooks/{paper}.ipynb",
        results=lambda w: REPORTS[w.paper],
    output:
        notebook=f"{RESULTS}/reports/{{paper}}.ipynb",
        html=f"{RESULTS}/reports/{{paper}}.html",
    params:
        settings=lambda w: settings(paper=w.paper, scale=CONFIG.scale, results=CONFIG.results),
        code=code("report/execute.py"),
    resources:
        mem_mb=1000,
        runtime=10,
    log:
        log_of("report/{paper}"),
    benchmark:
        benchmark_of("report/{paper}")
    message:
        "report of {wildcards.paper}: execute its notebook"
    script:
        "../scripts/report/execute.py"
