"""Tests of the inferences: synthetic results of which every number is known, and what each inference says of them."""
