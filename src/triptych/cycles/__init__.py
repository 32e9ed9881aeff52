"""Paper 2: a generative model whose latent Markov chain may break detailed balance."""
