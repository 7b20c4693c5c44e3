"""`python -m bridge.cli` is `aigbridge`."""

from bridge.cli import main

main()
