"""Paper 1: the stable spectral neural operator for stiff equations learned from little data."""
