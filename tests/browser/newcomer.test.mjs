// From the empty page to an answer: three of the questions that people ask, by mouse and by keys alone.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";

const story = (lifepod) => lifepod.page.locator("#inspector-panel").innerText();

test("does preStop eat the grace period? By mouse alone", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await page.getByRole("button", { name: "Examples" }).click();
  await lifepod.answered(() => page.getByRole("link", { name: /preStop eat the grace/ }).click());
  await lifepod.settled();
  assert.match(await story(lifepod), /Yes: one clock runs for both/);
  assert.match(await lifepod.pods(), /slow-goodbye .*Terminating/, "the cursor is where there is something to see");
  // The signal on the termination lane tells the rest, and whose line set the number.
  await page.locator('[data-lane$="/termination"] .instant.is-signal').nth(1).click();
  await lifepod.settled();
  const why = await story(lifepod);
  assert.match(why, /SIGKILL would follow after 10 s[^]*sleep 20 ran in app/);
  assert.doesNotMatch(why, /terminationGracePeriodSeconds: 30 \(default\)/, "the text has it");
  await page.getByRole("button", { name: "terminationGracePeriodSeconds: 30" }).first().click();
  assert.match(await page.locator(".cm-activeLine").innerText(), /terminationGracePeriodSeconds: 30/);
  await page.getByRole("button", { name: "About this example" }).click();
  assert.match(await story(lifepod), /Yes: one clock runs for both/);
});

test("why does a budget block the drain? By keys alone", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  // From wherever the focus is on a fresh page.
  await page.keyboard.press("g");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("block a drain");
  await lifepod.answered(() => page.keyboard.press("Enter"));
  assert.match(await story(lifepod), /not one may be evicted/);
  await page.keyboard.press("Home");
  await lifepod.settled();
  let why = "";
  for (let i = 0; i < 60 && !/kubectl drain/.test(why); i += 1) {
    await page.keyboard.press("]");
    await lifepod.settled();
    why = await story(lifepod);
  }
  assert.match(why, /kubectl drain/, "the drain is a turning point");
  const shell = await page.locator(".inspector-shell").innerText();
  assert.match(shell, /\$ kubectl drain [^]*node\/node-1 cordoned[^]*would violate the pod's disruption budget/);
  await page.keyboard.press("Escape");
  assert.match(await story(lifepod), /not one may be evicted/, "Escape goes back to the story");
});

test("what died of memory, and how is an eviction different? By keys alone", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("example oomkilled 137");
  await lifepod.answered(() => page.keyboard.press("Enter"));
  assert.match(await story(lifepod), /Two limits, two keepers/);
  await page.keyboard.press("]");
  await lifepod.settled();
  const seen = [];
  for (let i = 0; i < 40 && !seen.some((title) => /ran out of memory/.test(title)); i += 1) {
    await page.keyboard.press(".");
    await lifepod.settled();
    seen.push(await page.locator(".why h2").innerText());
  }
  assert.match(await story(lifepod), /100 ?Mi/, seen.join("; "));
});

test("why does a probe kill my slow starter for ever, and what would help? By keys alone", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await page.keyboard.press("g");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("slow starter");
  await lifepod.answered(() => page.keyboard.press("Enter"));
  await page.keyboard.press("Home");
  let why = "";
  for (let i = 0; i < 30 && !/The kubelet kills/.test(why); i += 1) {
    await page.keyboard.press("]");
    await lifepod.settled();
    why = await story(lifepod);
  }
  assert.match(why, /startup probe|liveness probe|startupProbe|livenessProbe/);
  await lifepod.answered(() => page.keyboard.press("x"));
  assert.match(await page.locator(".compare").innerText(), /Restarts\s+\d+\s+\d+/);
  await lifepod.shot("newcomer-slow-starter");
});

test("which node failed which rule? By mouse alone", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await page.getByRole("button", { name: "Examples" }).click();
  await lifepod.answered(() => page.getByRole("link", { name: /Pending/ }).first().click());
  await lifepod.settled();
  assert.match(await lifepod.pods(), /Pending/);
  await page.locator(".span", { has: page.locator("title", { hasText: "no node fits" }) }).first().click({ force: true });
  await lifepod.settled();
  assert.match(await story(lifepod), /found no node for the pod, of 2: 1 × Insufficient cpu, 1 × node\(s\) had untolerated taint/);
  await lifepod.answered(() => page.getByRole("button", { name: "Try it: cpu: 1" }).click());
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /homeless +1\/1 +Running/);
  await lifepod.shot("newcomer-pending");
});
