"""Machines learned from examples, melted, and proven equal to a few lines of specification."""
