// Opening the page: the timeline first, then the editor, and nothing moves.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, deployment } from "./manifests.mjs";

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
    await lifepod.settled();
    const { shifts, timeline, editor } = await lifepod.page.evaluate(() => globalThis.seen);
    assert.deepEqual(shifts, []);
    assert.ok(timeline <= editor, `the timeline was there after ${timeline} ms, the editor after ${editor} ms`);
  });
}

const REST = "**/*_rest.wasm";

test("the rest of the program comes late, and what needs it loads it", {}, async (lifepod) => {
  const { page } = lifepod;
  lifepod.expected(/Failed to load resource/);
  // What is fetched while nobody waits for it fails at first; whoever needs it asks for it otherwise.
  let failed = false;
  await page.route(REST, (route) => {
    if (failed || route.request().resourceType() !== "fetch") return route.continue();
    failed = true;
    return route.abort();
  });
  await lifepod.open();
  await lifepod.paste(deployment(3));
  assert.match(await lifepod.pods(), /web-/);
});

test("a text that needs the rest of the program waits for it", {}, async (lifepod) => {
  const { page } = lifepod;
  lifepod.expected(/Failed to load resource|the rest of lifepod is missing/);
  await page.route(REST, (route) => route.abort());
  await lifepod.open();
  await lifepod.put(deployment(3));
  await page.getByText("as soon as you are online").waitFor();
  await page.unroute(REST);
  await page.waitForFunction(() => document.querySelector('[data-lane*="web"]'));
  assert.match(await lifepod.pods(), /web-/);
  assert.match(await lifepod.verdict(), /no errors/);
});

test("a page that cannot go on without the rest of the program says so, and keeps the text", {}, async (lifepod) => {
  const { page } = lifepod;
  lifepod.expected(/Failed to load resource|the rest of lifepod is missing|RefCell|unreachable/);
  await page.route(REST, (route) => route.abort());
  await lifepod.open();
  const text = HELLO.replace("myapp-pod", "kept-pod");
  await lifepod.put(text);
  await page.locator(".timeline-scroll").last().focus();
  await page.keyboard.press("?");
  const lost = page.getByRole("alertdialog");
  assert.match(await lost.innerText(), /What you have written is kept/);
  await lifepod.shot("rest-missing");
  await page.unroute(REST);
  await lost.getByRole("button", { name: "Reload the page" }).click();
  await page.waitForFunction(() => !document.querySelector(".lost"));
  await lifepod.ready();
  assert.equal(await lifepod.text(), text);
  assert.match(await lifepod.pods(), /kept-pod/);
});
