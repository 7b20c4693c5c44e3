"""Interventions: something done to places of a model, which gives a model that everything else accepts.

    held = edit(cell, {"layer0.memory[3]": 0})                    a bit, at all steps
    edit(cell, {"emb": 5, "layer0.neurons": "flip"})              a block as a number, or inverted; several at once
    edit(cell, {"h@17": activations(cell, other, "h")[90]})       patching: at position 17, what it was elsewhere
    edit(cell, {"h": "copy:other.txt@90"})                        the same in words, at all steps
    edit(cell, {"h": "resample:kjv"})                             at each step, what it was somewhere in a text

A name is a place (see `bridge.analysis.places`): what reads it reads the value instead, as the cell defines its
readers. Of a state bit that is what the next step reads, from reset on; of the byte what the blocks read of it, while a
text is still charged as it is. In a netlist without its cell, other names of the same node change with it, and the log
says so. What is copied or drawn is recorded in the model as it is, before anything is done to it.

The result is a netlist like others: constants are nodes, so that all names stay places. Where the position in a text
matters, it has latches that count the bytes read from reset on (`do.position`), see `bridge.execution.positions`; a
step among *any* states is then one at any position. A place that is resampled reads one of 256 values recorded at
random positions of the text, all its bits together, chosen by a scrambled count: the same for the same seed and
position.
"""

from __future__ import annotations

from bridge.analysis.edits.editing import edit as edit
from bridge.analysis.edits.editing import edit_all as edit_all
from bridge.analysis.edits.editing import refuse_resampled as refuse_resampled
from bridge.analysis.edits.values import Copied as Copied
from bridge.analysis.edits.values import Resampled as Resampled
