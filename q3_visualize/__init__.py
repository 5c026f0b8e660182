"""Section 3: look inside any Keras 3 network."""
