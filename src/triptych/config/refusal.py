"""How a run of Snakemake ends that cannot begin: with one message."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import yaml


@contextmanager
def refused_in_words() -> Iterator[None]:
    """End the process with what is wrong with a value, a file or a folder, and status 1.

    For rule files: Snakemake writes the file names and lines of the rules behind every error that
    it is shown.
    """
    try:
        yield
    except (ValueError, yaml.YAMLError, OSError) as error:
        sys.exit(str(error))
