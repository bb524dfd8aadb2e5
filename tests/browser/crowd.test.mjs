// Very many pods: a workload is one lane until it is opened, and only what is seen is handed over and drawn.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { deployment } from "./manifests.mjs";

test("a workload of many pods is one lane of its crowd until it is opened", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(deployment(300));
  const closed = await lifepod.lanes();
  assert.ok(closed.length < 20, `${closed.length} lanes`);
  const hints = await lifepod.page.locator(".crowd title").allTextContents();
  assert.ok(hints.some((hint) => /^running: at most [23]\d\d$/.test(hint)), hints.join("; "));
  await lifepod.shot("crowd");

  // The workload opens, then its ReplicaSet: then there are pods, of which only those in sight are drawn.
  await lifepod.press("ArrowDown", "Enter");
  await lifepod.page.waitForFunction((before) => document.querySelectorAll("[data-lane]").length > before, closed.length);
  await lifepod.press("ArrowDown", "Enter");
  await lifepod.page.waitForFunction(() => document.querySelectorAll('[data-lane^="web-"]').length > 10);
  assert.ok((await lifepod.lanes()).length < 80);
  await lifepod.shot("crowd-open");

  // Any of them is reached by scrolling, and found by its name.
  await lifepod.page.locator(".timeline-scroll").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await lifepod.page.waitForFunction(() => document.querySelector('[data-lane^="node"]'));
  const name = await lifepod.page.locator('[data-lane^="web-"]').last().getAttribute("data-lane").catch(() => null);
  assert.ok(name, "pods are still in reach of the nodes");
  await lifepod.page.getByRole("searchbox").fill(name.split("#")[0]);
  const found = (name) => {
    const lanes = [...document.querySelectorAll("[data-lane]")].map((lane) => lane.dataset.lane);
    return lanes.length < 20 && lanes.includes(name);
  };
  await lifepod.page.waitForFunction(found, name);
});

test("keys step through the entries of a large run", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(deployment(300));
  await lifepod.press("Home");
  await lifepod.settled();
  const told = async (key) => {
    await lifepod.press(key);
    await lifepod.settled();
    return `${await lifepod.clock()} ${await lifepod.page.locator(".why h2").innerText()}`;
  };
  const [first, second, back] = [await told("."), await told("."), await told(",")];
  assert.notEqual(first, second);
  assert.equal(back, first);
  await lifepod.press("End");
  await lifepod.settled();
  assert.notEqual((await told(",")).split(" ")[0], "0:00.0", "the stops around the cursor are at hand everywhere");
});
