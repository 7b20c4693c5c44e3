"use strict";
// What the page carries: JSON and byte arrays, gzipped, in base64.

const starts = []; // by parts of the page: called with the data and a function that opens a signal, once the data is there

async function unpack(name) {
  const holder = document.getElementById(`packed-${name}`);
  if (!holder) return null;
  const bytes = Uint8Array.from(atob(holder.textContent), (letter) => letter.charCodeAt(0));
  holder.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpackText(name) {
  const bytes = await unpack(name);
  return bytes && new TextDecoder().decode(bytes);
}

async function loadData() {
  const data = JSON.parse(await unpackText("data"));
  data.places = new Map(data.records.map((record, place) => [record.name, place]));
  data.readers = data.records.map(() => []);
  data.records.forEach((record, place) => (record.reads || []).forEach((read) => data.readers[read].push(place)));
  data.arrays = {};
  const names = [...document.querySelectorAll("[id^=packed-]:not(#packed-plotly)")].map((holder) =>
    holder.id.slice("packed-".length),
  );
  for (const name of names) data.arrays[name] = await unpack(name);
  for (const matrix of [data.dependence, data.influence]) {
    if (!matrix) continue;
    matrix.rowOf = new Map(matrix.sources.map((name, row) => [name, row]));
    matrix.columnOf = new Map((matrix.targets || matrix.latches).map((name, column) => [name, column]));
  }
  return data;
}
