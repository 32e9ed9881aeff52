"""Paper 2: a generative model whose latent Markov chain may break detailed balance.

To read in this order: ``design`` (what populations, designs and rates are), ``model``,
``chain_step`` and ``gradient``, ``train``, ``thermodynamics``, ``evaluate``, ``claims``.

Data

- ``digits``: labelled grey images, the type that readers return
- ``data``: readers of raw files, registered by the dataset's name
- ``binary_images``: from grey to binary images; those of training, held out, followed or coarse

Model and design

- ``design``: which populations, designs and runs a configuration asks for
- ``model``: the kernels A(z|x) and B(x|z) of a whole population, and draws from them
- ``walk``: the images and states that a trained model passes through
- ``streams``: independent streams of random numbers

Training

- ``chain_step``: one latent step of the persistent chains, and π and T as estimated from them
- ``gradient``: gradients that keep some or all latent steps, and that of tied models
- ``optimise``: RMSprop
- ``train``: the loop over iterations, its checkpoints
- ``history``: what is recorded on the way

The latent chain of trained models, from draws to numbers

- ``transitions``: the kernel T by Monte Carlo, and the jackknife of what follows from it
- ``stationary``: from T to π, exactly, and to the autocorrelation time of the latent state
- ``thermodynamics``: from T and π to fluxes, currents, σ, circulation
- ``decomposition``: from fluxes to directed cycles
- ``whole_chain``: entropy production of z → x → z′, which σ of the latent chain alone leaves out

Other scores

- ``likelihood``: of images, given π
- ``classify``: an independent classifier of images, and KL of the classes
- ``evaluate``: all of these for one population

Exact and equilibrium references

- ``exact``: gradient and π by enumeration of all images, for models of a dozen pixels
- ``truncation``: the cosine of truncated gradients to the exact one
- ``mixture``: EM, what K states can reach without a chain
- ``rbm``: the Bernoulli RBM
- ``rbm_evaluate``: its scores, by ``ais`` and ``mixing``
- ``ais``: log Z by annealed importance sampling
- ``mixing``: autocorrelation time of images along a chain, where ``stationary`` has that of states

Claims and figures, from stored evaluations

- ``tables``: evaluations as one table of models, those at their best rate, kinds of models
- ``choose``: learning rates and the model shown, never by held-out images
- ``resampling``: numbers of a table with their intervals over models
- ``claims``: the quantities behind claims and findings
- ``plotting``: what several figures share
"""
