#!/usr/bin/env bash
# Runs in the project's folder with the new environment active.
set -euo pipefail
python -m pip install --requirement requirements.lock
python -m pip install --no-deps --editable .
