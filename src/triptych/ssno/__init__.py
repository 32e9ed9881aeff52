"""Paper 1: the stable spectral neural operator for stiff equations learned from little data.

To read in this order: ``systems`` and ``etdrk4`` (data), ``transforms``, ``model`` and
``stepping``, ``training`` and ``search``, ``evaluate``, ``claims``.
"""
