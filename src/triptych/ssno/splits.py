"""The sets of trajectories that models are scored on. The rules read this: it imports nothing."""

SCORED = ("test", "long", "rougher", "larger")
"""Besides ``train`` and ``val``, what the splits of every system must hold."""
