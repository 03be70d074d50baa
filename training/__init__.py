"""Trains the Atlas models that ship with Trimtab. `training/train.sh` runs all of it."""
