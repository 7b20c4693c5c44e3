"""A plain checker of DRAT proofs by reverse unit propagation; deletions are ignored, which never hurts."""

from __future__ import annotations

import re


def refuted(cnf: str, proof: str) -> bool:
    """Is every lemma implied, and the last one empty? AssertionError for one that is not."""
    clauses = [tuple(map(int, line.split()[:-1])) for line in cnf.splitlines() if re.match(r"[-0-9]", line)]
    for line in proof.splitlines():
        if line.startswith("d"):
            continue
        lemma = tuple(map(int, line.split()[:-1]))
        assert propagates(clauses, [-literal for literal in lemma]), f"lemma {lemma} does not follow"
        clauses.append(lemma)
    return clauses[-1] == ()


def propagates(clauses: list[tuple[int, ...]], assumed: list[int]) -> bool:
    true = set(assumed)
    while True:
        before = len(true)
        for clause in clauses:
            left = [literal for literal in clause if -literal not in true]
            if not left:
                return True
            if len(left) == 1:
                true.add(left[0])
        if len(true) == before:
            return False
