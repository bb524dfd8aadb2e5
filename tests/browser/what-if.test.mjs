// What if: actions go into the text at the cursor, and the old future stays to be compared with.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, shell } from "./manifests.mjs";

const SLEEPS = shell("echo Hello Kubernetes! && sleep 3600");

test("a pod is deleted at the cursor from its menu, and one key takes it back", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLEEPS);
  await lifepod.press("Home", "Shift+ArrowRight", "Shift+ArrowRight");
  await lifepod.choose("myapp-pod#1/", "kubectl delete pod myapp-pod");
  assert.match(await lifepod.text(), /actions:\n {2}- \{at: 20s, kubectl: "delete pod myapp-pod"\}/);
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /No resources found|Nothing here/);
  assert.match(await lifepod.page.locator(".timeline-fork").innerText(), /0:20\.0/, "the first difference is marked");
  assert.ok((await lifepod.page.locator(".span.ghost").count()) > 0, "the old future stays");
  await lifepod.shot("what-if");

  await lifepod.answered(() => lifepod.press("u"));
  assert.equal(await lifepod.text(), SLEEPS);
});

test("the menu opens and works by keys alone", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLEEPS);
  // Nothing is chosen yet: then it is about the first pod. Escape goes back to where one was.
  await lifepod.press("m");
  await lifepod.page.getByRole("menuitem", { name: "kubectl delete pod myapp-pod", exact: true }).waitFor();
  await lifepod.page.keyboard.press("Escape");
  assert.equal(await lifepod.page.evaluate(() => document.activeElement.className), "timeline-scroll");
  await lifepod.press("ArrowDown", "m");
  await lifepod.page.getByRole("menu").waitFor();
  await lifepod.shot("menu");
  await lifepod.answered(() => lifepod.page.keyboard.press("Enter"));
  assert.match(await lifepod.text(), /at: 1m, kubectl: "delete pod myapp-pod"/);
});

for (const [name, actions] of [
  ["in one line", '  actions:\n  - {at: 3s, kubectl: "cordon node-1"}\n  seed: 3\n'],
  ["over several lines", "  actions:\n  - at: 3s\n    kubectl: cordon node-1\n  - at: 4s\n    kubectl: uncordon node-1 # x\n"],
  ["between brackets", '  actions: [{at: 3s, kubectl: "cordon node-1"}]\n'],
]) {
  test(`an action is added behind those written ${name}`, {}, async (lifepod) => {
    await lifepod.open();
    await lifepod.type(`${SLEEPS}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n${actions}`);
    await lifepod.choose("myapp-pod#1/", "kubectl delete pod myapp-pod");
    assert.match(await lifepod.verdict(), /no errors/);
    await lifepod.press("End");
    assert.doesNotMatch(await lifepod.pods(), /myapp-pod/);
  });
}

test("an action is dragged to another time", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(`${SLEEPS}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  horizon: 5m\n  actions:\n  - {at: 1m, kubectl: "delete pod myapp-pod"}\n`);
  await lifepod.press("t");
  const handle = lifepod.page.locator("[data-lane=actions] .instant").last();
  await handle.scrollIntoViewIfNeeded();
  const box = await handle.boundingBox();
  await lifepod.answered(async () => {
    await lifepod.page.mouse.move(box.x + box.width / 2, box.y + box.height / 3);
    await lifepod.page.mouse.down();
    await lifepod.page.mouse.move(box.x + box.width / 2 + 120, box.y + 4, { steps: 4 });
    await lifepod.page.mouse.up();
  });
  const at = (await lifepod.text()).match(/at: (\S+),/)[1];
  assert.notEqual(at, "1m");
});

test("two manifests are compared", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("c");
  await lifepod.type(SLEEPS);
  await lifepod.page.getByRole("tab", { name: "Compare" }).click();
  const table = await lifepod.page.locator(".compare").innerText();
  assert.match(table, /Restarts\s+[1-9]\d*\s+0/);
  assert.ok((await lifepod.page.locator(".timeline-fork").count()) === 1);
  await lifepod.shot("compare");
});
