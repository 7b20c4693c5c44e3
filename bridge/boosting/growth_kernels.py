"""Growing gate-priced decision trees over categorical fields: gradients, histograms, splits, in compiled code.

The rows are weighted and distinct: `fields`, uint8[rows, fields], one category each; `weights` and `ones`,
float32[rows], how much text the row stands for and how much of it had bit 1. A subset of categories is a column of a
dictionary that fields of one group share; a split asks whether the row's category of a field lies in a subset.
"""

from __future__ import annotations

import math

import numpy as np

from bridge.compiled import compiled

CATEGORIES = 256
LEAST = 1e-3  # hessian below which nothing is known


@compiled
def gradients(scores, weights, ones, scale, slopes, curves):
    """First and second derivatives of the code length in nats by the score in nats, into float32[rows] each."""
    for row in range(len(scores)):
        p = 1.0 / (1.0 + math.exp(-scale * scores[row]))
        slopes[row] = weights[row] * p - ones[row]
        curves[row] = weights[row] * p * (1.0 - p)


@compiled
def code_length(scores, weights, ones, scale):
    """The code length of all rows in nats."""
    total = 0.0
    for row in range(len(scores)):
        z = scale * scores[row]
        total += weights[row] * (max(z, 0.0) + math.log1p(math.exp(-abs(z)))) - ones[row] * z
    return total


@compiled
def histogram(fields, slopes, curves, order, sums):
    """sums: float32[fields, CATEGORIES, 2] of zeros: slopes and curves of the rows in `order` by field and category."""
    for place in range(len(order)):
        row = order[place]
        a, b = slopes[row], curves[row]
        for field in range(fields.shape[1]):
            entry = sums[field, fields[row, field]]
            entry[0] += a
            entry[1] += b


@compiled
def partition(fields, field, member, order, spare):
    """Put the rows whose category is a member first, keeping their order; how many they are."""
    kept, others = 0, 0
    for place in range(len(order)):
        row = order[place]
        if member[fields[row, field]]:
            order[kept] = row
            kept += 1
        else:
            spare[others] = row
            others += 1
    order[kept:] = spare[:others]
    return kept


@compiled
def gain_of(slope, curve, damping, limit):
    """What the best leaf value, at most `limit` nats, saves by the second-order model."""
    value = max(min(-slope / (curve + damping), limit), -limit)
    return -(slope * value + 0.5 * (curve + damping) * value * value)


@compiled
def best_split(sums, total, groups, members, costs, counts, fresh, model, found):
    """The split with the largest net gain: its (net gain, gain, field, subset or -1 for a new one, cost).

    total: (slope, curve) of the rows; groups: int64[fields], whose dictionary a field uses; members: float32[groups,
    CATEGORIES, subsets]; costs: float32[groups, subsets], ANDs that using a subset adds now; counts: subsets in use;
    fresh: float32[groups], ANDs of a new subset per member or non-member, negative where none may be made; model:
    (price of an AND in nats, ANDs of a split, damping, limit); found: bool[CATEGORIES], receives a new subset.
    """
    price, split_cost, damping, limit = model
    best = (-math.inf, 0.0, 0, -1, 0.0)
    listed = np.empty(CATEGORIES, np.int64)
    for field in range(len(groups)):
        group = groups[field]
        some = 0
        for category in range(CATEGORIES):
            if sums[field, category, 1] > LEAST:
                listed[some] = category
                some += 1
        if some < 2:
            continue
        slopes, curves = _of_subsets(sums[field], listed[:some], members[group], counts[group])
        for subset in range(counts[group]):
            if min(curves[subset], total[1] - curves[subset]) < LEAST:
                continue
            gain = _divided(slopes[subset], curves[subset], total, damping, limit)
            net = gain - price * (split_cost + costs[group, subset])
            if net > best[0]:
                best = (net, gain, field, subset, costs[group, subset])
        if fresh[group] >= 0 and counts[group] < members.shape[2] and some > 2:
            order, cut, gain = _best_cut(sums[field], listed[:some], total, damping, limit)
            smaller = min(cut, some - cut)
            cost = fresh[group] * (min(smaller, 6) + 0.2 * max(smaller - 6, 0))
            net = gain - price * (split_cost + cost)
            if cut > 0 and net > best[0]:
                best = (net, gain, field, -1, cost)
                found[:] = False
                found[listed[order[:cut]]] = True
    return best


@compiled
def _divided(slope, curve, total, damping, limit):
    """What is gained when a part with these sums is told from the rest."""
    rest = gain_of(total[0] - slope, total[1] - curve, damping, limit)
    return gain_of(slope, curve, damping, limit) + rest - gain_of(total[0], total[1], damping, limit)


@compiled
def _best_cut(sums, listed, total, damping, limit):
    """(order of the listed categories by the leaf value they want, how many of them to take, gain): the best subset
    of all, for a model of second order (Fisher, 1958)."""
    ratios = np.empty(len(listed))
    for index in range(len(listed)):
        ratios[index] = sums[listed[index], 0] / (sums[listed[index], 1] + damping)
    order = np.argsort(ratios)
    slope, curve, top, cut = 0.0, 0.0, 0.0, 0
    for index in range(len(listed) - 1):
        slope += sums[listed[order[index]], 0]
        curve += sums[listed[order[index]], 1]
        gain = _divided(slope, curve, total, damping, limit)
        if gain > top:
            top, cut = gain, index + 1
    return order, cut, top


@compiled
def _of_subsets(sums, listed, members, count):
    """(slopes, curves), float32[count]: sums over the categories of every subset."""
    slopes, curves = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for category in listed:
        a, b = sums[category, 0], sums[category, 1]
        column = members[category, :count]
        for subset in range(count):
            slopes[subset] += a * column[subset]
            curves[subset] += b * column[subset]
    return slopes, curves


@compiled
def leaves_of(fields, splits, members, found):
    """found: int32[rows], the leaf of every row. splits: int32[n, 4], (field, index into members, then, else), see
    `bridge.cell.Trees`; members: bool[n, CATEGORIES]."""
    for row in range(len(fields)):
        place = 0 if len(splits) else ~0
        while place >= 0:
            split = splits[place]
            place = split[2] if members[split[1], fields[row, split[0]]] else split[3]
        found[row] = ~place


@compiled
def leaf_sums(found, slopes, curves, sums):
    """sums: float64[leaves, 2] of zeros: slopes and curves by leaf."""
    for row in range(len(found)):
        sums[found[row], 0] += slopes[row]
        sums[found[row], 1] += curves[row]


@compiled
def add_values(found, values, scores):
    """scores[row] += values[leaf of the row]."""
    for row in range(len(found)):
        scores[row] += values[found[row]]
