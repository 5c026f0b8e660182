"""What every script needs: command line, Keras and its files, run folders. Imports `data.errors` alone of this project."""
