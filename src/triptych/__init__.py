"""Triptych: three papers, one workflow, from raw inputs to every figure."""
