"""The way in: the line data set, MNIST, and their splits. Imports nothing else of this project."""
