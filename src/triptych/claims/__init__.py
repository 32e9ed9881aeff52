"""The claims of the papers, measured on stored results and evaluated."""
