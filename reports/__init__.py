"""The way out: run folders, scores, figures and tables. Imports nothing else of this project."""
