"""One module a command of ``python -m triptych``: ``HELP``, ``arguments`` and ``run``.

A command imports what it needs inside ``run``: the others start without it.
"""
