// The graph as a file in the form of circuit-tracer, which its viewer and that of Neuronpedia open.

/** A byte as a token: viewers show line ends with a sign of their own, and take < for markup. @param {number} byte */
const tokenOf = (byte) => (byte === 10 ? "⏎" : byte === 32 ? " " : withoutMarkup(shownByte(byte)));

/** @param {string} text */
const withoutMarkup = (text) => text.replaceAll("<", "‹").replaceAll(">", "›");

/**
 * The attribution graph of the bytes that may come next, the asked one among them.
 * @param {Live} live @param {Depths} depths @param {number} target
 */
function tracedGraph(live, depths, target) {
  const { facts, view, now } = live;
  const costs = lengthsAfter(live, now.moments[view.place - 1]);
  const likely = byLikelihood(costs).slice(0, GRAPH.logits);
  const targets = [target, ...likely.filter((byte) => byte !== target)].filter((byte) =>
    facts.readout?.symbols.includes(byte),
  );
  const ancestry = new Ancestry(live, depths, targets.slice(0, GRAPH.logits));
  ancestry.trace();
  const kept = keptNodes(ancestry);
  const ids = new Map(kept.map((node) => [node, nodeId(ancestry, node)]));
  return {
    metadata: graphMetadata(live, ancestry.first),
    qParams: {
      pinnedIds: [],
      supernodes: [],
      linkType: "both",
      clickedId: ids.get(ancestry.logits[0]) ?? "",
      sg_pos: "",
    },
    nodes: kept.map((node) => tracedNode(live, ancestry, node, ids.get(node) ?? "", costs)),
    links: ancestry.links.flatMap(({ source, target: to, weight }) => {
      const [from, into] = [ids.get(source), ids.get(to)];
      return from !== undefined && into !== undefined ? [{ source: from, target: into, weight }] : [];
    }),
  };
}

/** Of which model and text it is, and how to read it. @param {Live} live @param {number} first step */
function graphMetadata({ facts: { name }, view, done: edits }, first) {
  const tokens = Array.from(view.text.slice(first, view.place), tokenOf);
  const done = edits.map(editText);
  return {
    slug: fileName(`${name} ${view.place}`),
    scan: name,
    transcoder_list: [],
    prompt_tokens: tokens,
    prompt: tokens.join(""),
    node_threshold: 1,
    schema_version: 1,
    info: {
      description:
        "Exact direct effects of single bits: a link is what its target loses when its source alone is the other way " +
        "and everything else that has a name is held as it was; 1 or -1 for a bit, nats for a logit. A byte is " +
        `replaced by the likeliest other one. ${done.length ? `Done to the model: ${done.join(", ")}.` : ""}`.trim(),
      generator: { name: "aigbridge" },
    },
    generation_settings: { places: GRAPH.places, max_feature_nodes: GRAPH.nodes, max_n_logits: GRAPH.logits },
  };
}

/**
 * The logits, all bytes, and the bits that have the most influence; influence becomes the share of all that comes before.
 * @param {Ancestry} ancestry
 */
function keptNodes(ancestry) {
  for (let step = ancestry.first; step <= ancestry.last; step++) ancestry.node(step, -1);
  const others = [...ancestry.nodes.values()].filter(
    ({ target, handle, influence }) => target < 0 && (handle < 0 || influence > 0),
  );
  others.sort((a, b) => b.influence - a.influence);
  const all = others.reduce((sum, { influence }) => sum + influence, 0);
  let before = 0;
  for (const node of others) {
    before += node.influence;
    node.influence = all ? before / all : 1;
  }
  return [...ancestry.logits, ...others.filter(({ handle }, at) => handle < 0 || at < GRAPH.nodes)];
}

/** @param {Ancestry} ancestry @param {GraphNode} node */
function nodeId(ancestry, { step, depth, handle, target }) {
  const place = step - ancestry.first;
  if (target >= 0) return `${depth}_${target}_${place}`;
  return handle < 0 ? `E_${ancestry.live.now.steps[step][0]}_${place}` : `${depth}_${ancestry.bitOf[handle]}_${place}`;
}

/** @param {Live} live @param {Ancestry} ancestry @param {GraphNode} node @param {string} id @param {Float64Array} costs */
function tracedNode(live, ancestry, node, id, costs) {
  const { step, depth, handle, target, influence } = node;
  const place = step - ancestry.first;
  const shared = { node_id: id, ctx_idx: place, run_idx: 0, reverse_ctx_idx: 0, token_prob: 0, is_target_logit: false };
  if (target >= 0) {
    const own = tracedLogit(target, place, 2 ** -costs[target]);
    return { ...shared, ...own, layer: String(depth), is_target_logit: node === ancestry.logits[0] };
  }
  const { moments, steps } = live.now;
  if (handle < 0) return { ...shared, ...tracedByte(steps[step][0], place), influence };
  const bit = ancestry.bitOf[handle];
  const value = bitAt(moments[step].bits, bit);
  return {
    ...shared,
    feature: bit,
    layer: String(depth),
    feature_type: "cross layer transcoder",
    jsNodeId: `${depth}_${bit}-0`,
    clerp: `${withoutMarkup(live.facts.bits[bit])} = ${value}`,
    influence,
    activation: value,
  };
}

/** @param {number} byte @param {number} place @param {number} chance */
const tracedLogit = (byte, place, chance) => ({
  feature: byte,
  feature_type: "logit",
  jsNodeId: `L_${byte}-${place}`,
  clerp: `Output "${byte === 34 ? "\\x22" : tokenOf(byte)}" (p=${chance.toFixed(3)})`,
  token_prob: chance,
  influence: null,
  activation: null,
});

/** @param {number} byte @param {number} place */
const tracedByte = (byte, place) => ({
  feature: place,
  layer: "E",
  feature_type: "embedding",
  jsNodeId: `E_${byte}-${place}`,
  clerp: `Emb: "${tokenOf(byte)}"`,
  activation: null,
});
