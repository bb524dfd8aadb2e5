// Opening the page: the timeline first, then the editor, and nothing moves.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { deployment } from "./manifests.mjs";

/** Notes when what is first on the screen, and what moves without having been asked to. */
function watch() {
  globalThis.seen = { shifts: [] };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      const who = sources.map(({ node }) => node?.className || node?.parentElement?.className || node?.nodeName);
      if (!hadRecentInput && value > 0) globalThis.seen.shifts.push(`${value.toFixed(4)} ${who.join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
  new MutationObserver(() => {
    if (document.querySelector(".timeline-lanes [data-lane]")) globalThis.seen.timeline ??= performance.now();
    if (document.querySelector(".cm-content")) globalThis.seen.editor ??= performance.now();
  }).observe(document, { childList: true, subtree: true });
}

for (const [width, height, address] of [[1440, 900, ""], [360, 780, ""], [1440, 900, "#tour=01-first-pod"], [1440, 900, "#example=questions/13-budget-blocks-drain"]]) {
  test(`nothing moves while the page loads: ${width} px ${address}`, { viewport: { width, height } }, async (lifepod) => {
    await lifepod.page.addInitScript(watch);
    await lifepod.page.goto(lifepod.url + address);
    await lifepod.ready();
    await lifepod.drawn();
    await lifepod.settled();
    const { shifts, timeline, editor } = await lifepod.page.evaluate(() => globalThis.seen);
    assert.deepEqual(shifts, []);
    assert.ok(timeline <= editor, `the timeline was there after ${timeline} ms, the editor after ${editor} ms`);
  });
}

const REST = "**/*_rest.wasm";

/** Whether the page is in two parts: it is in one when it was built without Chromium. */
const isSplit = (lifepod) =>
  lifepod.page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("_rest.wasm")));

test("a first visit needs nothing of the rest of the program", {}, async (lifepod) => {
  const { page } = lifepod;
  let comes;
  const held = new Promise((resolve) => (comes = resolve));
  await page.route(REST, async (route) => {
    await held;
    await route.continue();
  });
  await lifepod.open();
  await lifepod.drawn();
  await lifepod.settled();
  assert.match(await lifepod.pods(), /myapp-pod/);
  await page.locator("yaml-editor .cm-content").click();
  await page.keyboard.press("Control+End");
  for (const key of ["x", "Backspace"]) await lifepod.answered(() => page.keyboard.press(key));
  comes();
});

test("the rest of the program comes late, and what needs it waits", {}, async (lifepod) => {
  const { page } = lifepod;
  lifepod.expected(/Failed to load resource/);
  let asked = 0;
  // The page's own attempt fails; whoever needs it tries again.
  await page.route(REST, (route) => ((asked += 1) === 1 ? route.abort() : route.continue()));
  await lifepod.open();
  await lifepod.paste(deployment(3));
  assert.match(await lifepod.pods(), /web-/);
  if (await isSplit(lifepod)) assert.ok(asked > 1, `asked for ${asked} times`);
});

test("without the rest of the program the page says what is the matter, and goes on when it comes", {}, async (lifepod) => {
  const { page } = lifepod;
  lifepod.expected(/Failed to load resource|could not be loaded/);
  let online = false;
  await page.route(REST, (route) => (online ? route.continue() : route.abort()));
  await lifepod.open();
  await page.waitForTimeout(300);
  if (!(await isSplit(lifepod))) return;
  await lifepod.put(deployment(3));
  await page.getByText("a part of lifepod could not be loaded").waitFor();
  online = true;
  await page.waitForTimeout(2_500);
  await lifepod.paste(deployment(4));
  assert.match(await lifepod.pods(), /web-/);
});
