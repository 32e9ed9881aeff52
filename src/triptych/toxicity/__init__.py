"""Paper 3: one chemical language model, and a sparse mask of a molecule's tokens for every task.

To read in this order: ``curate`` and ``splits`` (data), ``backbones`` and ``models``, ``masks``,
``training`` and ``fitting``, ``scoring``, ``claims``. All modules:

Data

- ``names``: what settings, rules and science call kinds of models, masks and splits
- ``tables``: molecules and labels of a CSV file, checked cell by cell
- ``smiles``: SMILES as text and as molecules, canonical form, heavy atoms
- ``curate``: from rows to distinct molecules
- ``splits``: folds, stratified at random or by scaffold
- ``alerts``: a dataset labelled by structural alerts, with the alerts' atoms
- ``recombine``: new molecules from parts of known ones
- ``building_blocks``: the known ones

Encoder and tokens

- ``tokens``: molecules as numbers, and the token that holds each heavy atom
- ``batches``: encoded molecules in batches of like length
- ``packing``: the real tokens of a batch in one row
- ``bert``: the layers of BERT, RoBERTa and ALBERT
- ``kernels``: attention and dropout in a form that a CPU is fast at
- ``backbones``: published encoders, converted and loaded

Models and masks

- ``masks``: forms of a task's mask, and its penalty
- ``models``: an encoder pooled for all tasks alike, or by each task's mask
- ``fingerprints``: Morgan fingerprints
- ``forest``: the reference, random forests on fingerprints

Training

- ``design``: which models are trained on which folds
- ``fitting``: from stores to a fitted model and its predictions
- ``training``: the training loop of all language models
- ``predict``: logits, and masks over the atoms
- ``attribution``: gradients over the atoms, of models without masks

Scores

- ``runs``: what a store of predictions belongs to
- ``metrics``: accuracy and calibration, by task
- ``sparsity``: how few atoms a mask rests on
- ``recovery``: whether masks find the atoms of alerts
- ``bootstrap``: resamples of molecules, means over folds, intervals
- ``scoring``: all scores of a dataset's runs

Comparison and claims

- ``comparing``: means over folds, and differences of models
- ``stored``: these as rows with their samples
- ``agreement``: how much masks of tasks and of trainings agree
- ``claims``: the quantities behind the claims
- ``summaries``: tidy tables of the scores

Figures

- ``fragments``: groups and rings that masks fall on
- ``examples``: which molecules are shown
- ``drawing``: molecules shaded by a mask
- ``plotting``: names, colours and parts that figures share
"""
