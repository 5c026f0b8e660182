"""One module for each part of the benchmark: `measure` returns its rows."""
