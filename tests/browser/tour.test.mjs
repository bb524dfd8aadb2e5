// The guided tour: a newcomer learns the page within its first chapter.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";

test("a newcomer is offered the tour, and goes through its first chapter", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await lifepod.answered(() => page.getByRole("button", { name: "Take the tour" }).click());
  const guide = page.getByRole("region", { name: "Guided tour" });
  await guide.getByText("1 / 6").waitFor();
  assert.match(await lifepod.text(), /echo Hello Kubernetes! && 3600/);
  await lifepod.shot("tour-1");

  // The keys go on; the timeline and what kubectl says follow.
  await lifepod.press("n", "n");
  await guide.getByText("3 / 6").waitFor();
  assert.equal(await page.getByRole("tab", { name: "Events" }).getAttribute("aria-selected"), "true");
  await lifepod.arrived();
  assert.match(await lifepod.pods(), /myapp-pod .*Error .*2 \(/);
  await lifepod.shot("tour-3");

  await guide.getByRole("button", { name: "Next" }).click();
  await lifepod.arrived();
  await page.locator(".why ol li").first().waitFor();
  assert.match(await page.locator("#inspector-panel").innerText(), /127/);
  await lifepod.shot("tour-4");

  await lifepod.press("n", "n");
  await guide.getByText("6 / 6").waitFor();
  await lifepod.answered(() => guide.getByRole("button", { name: "Try it" }).click());
  assert.match(await lifepod.text(), /echo Hello Kubernetes! && sleep 3600/);
  await lifepod.settled();
  assert.match(await page.locator("#inspector-panel").innerText(), /Restarts/);
  await lifepod.shot("tour-6");

  await lifepod.answered(() => guide.getByRole("button", { name: "Phase, state and restart policy" }).click());
  assert.match(await lifepod.text(), /restartPolicy: OnFailure/);
  await guide.getByRole("button", { name: "Leave the tour" }).click();
  await guide.waitFor({ state: "detached" });
});

test("each chapter says what its run does, at every step", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await lifepod.press("g");
  const chapters = await page.locator(".gallery-tour a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.equal(chapters.length, 13);
  // The two that are about what the others are not: a gate that somebody else opens, and a cluster of long ago.
  await page.locator(`.gallery-tour a[href="#tour=04-readiness-gates"]`).click();
  const guide = page.locator(".guide");
  await guide.getByText("1 / 6").waitFor();
  assert.match(await page.evaluate(() => location.hash), /^#tour=04-readiness-gates&step=1$/);
  await lifepod.press("n");
  await lifepod.arrived();
  assert.match(await page.locator("#inspector-panel").innerText(), /example.com\/registered +<none>/);
  await lifepod.press("n", "n");
  await lifepod.arrived();
  assert.match(await page.locator(".why h2").innerText(), /Ready became True/);
  await lifepod.shot("tour-readiness-gates");
  await page.goto(`${lifepod.url}#tour=11-pod-preset&step=3`);
  await guide.getByText("3 / 6").waitFor();
  await lifepod.arrived();
  assert.match(await page.locator("#inspector-panel").innerText(), /port 6379, proxy 10.0.0.1:3128/);
  assert.match(await page.locator(".toolbar-version").innerText(), /1\.19/);
  await lifepod.shot("tour-pod-preset");
});

test("the tour shows what privilege opens, and what init containers hold", {}, async (lifepod) => {
  const { page } = lifepod;
  const panel = page.locator("#inspector-panel");
  const guide = page.locator(".guide");
  await page.goto(`${lifepod.url}#tour=12-privileged-mode`);
  await guide.getByText("1 / 5").waitFor();
  await lifepod.arrived();
  assert.match(await panel.innerText(), /error setting key 'vm.max_map_count': Read-only file system/);
  await lifepod.press("n", "n");
  await guide.getByText("3 / 5").waitFor();
  await lifepod.arrived();
  assert.match(await panel.innerText(), /000001ffffffffff\s+vm.max_map_count = 262144/);
  await lifepod.shot("tour-privileged");
  await lifepod.press("n", "n");
  await guide.getByText("5 / 5").waitFor();
  await lifepod.answered(() => guide.getByRole("button", { name: "Try it" }).click());
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /search +0\/1 +Init:/);

  await page.goto(`${lifepod.url}#tour=13-init-resources&step=2`);
  await guide.getByText("2 / 5").waitFor();
  await lifepod.arrived();
  assert.match(await panel.innerText(), /1 × Insufficient cpu/);
  await lifepod.shot("tour-init-resources");
  await page.getByRole("button", { name: "中文" }).click();
  await guide.getByText("没有给租户的位置").waitFor();
  await lifepod.shot("tour-init-resources-zh");
});

test("a chapter has a link of its own, and is told in Chinese too", {}, async (lifepod) => {
  const { page } = lifepod;
  await page.goto(`${lifepod.url}#tour=07-termination&step=3`);
  const guide = page.locator(".guide");
  await guide.getByText("3 / 5").waitFor();
  await lifepod.arrived();
  assert.match(await lifepod.pods(), /sleeper .*Terminating/);
  await page.getByRole("button", { name: "中文" }).click();
  await guide.getByText("Pod 如何结束").waitFor();
  assert.match(await guide.innerText(), /3 \/ 5/);
  await lifepod.shot("tour-zh");
});
