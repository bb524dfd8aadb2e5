// The part of the program that the first timeline can do without. It comes when that is on the screen, or as soon as
// something calls it. `cargo xtask build` cuts it off; a page that was built otherwise is whole from the start.

let first; // What the first part exports; `here` says whether the rest is there.
let address; // Where the rest is.
let rest; // The rest, compiled.
let words; // What is said when it cannot be had, in the page's language.

/** What a worker's error says that ended because the rest could not be had (web/src/rest.rs knows it). */
const MISSING = "the rest of lifepod is missing";

const isWhole = () => !first.here || first.here.value === 1;

/** Takes what the first part exports, and the address of its JavaScript side, beside which the rest lies. */
export function begin(exports, glue) {
  first = exports;
  address = glue.replace(/\.js$/, "_rest.wasm");
}

/** The compiled rest, to be handed to workers; undefined before it is there. */
export function compiled() {
  return rest;
}

/** Takes the words for when the rest cannot be had: what happened, and what the button says that loads the page anew. */
export function setWords(sentence, button) {
  words = { sentence, button };
}

/** Joins the compiled rest to the first part: it writes its functions into the table that both share. */
export function join(module) {
  if (isWhole()) return;
  new WebAssembly.Instance(module, { first });
  rest = module;
  first.here.value = 1;
}

/** Fetches the rest while nobody waits for it, as often as it takes. */
export async function fetchRest() {
  let module;
  for (let wait = 1_000; !module; wait *= 2) {
    if (isWhole()) return;
    try {
      const response = await fetch(address);
      if (response.ok) module = await WebAssembly.compile(await response.arrayBuffer());
    } catch {}
    if (!module) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  // Not in one go: a page may not be stopped for as long as a large module takes.
  await WebAssembly.instantiate(module, { first });
  rest = module;
  first.here.value = 1;
}

/** Loads the rest while somebody waits: functions of the first part ask for it when they are called too early. */
export function loadRest() {
  if (isWhole()) return;
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  // On the page, unlike in a worker, what is waited for must come as text.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  try {
    request.send();
  } catch {}
  if (request.status !== 200) {
    if (globalThis.document) giveUp();
    throw new Error(MISSING);
  }
  join(new WebAssembly.Module(Uint8Array.from(request.responseText, (byte) => byte.charCodeAt(0))));
}

/** The page cannot go on, for what called is left half done. What was typed is kept, and it is said what happened. */
function giveUp() {
  if (document.querySelector(".lost")) return;
  const reload = () => {
    const text = document.querySelector("yaml-editor")?.text;
    try {
      if (text !== undefined) localStorage.setItem("lifepod.text", JSON.stringify(text));
    } catch {}
    location.reload();
  };
  const [dialog, body, sentence, button] = ["dialog", "div", "p", "button"].map((name) => document.createElement(name));
  Object.assign(dialog, { className: "modal lost", role: "alertdialog", oncancel: (event) => event.preventDefault() });
  body.className = "modal-body";
  sentence.textContent = words.sentence;
  Object.assign(button, { className: "button is-main", textContent: words.button, onclick: reload });
  body.append(sentence, button);
  dialog.append(body);
  document.body.append(dialog);
  dialog.showModal();
}
