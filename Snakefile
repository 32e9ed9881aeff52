# Three papers, from raw inputs to every figure:  snakemake --cores 8 all
from snakemake.utils import min_version

min_version("9.17")


configfile: "config/config.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/raw.smk"
include: "rules/ssno.smk"
include: "rules/cycles.smk"
include: "rules/toxicity.smk"
include: "rules/claims.smk"
include: "rules/report.smk"


# On a cluster these run where Snakemake does: nodes have no network, and the others take seconds.
localrules:
    raw_input,
    claims,
    verify,
    index,


rule all:
    default_target: True
    input:
        rules.paper_ssno.input,
        rules.paper_cycles.input,
        rules.paper_toxicity.input,


with refused_in_words():
    ask_for(CONFIG.requests)


onsuccess:
    close()


onerror:
    close()
