// What a first visit does, for the builder of the page, which wants to know which functions that takes
// (crates/xtask/src/split): node rehearse.mjs FLAGS COUNT. Needs PAGE_URL. The page's module is one that sets a byte for
// each of its COUNT functions that runs, from the address FLAGS on; the numbers of those are printed.

import { chromium } from "playwright-core";
import { FLAGS as OPTIONS } from "./harness.mjs";
import { Lifepod } from "./lifepod.mjs";
import { deployment } from "./manifests.mjs";

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

const VISITOR = { viewport: { width: 1440, height: 900 }, locale: "en" };
const visitor = (options) => browser.newContext({ ...VISITOR, ...options });

/** Has nothing prepared, and nothing done. */
const nothing = async () => [];

/** Makes the page's worker slow: it begins late, and each look at its clock says that so many milliseconds have passed. */
const slow = (each) => async (page) => {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    const clock = `{ let now = 0; performance.now = () => (now += ${each}); }`;
    const late = "{ const at = Date.now() + 800; while (Date.now() < at); }";
    await route.fulfill({ response, body: clock + late + (await response.text()) });
  });
};

/** Makes the page slow, but not its worker: what comes first from elsewhere comes after, and the other way round. */
async function tired(page) {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Emulation.setCPUThrottlingRate", { rate: 5 });
}

/** Opens the page at an address, after a preparation, does something there, and notes what ran. */
async function visit(context, prepare, then, address = "") {
  const page = await context.newPage();
  await prepare(page);
  const lifepod = new Lifepod(page, process.env.PAGE_URL + address, ".");
  await lifepod.open();
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
  await lifepod.settled();
  return page.workers();
}

// No two visits are alike: what comes first, and where a piece of memory is, is a matter of moments. And the next time
// the page finds what it has kept, or the part of it for which the last visit was long enough.
for (const prepare of [nothing, tired]) {
  const returning = await visitor();
  for (const then of [tries, tries, nothing]) await visit(returning, prepare, then);
  const hasty = await visitor();
  const page = await hasty.newPage();
  await page.goto(process.env.PAGE_URL);
  await page.locator(".timeline-lanes").waitFor();
  await page.close();
  await visit(hasty, prepare, tries);
}
await visit(await visitor({ locale: "zh-CN", colorScheme: "dark" }), nothing, tries);
await visit(await visitor({ viewport: { width: 360, height: 740 }, hasTouch: true }), nothing, nothing);
// On a slow machine a run is shown bit by bit.
for (const each of [3, 10, 30]) await visit(await visitor(), slow(each), tries);
// That the simulator failed can be said without what did not come, which may be why it failed.
for (const [words, said] of [["this is a rehearsal", "this is a rehearsal"], ["the rest of lifepod is missing", "not loaded yet"]]) {
  await visit(await visitor(), nothing, async (lifepod, page) => {
    await page.workers()[0].evaluate((words) => {
      addEventListener("message", () => {
        throw new Error(words);
      });
    }, words);
    await lifepod.put(deployment(3));
    await page.getByText(said).first().waitFor();
    return [];
  });
}
// What other texts take of the simulator is their affair, but a page should not stop where another one is pasted, …
await visit(await visitor(), nothing, async (lifepod) => {
  await lifepod.paste(deployment(3));
  await lifepod.settled();
  return [];
});
// … or where it is opened by a link.
for (const address of ["#tour=01-first-pod", "#example=questions/13-budget-blocks-drain"]) {
  await visit(await visitor(), nothing, nothing, address);
}
await browser.close();
console.log([...all].join(" "));
