// kubectl typed on the page.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { shell } from "./manifests.mjs";

const SLEEPS = shell("echo Hello Kubernetes! && sleep 3600");

test("a reading command is answered at the cursor, and remembered", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLEEPS);
  await lifepod.command("get nodes");
  await lifepod.page.locator(".inspector-shell pre", { hasText: "$ kubectl get nodes" }).waitFor();
  const prompt = lifepod.page.locator(".prompt-line");
  await prompt.press("ArrowUp");
  assert.equal(await prompt.inputValue(), "get nodes");
});

test("Tab completes commands and names", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLEEPS);
  const prompt = lifepod.page.locator(".prompt-line");
  await prompt.fill("describe pods my");
  await prompt.press("Tab");
  await lifepod.page.waitForFunction(() => document.querySelector(".prompt-line").value === "describe pods myapp-pod ");
});

test("a changing command becomes an action at the cursor", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLEEPS);
  await lifepod.press("Home", "Shift+ArrowRight");
  await lifepod.answered(() => lifepod.command("kubectl delete pod myapp-pod --grace-period=1"));
  assert.match(await lifepod.text(), /at: 10s, kubectl: "delete pod myapp-pod --grace-period=1"/);
});
