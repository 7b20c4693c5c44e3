"""How small the logic of a cell gets, beside plain compressors and other people's programs."""
