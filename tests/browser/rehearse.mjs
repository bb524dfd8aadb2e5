// What a first visit does, for the builder of the page, which wants to know which functions that takes
// (crates/xtask/src/split): node rehearse.mjs FLAGS COUNT. Needs PAGE_URL. The page's module is one that sets a byte for
// each of its COUNT functions that runs, from the address FLAGS on; the numbers of those are printed.

import { chromium } from "playwright-core";
import { FLAGS as OPTIONS } from "./harness.mjs";
import { Lifepod } from "./lifepod.mjs";

const [flags, count] = process.argv.slice(2).map(Number);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: OPTIONS });

/** The functions that have run in a page or a worker: the module's JavaScript side is asked for what it exports. */
async function ran([glue, flags, count]) {
  const { default: begin } = await import(glue);
  const { memory } = await begin();
  const bytes = new Uint8Array(memory.buffer, flags, count);
  return [...bytes.keys()].filter((at) => bytes[at]);
}

const all = new Set();
/** Opens the page at an address, does something there, and notes what ran. */
async function visit(address, then) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: "en" });
  const lifepod = new Lifepod(page, process.env.PAGE_URL + address, ".");
  await lifepod.open();
  await lifepod.drawn();
  await lifepod.settled();
  const parts = [page, ...(await then(lifepod, page))];
  const glue = await page.evaluate(() => document.querySelector("link[rel=modulepreload]").href);
  for (const part of parts) {
    for (const at of await part.evaluate(ran, [glue, flags, count])) all.add(at);
  }
  await page.close();
}

await visit("", async (lifepod, page) => {
  await page.locator("yaml-editor .cm-content").click();
  await page.keyboard.press("Control+End");
  for (const key of ["x", "Backspace"]) await lifepod.answered(() => page.keyboard.press(key));
  await page.mouse.move(900, 300);
  await page.mouse.wheel(0, 50);
  await lifepod.drawn();
  return page.workers();
});
// What other texts take of the simulator is their affair, but a page that is opened by a link should not stop.
for (const address of ["#tour=01-first-pod", "#example=questions/13-budget-blocks-drain"]) await visit(address, async () => []);
await browser.close();
console.log([...all].join(" "));
