// What passes a run on: texts packed into links, the clipboard, files, pictures. The browser does the work.

const through = async (bytes, stream) => {
  const out = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await out.arrayBuffer());
};

/** A text, compressed, in characters that a link may hold. */
export async function pack(text) {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The text that was packed so. */
export async function unpack(packed) {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw")));
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
}

const save = (name, blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

/** Offers a text as a file. */
export function download(name, type, text) {
  save(name, new Blob([text], { type }));
}

/** Offers a picture as a file, twice as fine as it is drawn, on its ground. */
export async function png(name, svg, width, height) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.drawImage(image, 0, 0, width, height);
  URL.revokeObjectURL(image.src);
  save(name, await new Promise((resolve) => canvas.toBlob(resolve)));
}

/** Makes the page's address say this after `#`, without a visit. */
export function set_fragment(fragment) {
  if (location.hash === (fragment && `#${fragment}`)) return;
  history.replaceState(history.state, "", fragment ? `#${fragment}` : location.pathname + location.search);
}

/** A text from beside the page. */
export async function load(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}

export function read(file) {
  return file.text();
}
