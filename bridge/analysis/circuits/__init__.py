"""Circuits: the fewest elements of a model that keep a behaviour, whatever the rest of it does, or held at something.

*Elements* are the places of the model: what its blocks compute (features of the byte, neurons, what trees come to) and
what its state holds, an integer being one element. A question is about one step, the one whose prediction is looked at.
In it, an element that is *kept* has the value that it computes from what it reads there, which may be kept or not. One
that is *not kept* has another value, the same for all that read it; elements that were no candidates (`blocks`) stay as
they are. Steps before, and what the state holds after the step, are none of the question.

What stands for the rest:
- `any`: every combination of values of their ranges. That a behaviour stays is then *proven*, for all states and inputs
  that meet the condition, or at one place of a text for the state there. An element whose value is arbitrary anyway,
  as a state bit that the condition does not speak of, is never kept: the circuit works without knowing it.
- `constant`: what each element is most often on the text; `zero`: 0; `resample`: what all of them are together at other
  places of the text. That a behaviour stays is then *measured* at places of the text.

    found = circuit(cell, text=text, at=1000)                           # what keeps the prediction of byte 1000
    found = circuit(cell, where="after ' the Lor'", predict="'d'")      # proven for all states
    found = circuit(cell, text=text, where="after 'th'", rest="resample")
"""
