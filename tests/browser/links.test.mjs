// Where a text came from and where it is kept: the address, the draft, the way back.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

const hash = (lifepod) => lifepod.page.evaluate(() => location.hash);
const draft = (lifepod, name) =>
  lifepod.page.waitForFunction((name) => localStorage.getItem("lifepod.text")?.includes(name), name);

test("an example is in the address until it is changed, and one's own text waits meanwhile", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await lifepod.type(HELLO.replace("myapp-pod", "my-own"));
  await draft(lifepod, "my-own");
  // By keys alone: the palette knows every example.
  await lifepod.press("Control+k");
  await page.keyboard.type("preStop eat");
  await lifepod.answered(() => page.keyboard.press("Enter"));
  assert.match(await lifepod.text(), /name: slow-goodbye/);
  assert.equal(await hash(lifepod), "#example=questions/04-prestop-and-grace");
  assert.equal(await lifepod.clock(), "0:45.0", "the cursor is where there is something to see");
  assert.match(await lifepod.pods(), /slow-goodbye .*Terminating/);

  await page.reload();
  await lifepod.ready();
  assert.match(await lifepod.text(), /name: slow-goodbye/, "the address brings it back");
  await page.goto(lifepod.url);
  await page.reload();
  await lifepod.ready();
  assert.match(await lifepod.text(), /name: my-own/, "nothing took the place of the draft");

  await page.goto(`${lifepod.url}#example=03-deletion-with-grace`);
  await page.locator("yaml-editor", { hasText: "sleeper" }).waitFor();
  await lifepod.ready();
  await lifepod.type(`${await lifepod.text()}# changed\n`);
  assert.equal(await hash(lifepod), "", "the link does not lead to what was made of it");
  await draft(lifepod, "# changed");
  await page.reload();
  await lifepod.ready();
  assert.match(await lifepod.text(), /# changed/, "a change survives a reload");
});

test("what was taken back is done again, by the page's keys and by the editor's", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Home", "Shift+ArrowRight");
  await lifepod.answered(() => lifepod.command("delete pod myapp-pod"));
  const acted = await lifepod.text();
  assert.notEqual(acted, HELLO);
  for (const [back, again] of [["u", "U"], ["Control+z", "Control+Shift+z"], ["Control+z", "Control+y"]]) {
    await lifepod.answered(() => lifepod.press(back));
    assert.equal(await lifepod.text(), HELLO);
    await lifepod.answered(() => lifepod.press(again));
    assert.equal(await lifepod.text(), acted, again);
  }
});

test("a long link offers a file, a broken one is said, and an issue's text is copied", { permissions: ["clipboard-read", "clipboard-write"] }, async (lifepod) => {
  const { page } = lifepod;
  await page.goto(`${lifepod.url}#t=1000&z=garbage`);
  await page.locator(".toast span", { hasText: "broken" }).waitFor();
  await lifepod.ready();
  assert.match(await lifepod.verdict(), /no errors/);

  // What does not shrink: a comment of random letters.
  const noise = Array.from({ length: 1200 }, (_, i) => `# ${"abcdefghijklmnopqrstuvwxyz".split("").map((c, j) => String.fromCharCode(97 + ((i * 7919 + j * j * 104729 + i * j * 31) % 26))).join("")}${Math.sin(i)}\n`).join("");
  await lifepod.paste(HELLO + noise);
  await lifepod.settled();
  await page.getByRole("button", { name: "Share" }).click();
  await page.locator(".share-long").waitFor();
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "YAML file" }).click();
  assert.equal((await waiting).suggestedFilename(), "myapp-pod.yaml");
  await page.getByRole("button", { name: "Copy as issue text" }).click();
  await page.locator(".toast span", { hasText: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /### What lifepod shows[^]*### What a real cluster does[^]*At 1:00\.0 \(seed 1\)/);
});
