"""Settings of paper 2, nonequilibrium latent cycles."""

from __future__ import annotations

from triptych.workflow.config.base import Section


class Cycles(Section):
    """draft"""
