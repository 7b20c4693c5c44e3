"""Does one signal affect another? `affects` asks about two of them, `matrix` about all pairs.

`question` poses it; `switches` try pairs of runs, `cofactors` ask SAT about unequal cofactors; `on_text` and
`reachable` ask about fewer states; `replay` checks every witness, `proof` writes down a no.
"""
