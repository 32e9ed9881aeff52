"""Where results lie, and what to do with them."""

from __future__ import annotations

from pathlib import Path

from triptych.runtime.layout import settings_of, what_next


def test_what_to_look_at_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scale = Path("results/laptop")
    figures, page = scale / "figures", scale / "reports/index.html"
    command = "the same command with the target reports makes one page of all"
    assert what_next(scale) == f"next: open results/laptop; {command}"
    figures.mkdir(parents=True)
    (figures / "ssno_fig1.png").touch()
    assert what_next(scale) == f"next: open results/laptop/figures; {command}"
    page.parent.mkdir()
    page.touch()
    assert what_next(scale) == f"next: open {page}, all figures and verdicts on one page"


def test_a_scale_without_a_file_of_its_own_is_given_none(tmp_path, project, monkeypatch):
    monkeypatch.chdir(project)
    assert settings_of(tmp_path / "mine") == ([], [f"results={tmp_path}"])
