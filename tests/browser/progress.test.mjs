// A long run is on the screen before it is over.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, deployment } from "./manifests.mjs";

/** Notes from now on what the timeline shows of the runs under way. */
function watch(page) {
  return page.evaluate(() => {
    globalThis.parts = [];
    new MutationObserver(() => {
      const ahead = document.querySelector(".timeline-ahead");
      const lanes = document.querySelectorAll("[data-lane]").length;
      const horizon = document.querySelector(".timeline-scroll").getAttribute("aria-valuemax");
      if (ahead) globalThis.parts.push({ lanes, horizon });
    }).observe(document.querySelector(".timeline"), { subtree: true, childList: true, attributes: true });
  });
}

test("a long run is shown bit by bit, on an axis that stays", {}, async (lifepod) => {
  await lifepod.open();
  await watch(lifepod.page);
  await lifepod.paste(deployment(2_000));
  const parts = await lifepod.page.evaluate(() => globalThis.parts);
  assert.ok(parts.length > 1, `${parts.length} parts`);
  assert.ok(parts.every((part) => part.lanes > 0 && part.horizon === "60"));
  assert.equal(await lifepod.page.locator(".timeline-ahead").count(), 0, "nothing is ahead when the run is over");
  assert.match(await lifepod.pods(), /web-/);
});

test("a newer text does not wait for the run of an older one", {}, async (lifepod) => {
  await lifepod.open();
  const { page } = lifepod;
  await watch(page);
  await lifepod.put(deployment(5_000));
  await page.waitForFunction(() => globalThis.parts.length > 0);
  await lifepod.type(HELLO);
  assert.equal(await page.locator(".timeline-ahead").count(), 0);
  assert.match(await lifepod.pods(), /myapp-pod/);
  assert.ok((await lifepod.lanes()).some((lane) => lane.startsWith("myapp-pod")));
});

test("a comment leaves the timeline alone", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const before = await lifepod.lanes();
  await lifepod.page.evaluate(() => {
    globalThis.changes = 0;
    const lanes = document.querySelector(".timeline-lanes");
    new MutationObserver((all) => (globalThis.changes += all.length)).observe(lanes, { subtree: true, childList: true, attributes: true });
  });
  await lifepod.type(`# A pod that crashes.\n${HELLO}`);
  assert.deepEqual(await lifepod.lanes(), before);
  assert.equal(await lifepod.page.evaluate(() => globalThis.changes), 0, "nothing is drawn anew");
  await lifepod.type(HELLO.replace("3600", "sleep 5"));
  assert.ok((await lifepod.page.evaluate(() => globalThis.changes)) > 0);
});
