"""Section 1: CNNs on the line data set and on MNIST."""
