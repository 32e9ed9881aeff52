"""What the site of `make docs` has beside the pages of `docs/`: hooks that MkDocs calls.

The site is a tree of pages as in the repository, so that relative links hold in both. The page of
figures is made from the results of a scale, which are never committed, that of claims from the
registry and from what was measured.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from triptych.claims.registry import Claim, Finding, load_registry
from triptych.claims.render import needed_text, outcome_texts
from triptych.config.papers import PAPERS, Paper
from triptych.figures.names import number, order
from triptych.reports.captions import caption
from triptych.reports.equations import with_equations

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "config/README.md",
    "resources/raw/README.md",
)
"""Pages that lie outside of `docs/`."""
LAPTOP = Path("reference/laptop")
"""What was measured at the laptop scale, as it ships."""

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
HEAD = '<meta charset="utf-8">'
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded from elsewhere; of scripts in a page only the theme's own, by their digests."""


def on_files(files: Files, config: Any) -> Files:
    """Give each page its place in the repository, and add those that are made."""
    results = Path(config.extra["results"])
    docs = Path(config.docs_dir)
    tree = [file for file in files if file.src_dir != config.docs_dir]
    names = [(docs / file.src_uri).relative_to(ROOT) for file in files if file not in tree]
    for name in [*names, *map(Path, PAGES)]:
        tree.append(File(name.as_posix(), str(ROOT), config.site_dir, use_directory_urls=False))
    for picture in sorted((ROOT / results / "figures").glob("*_fig*.p*")):
        shown = File.generated(config, f"figures/{picture.name}", abs_src_path=str(picture))
        tree.append(shown)
    made = {"gallery": gallery_page(ROOT, results), "claims": claims_page(ROOT, [results, LAPTOP])}
    for page, text in made.items():
        tree.append(File.generated(config, f"docs/{page}.md", content=text))
    return Files(tree)


def on_page_content(html: str, **_: Any) -> str:
    """Show equations as such."""
    return with_equations(html)


def on_post_page(output: str, **_: Any) -> str:
    """Put a page under the policy."""
    return output.replace(HEAD, f"{HEAD}\n{policy(output)}", 1)


def on_post_template(output_content: str, **_: Any) -> str:
    """Leave out what only servers and search engines use."""
    return ""


def policy(page: str) -> str:
    """Return the element that sets a page's security policy."""
    digests = {hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(page)}
    allowed = sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    content = POLICY.format(scripts=" ".join(allowed))
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'


def gallery_page(root: Path, results: Path) -> str:
    """Return the page of all figures, each with its caption and the command that rebuilds it.

    Parameters
    ----------
    root
        The project's folder.
    results
        A scale's folder, absolute or in the project.
    """
    drawn = {picture.stem for picture in (root / results / "figures").glob("*_fig*.png")}
    parts = ["# Figures"]
    if drawn:
        parts += ["A figure leads to its PDF."]
    else:
        parts += [f"`{results}` had no figures when this site was made; `make figures` draws them."]
        parts += ["![The figures that the project was shown with](figure_montage.png)"]
    for name, paper in PAPERS.items():
        parts.append(_heading(paper))
        scripts = (root / "scripts" / name).glob("plot_fig*.py")
        for script in sorted(scripts, key=lambda script: order(script.stem)):
            figure = f"{name}_{script.stem.removeprefix('plot_')}"
            parts += _card(figure, script, results, figure in drawn)
    return "\n\n".join(parts) + "\n"


def claims_page(root: Path, scales: Sequence[Path]) -> str:
    """Return the page of claims and findings: what came out at each scale, and what is behind it.

    Parameters
    ----------
    root
        The project's folder.
    scales
        Folders in which the claims were measured, that of record first, absolute or in the project.
        One in which none was measured is left out.
    """
    registry = load_registry(root / "config/claims.yaml")
    parts = [
        "# Claims",
        "In tables: [results](results.md). Verdicts count at the workstation and the paper scale.",
    ]
    everything = {**registry.claims, **registry.findings}
    measured = [root / scale for scale in scales if (root / scale / "claims").is_dir()]
    outcomes = {scale.name: outcome_texts(registry, scale) for scale in measured}
    for name, paper in PAPERS.items():
        parts.append(_heading(paper))
        for short, entry in everything.items():
            if entry.paper == name:
                came_out = [f"- {scale}: {texts[short]}." for scale, texts in outcomes.items()]
                lines = [*came_out, *_behind(entry)]
                parts += [f"### {short}", entry.says, "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _heading(paper: Paper) -> str:
    return f"## {paper.short}\n\n*{paper.title}*, arXiv:{paper.arxiv}."


def _card(name: str, script: Path, results: Path, drawn: bool) -> Iterator[str]:
    """Say what a figure shows, with its picture and of which scale it is if it was drawn."""
    yield f"### Figure {number(name)} {{ #{name} }}"
    if drawn:
        yield f"[![{name}](../figures/{name}.png){{ loading=lazy }}](../figures/{name}.pdf)"
    yield f"{caption(script)} From `{results}`." if drawn else caption(script)
    of_record = f"snakemake --cores 2 {name} --config reference={results.name} # in seconds\n"
    commands = of_record if results.parent.name == "reference" else ""
    yield f"```sh\nsnakemake --cores 2 {name} # from raw inputs, laptop scale\n{commands}```"


def _behind(entry: Finding) -> Iterator[str]:
    """Say of a claim or a finding what measures it, and where the line is."""
    if isinstance(entry, Claim):
        yield f"- Needed: {needed_text(entry.model_dump())}. {entry.reason}"
    given = "".join(f", {key} {value}" for key, value in entry.arguments.items())
    function = f"triptych.{entry.paper}.claims.{entry.quantity}"
    yield f"- Measured by [`{entry.quantity}`][{function}]{given}."
    yield f"- Shown by [{entry.figure}](gallery.md#{entry.figure})."
