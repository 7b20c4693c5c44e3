"""Random circuits, lists of gates and weightless networks, and evaluators of them written to be obviously right."""

from __future__ import annotations

from typing import Any

import numpy as np

# What torchlogix's documentation says of its gates, for operands a and b.
MEANING = {
    "CONST_FALSE": lambda a, b: False,
    "CONST_TRUE": lambda a, b: True,
    "WIRE": lambda a, b: a,
    "NOT": lambda a, b: not a,
    "NOT_A": lambda a, b: not a,
    "NOT_B": lambda a, b: not b,
    "AND": lambda a, b: a and b,
    "OR": lambda a, b: a or b,
    "XOR": lambda a, b: a != b,
    "NAND": lambda a, b: not (a and b),
    "NOR": lambda a, b: not (a or b),
    "XNOR": lambda a, b: a == b,
    "AND_NOT_B": lambda a, b: a and not b,
    "AND_NOT_A": lambda a, b: b and not a,
    "OR_NOT_B": lambda a, b: a or not b,
    "OR_NOT_A": lambda a, b: b or not a,
}
WORDS = {
    "0": lambda bits: 0,
    "1": lambda bits: 1,
    "buf": lambda bits: bits[0],
    "not": lambda bits: 1 - bits[0],
    "and": min,
    "or": max,
    "xor": lambda bits: sum(bits) % 2,
    "nand": lambda bits: 1 - min(bits),
    "nor": lambda bits: 1 - max(bits),
    "xnor": lambda bits: 1 - sum(bits) % 2,
}


def random_circuit(seed: int, sums: bool = True) -> dict[str, Any]:
    """As torchlogix writes it: ids with gaps, operands that are not used, sums with one tau and offset; without sums
    also operands that are nothing."""
    rng = np.random.default_rng(seed)
    inputs = int(rng.integers(1, 9))
    known, gates = list(range(inputs)), []
    for _ in range(int(rng.integers(1, 40))):
        own = known[-1] + int(rng.integers(1, 4))
        reads = [int(rng.choice(known[-20:])) if rng.random() < 0.97 else -1 for _ in range(2)]
        operation = str(rng.choice(list(MEANING)))
        gates.append({"gate_id": own, "op": operation, "in0": reads[0], "in1": reads[1], "node_idx": -1})
        known.append(own)
    facts = {"n_inputs": inputs, "input_shape": [inputs], "gates": gates}
    if not sums:
        return facts | {"outputs": [int(one) for one in rng.choice(known, 5)], "output_shape": [5]}
    tau, beta = float(rng.choice([1.0, 3.3])), float(rng.choice([0.0, 0.5]))
    first, nodes = known[-1] + 1, []
    for index in range(int(rng.integers(1, 5))):
        read = [int(one) for one in rng.choice(known, int(rng.integers(1, 20)))]
        nodes.append(
            {"node_id": first + index, "input_ids": read, "tau": tau, "beta": beta + float(rng.integers(0, 3))}
        )
    outputs = [node["node_id"] for node in nodes]
    return facts | {"outputs": outputs, "output_shape": [len(outputs)], "sum_nodes": nodes}


def circuit_scores(facts: dict[str, Any], bits: list[int]) -> list[float]:
    """Of one row: the outputs of a circuit, gate by gate."""
    value: dict[int, Any] = dict(enumerate(bits)) | {-1: 0}
    for gate in facts["gates"]:
        value[gate["gate_id"]] = int(MEANING[gate["op"]](value[gate["in0"]], value[gate["in1"]]))
    for node in facts.get("sum_nodes", []):
        value[node["node_id"]] = (sum(value[read] for read in node["input_ids"]) + node["beta"]) / node["tau"]
    return [value[output] for output in facts["outputs"]]


def random_listing(seed: int) -> dict[str, Any]:
    """In the format `gates`, with tables of up to eight operands."""
    rng = np.random.default_rng(seed)
    inputs = int(rng.integers(1, 9))
    gates: list[list[Any]] = []
    for index in range(int(rng.integers(0, 30))):
        count = int(rng.integers(1, 4)) if rng.random() < 0.8 else int(rng.integers(0, 9))
        reads = [int(read) for read in rng.integers(0, inputs + index, count)]
        words = [
            word for word in WORDS if (word in "01") == (count == 0) and (word not in ("buf", "not") or count == 1)
        ]
        table = f"0x{int.from_bytes(rng.bytes(32), 'little') & (1 << (1 << count)) - 1:x}"
        gates.append([str(rng.choice(words)) if rng.random() < 0.5 else table, *reads])
    signals = inputs + len(gates)
    outputs: list[Any] = [int(rng.integers(0, signals))]
    outputs += [[int(one) for one in rng.integers(0, signals, int(rng.integers(0, 9)))] for _ in range(3)]
    return {"format": "gates", "inputs": inputs, "gates": gates, "outputs": outputs, "bias": [0, 3, -2, 0]}


def listing_scores(facts: dict[str, Any], bits: list[int]) -> list[int]:
    """Of one row: the outputs of a list, gate by gate."""
    value = list(bits)
    for word, *reads in facts["gates"]:
        read = [value[one] for one in reads]
        value.append(WORDS[word](read) if word in WORDS else int(word, 16) >> int(_number(read)) & 1)
    outputs = [output if isinstance(output, list) else [output] for output in facts["outputs"]]
    return [sum(value[one] for one in output) + extra for output, extra in zip(outputs, facts["bias"], strict=True)]


def random_network(seed: int, k: int = 4) -> dict[str, Any]:
    """A weightless network as its `state_dict` has it, with a mapping that was learnt and one that was not."""
    rng = np.random.default_rng(seed)
    features, bits = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    width, last = int(rng.integers(5, 20)), int(rng.integers(5, 20))
    thresholds = np.sort(rng.normal(size=(features, bits)), axis=1).astype(np.float32)
    return {
        "thresholds": thresholds,
        "0.mapping.weights": rng.random((features * bits, width * k), np.float32),
        "0._LUTLayer__dummy_mapping": np.arange(width * k, dtype=np.int32).reshape(width, k),
        "0.luts": rng.uniform(-1, 1, (width, 1 << k)).astype(np.float32),
        "1.mapping": rng.integers(0, width, (last, 2)).astype(np.int32),
        "1.luts": rng.uniform(-1, 1, (last, 4)).astype(np.float32),
        "classes": 3,
        "tau": 1 / 0.3,
    }


def network_scores(facts: dict[str, Any], row: np.ndarray) -> list[int]:
    """Of one row of features: how many LUTs of each class are 1."""
    bits = [int(np.float32(x) > t) for x, own in zip(row, facts["thresholds"], strict=True) for t in own]
    learnt = facts["0.mapping.weights"].argmax(axis=0).reshape(len(facts["0.luts"]), -1)
    for mapping, luts in ((learnt, facts["0.luts"]), (facts["1.mapping"], facts["1.luts"])):
        rows = zip(mapping.tolist(), luts.tolist(), strict=True)
        bits = [int(lut[_number([bits[one] for one in reads])] > 0) for reads, lut in rows]
    size = -(-len(bits) // facts["classes"])
    return [sum(bits[start * size : (start + 1) * size]) for start in range(facts["classes"])]


def _number(bits: list[int]) -> int:
    """The lowest bit comes first."""
    return sum(bit << place for place, bit in enumerate(bits))
