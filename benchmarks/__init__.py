"""Measurements of speed, beside what a user would take instead."""
