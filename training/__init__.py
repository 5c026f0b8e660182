"""What Sections 1 and 2 share to train: recipe, training loop, checkpoint, and the way from a recipe to a run folder."""
