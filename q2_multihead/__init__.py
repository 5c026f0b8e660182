"""Section 2: one network with four heads on the line data set."""
