// Two runs in full, one above the other, on one axis, with the first difference marked in both.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, shell } from "./manifests.mjs";

test("two manifests are shown in full, one above the other", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("c");
  await lifepod.type(shell("echo Hello Kubernetes! && sleep 3600"));
  await lifepod.press("v");
  const panes = lifepod.page.locator(".timeline");
  await lifepod.page.waitForFunction(() => document.querySelectorAll(".timeline-fork").length === 2);
  assert.equal(await panes.count(), 2);
  const lanes = (pane) => panes.nth(pane).locator('[data-lane="myapp-pod#1/status"] title').allTextContents();
  await lifepod.page.waitForFunction(() => document.querySelectorAll('[data-lane="myapp-pod#1/status"]').length === 2);
  assert.ok((await lanes(0)).some((hint) => hint.includes("CrashLoopBackOff")), "above is the run that was kept");
  assert.ok(!(await lanes(1)).some((hint) => hint.includes("CrashLoopBackOff")), "below is the present one");
  const forks = await lifepod.page.locator(".timeline-fork").allInnerTexts();
  assert.equal(forks[0], forks[1], "they differ from the same instant on");
  await lifepod.shot("beside");

  // The other way: by the button of the Compare tab.
  await lifepod.page.getByRole("tab", { name: "Compare" }).click();
  await lifepod.page.getByRole("button", { name: /Both runs in full/ }).click();
  assert.equal(await panes.count(), 1);
});
