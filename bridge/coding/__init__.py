"""Entropy coding: texts and circuits in few bytes, exactly."""
