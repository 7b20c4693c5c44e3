"""Neurons, trees and automata in words that a human reads: which bytes, how long ago, and what they add."""
