// The part of the program that the first timeline can do without. It comes when that is on the screen, or as soon as
// something calls it. `cargo xtask build` cuts it off; a page that was built otherwise is whole from the start.

let first; // What the first part exports; `here` says whether the rest is there.
let address; // Where the rest is.
let rest; // The rest, compiled.

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
    throw new Error("a part of lifepod could not be loaded: see whether you are online, then reload the page");
  }
  join(new WebAssembly.Module(Uint8Array.from(request.responseText, (byte) => byte.charCodeAt(0))));
}
