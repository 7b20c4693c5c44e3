// The model writes: from the selected place on, drawn as `aigbridge generate` draws.

/** What was written last: the whole text as it was then, and from where on it is the model's. */
let written = { text: new Uint8Array(), from: 0 };

/** From where to where the text is still what the model wrote. @param {Live} live @returns {[number, number]} */
function writtenIn(live) {
  const same = written.text === live.view.text ? written.text.length : commonStart(written.text, live.view.text);
  return [written.from, same];
}

/** @param {Live} _live @param {HTMLElement} _place */
function startWriting(_live, _place) {}
