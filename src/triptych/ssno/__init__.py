"""Paper 1: the stable spectral neural operator for stiff equations learned from little data.

To read in this order: ``systems`` and ``etdrk4`` (data), ``transforms``, ``model`` and
``stepping``, ``training`` and ``search``, ``evaluate``, ``claims``. All modules, by what they are
for:

Data

- ``equations``: the equations that the data are made from, in spectral space
- ``system``: what a system is, and its sets of trajectories
- ``systems``: the seven systems
- ``adapt``: a system with the numbers of a scale
- ``grf``: random initial fields
- ``etdrk4``: the solver
- ``simulation``: from a system to its trajectories
- ``layout``: how trajectories lie in a store

Spectra

- ``domains``: the box and the sphere
- ``transforms``: what solvers and models ask of a transform
- ``fourier``: the transform on a box
- ``spherical``: the transform on the sphere
- ``wavenumbers``: what a grid resolves, and what a low-pass keeps
- ``coordinates``: the place as periodic channels
- ``areas``: the share of the domain that a grid point stands for

Models

- ``emulator``: what every model offers to its training
- ``model``: the SSNO, with its equation
- ``operators``: what it makes of its weights once a call
- ``generators``: its linear part λ
- ``networks``: the small networks inside it
- ``products``: the products in Π
- ``stepping``: one step in time
- ``baselines``: the models that it is measured against
- ``models``: all models by name

Training

- ``names``: names that settings, rules and science share
- ``specs``: what can be chosen about a model and its training
- ``design``: which trainings the comparisons ask for
- ``frames``: from stored trajectories to what a model is given
- ``recipe``: from selected settings to a network and its training
- ``regression``: the fit of λ before a training
- ``training``: the training loop
- ``rollout``: a model on its own output
- ``search``: which learning rates are tried and selected

Scores

- ``evaluate``: rollouts of trained models, and their scores
- ``metrics``: errors, correlations and high-correlation times
- ``spectra``: energy and errors by wavenumber
- ``symbols``: the learned linear part against that of the equation
- ``tables``: numbers of the comparison
- ``resampling``: resamples of trajectories, and the spread of trainings
- ``claims``: the quantities behind the claims

Figures

- ``labels``: what figures and tables call things, and say of seeds and trajectories
- ``plotting``: colours, marks and helpers
- ``pictures``: pictures of fields
- ``finer``: fields between their grid points
"""
