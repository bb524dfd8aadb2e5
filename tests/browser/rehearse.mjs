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
/** Makes the page's worker slow: it begins late, and each look at its clock says that a moment has passed. */
async function slow(page) {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    const clock = "{ let now = 0; performance.now = () => (now += 10); }";
    const late = "{ const at = Date.now() + 800; while (Date.now() < at); }";
    await route.fulfill({ response, body: clock + late + (await response.text()) });
  });
}

const visitor = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en" });

/** Opens the page at an address, after a preparation, does something there, and notes what ran. */
async function visit(address, prepare, then, context) {
  const page = await (context ?? (await visitor())).newPage();
  await prepare(page);
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

/** What a first visitor tries. */
async function tries(lifepod, page) {
  await page.locator("yaml-editor .cm-content").click();
  await page.keyboard.press("Control+End");
  for (const key of ["x", "Backspace"]) await lifepod.answered(() => page.keyboard.press(key));
  await lifepod.settled();
  await page.mouse.move(900, 300);
  await page.mouse.wheel(0, 50);
  await lifepod.drawn();
  return page.workers();
}

const returning = await visitor();
await visit("", async () => {}, tries, returning);
// The next time the page finds what it has kept.
await visit("", async () => {}, tries, returning);
// On a slow machine a run is shown bit by bit.
await visit("", slow, tries);
// That the simulator failed can be said without what did not come, which may be why it failed.
await visit("", async () => {}, async (lifepod, page) => {
  await page.workers()[0].evaluate(() => void setTimeout(() => {
    throw new Error("this is a rehearsal");
  }));
  await page.getByText("this is a rehearsal").first().waitFor();
  return [];
});
// What other texts take of the simulator is their affair, but a page that is opened by a link should not stop.
for (const address of ["#tour=01-first-pod", "#example=questions/13-budget-blocks-drain"]) {
  await visit(address, async () => {}, async () => []);
}
await browser.close();
console.log([...all].join(" "));
