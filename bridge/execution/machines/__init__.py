"""What runs: the portable interpreter and machine code for programs, lanes of vectors for one stream of a cell."""
