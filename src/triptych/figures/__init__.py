"""One look for every figure: style, palette, sizes, panel labels, saving."""
