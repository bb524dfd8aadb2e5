// Typing never waits, and no keystroke is lost.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

test("edits in quick succession end with the last one", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.answered(async () => {
    await lifepod.page.locator(".cm-line", { hasText: "name: myapp-pod" }).click();
    await lifepod.page.keyboard.press("End");
    await lifepod.page.keyboard.type("-abcdefghijklmnopqrstuvwxyz");
  });
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /myapp-pod-abcdefghijklmnopqrstuvwxyz /);
  assert.equal(await lifepod.text(), HELLO.replace("name: myapp-pod", "name: myapp-pod-abcdefghijklmnopqrstuvwxyz"));
});

test("a worker that cannot start is said, and not tried for ever", {}, async (lifepod) => {
  let asked = 0;
  await lifepod.page.route("**/worker.js", (route) => {
    asked += 1;
    return route.fulfill({ contentType: "text/javascript", body: "throw new Error('no worker today')" });
  });
  lifepod.expected(/no worker today/);
  await lifepod.page.goto(lifepod.url);
  await lifepod.page.locator(".editor-verdict.is-warning", { hasText: "no worker today" }).waitFor();
  assert.equal(asked, 1);
});
