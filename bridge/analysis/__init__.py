"""Understanding: who affects whom (proven), influence on text (measured), what state bits and neurons are about.

`signals` says what a name stands for, `places` what it is to change it, `elements` which number it is; `cones` know the
paths, `unrolling` lays out steps, `runs` are from where. `claims` reads conditions and claims, `edits` changes a model,
`predicted` adds what the head predicts. `dependences` asks who affects whom, and `invariants`, `neurons` and
`comparison` build on it; `proving` and `divergence` are about all texts, `explaining` and `circuits` about what
suffices, `words` and `probing` about what a bit is of; `text` has what is measured on one.
"""
