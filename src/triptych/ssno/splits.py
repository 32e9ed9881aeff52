"""The sets of trajectories of every system. The rules read this: it imports nothing."""

SCORED = ("test", "long", "rougher", "larger")
"""Those that models are scored on."""
SPLITS = ("train", "val", *SCORED)
"""All of them."""
