// With a finger on a phone's screen.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { ENDS } from "./manifests.mjs";

test("a finger selects, drags the cursor, and two of them zoom", { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true }, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await lifepod.type(ENDS);
  const lane = page.locator('[data-lane$="/termination"]').first();
  await lane.scrollIntoViewIfNeeded();
  await lifepod.settled();
  await page.locator('[data-lane$="/app"] .span').last().tap();
  assert.ok((await lifepod.tab("Why")).length > 40, "what was tapped tells why");

  await page.locator(".timeline-axis").scrollIntoViewIfNeeded();
  const { x, y, width } = await page.locator(".timeline-axis").boundingBox();
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, ...points) =>
    cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, id]) => ({ x, y: y + 60, id })) });
  const before = await lifepod.clock();
  await touch("touchStart", [x + width - 60, 0]);
  for (let i = 1; i <= 6; i += 1) await touch("touchMove", [x + width - 60 - 12 * i, 0]);
  await touch("touchEnd");
  assert.notEqual(await lifepod.clock(), before, "a finger drags the cursor");

  const times = () => page.locator(".timeline-axis svg > text").allTextContents();
  const all = await times();
  const middle = x + width - 100;
  await touch("touchStart", [middle - 10, 0], [middle + 10, 1]);
  for (let i = 1; i <= 6; i += 1) await touch("touchMove", [middle - 10 - 8 * i, 0], [middle + 10 + 8 * i, 1]);
  await touch("touchEnd");
  await page.waitForFunction((all) => document.querySelector(".timeline-axis").innerText !== all, all.join("\n"));
  assert.notDeepEqual(await times(), all, "two fingers zoom");

  // What is cut at the left is told in full once its lane is chosen, and what can be done is a button away.
  await page.getByRole("button", { name: "What if" }).click();
  await page.getByRole("menu").waitFor();
  await lifepod.shot("touch");
});
