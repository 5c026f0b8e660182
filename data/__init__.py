"""The way in: the line data set, MNIST, and their splits. Imports nothing of the other rooms; the script in lines.py does."""
