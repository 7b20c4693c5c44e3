"""Probes: how well bits tell a feature of a text, and whether the model uses them."""
