"""What is measured on a text: `influence` of flipped bits, `statistics` of what each bit follows, and the `runs`."""
