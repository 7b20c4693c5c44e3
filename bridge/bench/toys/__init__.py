"""Toy models of superposition: autoencoders of known sparse features, from floats to ternary weights and binary units.

`data` has the features, `network` an autoencoder as numbers and as a `Cell`, `training` trains many at once with torch,
`measured` says how each stores its features, beside nulls.
"""
