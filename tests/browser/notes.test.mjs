// What the run had to assume is a quiet note in the text, and one key says it instead.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

const UNKNOWN = HELLO.replace("busybox", "example.com/shop:1").replace(/ {4}command: .*\n/, "");

test("an assumption is a quiet note, and becomes a behaviour of the text", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(UNKNOWN);
  assert.match(await lifepod.verdict(), /no errors/);
  const note = lifepod.page.locator(".cm-lintRange-hint").first();
  await note.click();
  await lifepod.shot("note");
  await lifepod.answered(() => lifepod.page.keyboard.press("Control+."));
  assert.match(await lifepod.text(), /kind: Scenario\nspec:\n {2}behaviors:\n {2}- pods: "myapp-pod"/);
  assert.equal(await lifepod.page.locator(".cm-lintRange-hint").count(), 0, "nothing is assumed any more");
});
