"""What the site of `make docs` has beside the pages of `docs/`: hooks that MkDocs calls.

The site is a tree of pages as in the repository, so that relative links hold in both. The page of
figures is made from the results of a scale, which are never committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from equations import with_equations
from mkdocs.structure.files import File, Files
from references import with_references

from triptych.config.papers import PAPERS
from triptych.figures.names import number
from triptych.reports.captions import captions

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "config/README.md",
    "resources/raw/README.md",
)
"""Pages that lie outside of `docs/`."""


def on_files(files: Files, config: Any) -> Files:
    """Give each page its place in the repository, and add pictures and the page of them."""
    results = Path(config.extra["results"])
    docs = Path(config.docs_dir)
    tree = [file for file in files if file.src_dir != config.docs_dir]
    names = [(docs / file.src_uri).relative_to(ROOT) for file in files if file not in tree]
    for name in [*names, *map(Path, PAGES)]:
        tree.append(File(name.as_posix(), str(ROOT), config.site_dir, use_directory_urls=False))
    for picture in sorted((ROOT / results / "figures").glob("*_fig*.p*")):
        shown = File.generated(config, f"figures/{picture.name}", abs_src_path=str(picture))
        tree.append(shown)
    gallery = gallery_page(ROOT, results)
    tree.append(File.generated(config, "docs/figures.md", content=gallery))
    return Files(tree)


def on_page_content(html: str, **_: Any) -> str:
    """Show equations as such, and references as links."""
    return with_equations(with_references(html))


def on_post_template(output_content: str, **_: Any) -> str:
    """Leave out what only servers and search engines use."""
    return ""


def gallery_page(root: Path, results: Path) -> str:
    """Return the page of all figures, each with its caption and the command that rebuilds it.

    Parameters
    ----------
    root
        The project's folder.
    results
        A scale's folder, absolute or in the project.
    """
    parts = ["# Figures", "A figure leads to its PDF."]
    for name, paper in PAPERS.items():
        parts.append(f"## {paper.short}\n\n*{paper.title}*, arXiv:{paper.arxiv}.")
        for figure, shows in captions(root, name).items():
            parts += _card(figure, shows, results)
    return "\n\n".join(parts) + "\n"


def _card(name: str, shows: str, results: Path) -> Iterator[str]:
    """Say what a figure shows, with its picture and of which scale that is."""
    yield f"### Figure {number(name)} {{ #{name} }}"
    yield f"[![{name}](../figures/{name}.png){{ loading=lazy }}](../figures/{name}.pdf)"
    yield f"{shows} From `{results}`."
    of_record = f"snakemake --cores 2 {name} --config reference={results.name} # in seconds\n"
    commands = of_record if results.parent.name == "reference" else ""
    yield f"```sh\nsnakemake --cores 2 {name} # from raw inputs, laptop scale\n{commands}```"
