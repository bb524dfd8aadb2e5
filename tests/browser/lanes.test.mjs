// Lanes open and close, are searched, pinned, measured; the axis folds.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, pods } from "./manifests.mjs";

test("quiet times are folded on a half hour too, and T shows time evenly", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const folds = async () => {
    await lifepod.settled();
    return lifepod.page.locator(".timeline-fold").count();
  };
  assert.ok((await folds()) >= 3, "long back-offs are folded");
  await lifepod.press("t");
  assert.equal(await folds(), 0);
  await lifepod.press("t");
  assert.ok((await folds()) >= 3);
});

test("brackets go from one turning point to the next", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Home", "]");
  const first = await lifepod.clock();
  await lifepod.press("]");
  const second = await lifepod.clock();
  assert.notEqual(first, second);
  await lifepod.press("[");
  assert.equal(await lifepod.clock(), first);
});

test("lanes are chosen, opened, closed and pinned by keys", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(pods(5));
  const closed = await lifepod.lanes();
  assert.ok(closed.every((key) => !key.endsWith("/status")), "many pods are closed at first");
  await lifepod.press("ArrowDown", "ArrowDown", "Enter");
  const open = await lifepod.lanes();
  assert.deepEqual(open.filter((key) => key.endsWith("/status")), ["pod-001#1/status"]);
  await lifepod.press("p");
  assert.equal((await lifepod.lanes())[0], "pod-001#1/", "a pinned lane stands at the top");
  await lifepod.press("Enter");
  assert.equal((await lifepod.lanes()).length, closed.length);
});

test("the filter shows what was searched for, and what it belongs to", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(pods(30));
  await lifepod.page.getByRole("searchbox").fill("pod-017");
  await lifepod.page.waitForFunction(() => document.querySelectorAll("[data-lane]").length < 15);
  assert.ok((await lifepod.lanes()).every((key) => key.startsWith("pod-017")));
});

test("a drag with Shift measures", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const box = await lifepod.page.locator(".timeline-scroll").boundingBox();
  await lifepod.page.keyboard.down("Shift");
  await lifepod.page.mouse.move(box.x + 400, box.y + box.height - 30);
  await lifepod.page.mouse.down();
  await lifepod.page.mouse.move(box.x + 600, box.y + box.height - 30, { steps: 4 });
  await lifepod.page.mouse.up();
  await lifepod.page.keyboard.up("Shift");
  assert.match(await lifepod.page.locator(".timeline-measure").innerText(), /\d+(\.\d)? (ms|s|min)/);
  await lifepod.press("Escape");
  assert.equal(await lifepod.page.locator(".timeline-measure").count(), 0);
});

test("a wait says how long it still lasts", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Home", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight");
  assert.match(await lifepod.page.locator(".timeline-countdown").innerText(), /\d+(\.\d)? (ms|s)/);
});

test("only the lanes that are seen are drawn", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(pods(200));
  const drawn = (await lifepod.lanes()).length;
  assert.ok(drawn < 80, `${drawn} lanes are drawn`);
  await lifepod.page.locator(".timeline-scroll").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await lifepod.page.waitForFunction(() => document.querySelector('[data-lane^="node/"]'));
});
