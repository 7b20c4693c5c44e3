"""Netlists of cells or lookup tables: libraries, and mapped netlists read and written."""
