"""What the sections share: the training loop, and the way from a recipe to a run folder. Imports `data` and `reports`."""
