// The cursor goes both ways, by mouse and by keys.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

test("keys move the cursor both ways", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Home");
  assert.equal(await lifepod.clock(), "0:00.0");
  await lifepod.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft");
  assert.equal(await lifepod.clock(), "0:02.0");
  await lifepod.press("Shift+ArrowRight");
  assert.equal(await lifepod.clock(), "0:12.0");
  await lifepod.press("5");
  assert.equal(await lifepod.clock(), "15:00.0", "half of the half hour that a run lasts by default");
});

test("the cursor tells what was true then, also backwards", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("End");
  const late = await lifepod.pods();
  await lifepod.press("1");
  const early = await lifepod.pods();
  assert.notEqual(early, late);
  await lifepod.press("End");
  assert.equal(await lifepod.pods(), late);
  await lifepod.press("Home");
  assert.doesNotMatch(await lifepod.pods(), /CrashLoopBackOff/);
});

test("full stop and comma go from one thing that happened to the next, and tell why", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Home", ".", ".", ".", ".");
  const there = await lifepod.clock();
  const why = await lifepod.tab("Why");
  assert.ok(why.length > 40, `a story is told: ${why}`);
  await lifepod.press(".", ",");
  assert.equal(await lifepod.clock(), there);
  assert.equal(await lifepod.tab("Why"), why);
});

test("the mouse drags the cursor, and a press on a bar asks why", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const box = await lifepod.page.locator(".timeline-lanes").boundingBox();
  const { mouse } = lifepod.page;
  await mouse.move(box.x + 900, box.y + box.height - 4);
  await mouse.down();
  const right = await lifepod.clock();
  await mouse.move(box.x + 400, box.y + 20, { steps: 5 });
  await mouse.up();
  const left = await lifepod.clock();
  assert.notEqual(left, right);
  await mouse.move(box.x + 700, box.y + 20);
  assert.equal(await lifepod.clock(), left, "a mouse that is only moved leaves the cursor alone");

  await lifepod.page.locator('[data-lane$="/status"] .is-failed').last().click();
  assert.equal(await lifepod.page.locator(".timeline-selected").count() > 0, true);
  assert.ok((await lifepod.tab("Why")).length > 40);
});

test("Space plays and pauses", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.press("Home", "Space");
  await lifepod.page.waitForFunction(() => document.querySelector(".timeline-clock").innerText > "0:01.0");
  await lifepod.press("Space");
  const paused = await lifepod.clock();
  await lifepod.page.waitForTimeout(150);
  assert.equal(await lifepod.clock(), paused);
});

test("keys and wheel look closer, and F shows everything again", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const times = () => lifepod.page.locator(".timeline-axis svg > text").allTextContents();
  const all = await times();
  await lifepod.press("Home", "w", "w", "w");
  const closer = await times();
  assert.equal(closer[0], "0:00");
  assert.notDeepEqual(closer, all);
  await lifepod.press("End");
  assert.equal(await lifepod.clock(), "30:00.0", "the view follows the cursor");
  assert.notDeepEqual(await times(), closer);
  await lifepod.press("f");
  assert.deepEqual(await times(), all);

  const box = await lifepod.page.locator(".timeline-axis").boundingBox();
  await lifepod.page.mouse.move(box.x + box.width / 2, box.y + 20);
  await lifepod.page.mouse.wheel(0, -600);
  await lifepod.page.waitForFunction((first) => document.querySelector(".timeline-axis text").textContent !== first, all[0]);
});
