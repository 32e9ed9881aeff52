"""Paper 2: a generative model whose latent Markov chain may break detailed balance.

To read in this order: ``data``, ``model``, ``chain_step`` and ``gradient``, ``train``,
``thermodynamics``, ``evaluate``, ``claims``.
"""
