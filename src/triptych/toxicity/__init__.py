"""Paper 3: one chemical language model, and a sparse mask of a molecule's tokens for every task.

To read in this order: ``curate`` and ``splits`` (data), ``backbones`` and ``models``, ``masks``,
``training`` and ``fitting``, ``scoring``, ``claims``.
"""
