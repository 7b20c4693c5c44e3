"""The shape of a cell for a budget of ANDs."""

from __future__ import annotations

from bridge.training.options import LayerOptions, TrainingOptions

SMALL = 20_000  # ANDs that the widths below belong to


def sized(ands: int) -> TrainingOptions:
    """Options for a threshold cell of about so many ANDs (adders shared, before any flow) with a code head.

    The widths grow more slowly than the budget, so that larger cells have more inputs for each neuron as well.
    """
    width, bits = (max(1, round(small * (ands / SMALL) ** power)) for small, power in ((24, 0.6), (84, 0.15)))
    return TrainingOptions(
        embedding_bits=bits,
        window=3,
        layers=(
            LayerOptions(neurons=2 * width, latches=width, fan_in=16, embeddings=3),
            LayerOptions(neurons=4 * width, fan_in=16, embeddings=3, taps=(0, 3)),
        ),
        head_fan_in=40,
        head_embeddings=3,
        wiring="matrix",
        head="code",
        ands=ands,
    )
