# Three papers, from raw inputs to every figure:  snakemake --cores 8 all
from snakemake.utils import min_version

min_version("9.23")


configfile: "config/config.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"


# Published numbers are drawn without the rules that compute them.
if CONFIG.reference:

    include: "rules/reference.smk"

else:

    include: "rules/raw.smk"
    include: "rules/ssno_search.smk"
    include: "rules/ssno.smk"
    include: "rules/cycles.smk"
    include: "rules/cycles_references.smk"
    include: "rules/toxicity_data.smk"
    include: "rules/toxicity.smk"
    include: "rules/papers.smk"


include: "rules/figures.smk"
include: "rules/claims.smk"
include: "rules/report.smk"


if not CONFIG.reference:
    with refused_in_words():
        refuse_unknown_resources()


rule all:
    default_target: True
    input:
        [PAPER_FILES[paper] for paper in FIGURES],


# One word that is neither a rule nor a file. In another's workflow it is not ours to say.
if PROJECT == Path(workflow.basedir).resolve():

    rule unknown_target:
        input:
            lambda w: refuse_target(w.target),
        output:
            "{target}",


onsuccess:
    close(what_next(Path(RESULTS)))


onerror:
    close(*why_missing(Path(RESULTS)))
