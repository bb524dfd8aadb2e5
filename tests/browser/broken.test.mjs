// Broken text: said where, and nothing is lost.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, shell } from "./manifests.mjs";

test("a broken document says where, and leaves the last timeline", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const lanes = await lifepod.lanes();
  await lifepod.press("End");
  const pods = await lifepod.pods();

  await lifepod.type(HELLO.replace("image: busybox", "image: [busybox"));
  assert.match(await lifepod.verdict(), /\d+:\d+ .+/, "line, column and a message");
  assert.ok((await lifepod.page.locator(".cm-lintRange-error, .cm-lintPoint-error").count()) > 0, "a squiggle");
  assert.deepEqual(await lifepod.lanes(), lanes);
  assert.equal(await lifepod.pods(), pods);
  assert.ok(await lifepod.page.locator(".timeline-stale").isVisible(), "and says that it is the last");
  await lifepod.shot("broken");

  await lifepod.type(HELLO);
  assert.match(await lifepod.verdict(), /no errors/);
  assert.equal(await lifepod.page.locator(".timeline-stale").count(), 0);
  assert.equal(await lifepod.page.locator(".cm-lintRange-error").count(), 0);
});

test("where there is no text there is no life of another", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type("");
  assert.match(await lifepod.page.locator(".timeline-empty").innerText(), /a Pod is enough/);
  assert.doesNotMatch(await lifepod.page.locator(".inspector").innerText(), /myapp-pod/);
  await lifepod.type(HELLO);
  assert.match(await lifepod.pods(), /myapp-pod/);
});

test("the text outlives a reload", {}, async (lifepod) => {
  await lifepod.open();
  const text = HELLO.replace("myapp-pod", "kept-pod");
  await lifepod.type(text);
  await lifepod.page.waitForFunction(() => localStorage.getItem("lifepod.text")?.includes("kept-pod"));
  await lifepod.open();
  assert.equal(await lifepod.text(), text);
  assert.match(await lifepod.pods(), /kept-pod/);
});

const nested = "[".repeat(10_000);
const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"]
  .concat([..."bcdefghij"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`).join(",")}]`))
  .join("\n");
const containers = Array.from({ length: 1_000 }, (_, i) => `  - {name: c${i}, image: busybox, command: [sleep, "60"]}`);
const thousand = `${HELLO.split("  - name")[0]}${containers.join("\n")}\n`;

const BAD = [
  ["empty text", "", /./],
  ["tabs for indentation", HELLO.replaceAll("  ", "\t"), /\d+:\d+ .*tab/i],
  ["ten thousand brackets", nested, /\d+:\d+ ./],
  ["an alias bomb", bomb, /\d+:\d+ ./],
  ["a pod of a thousand containers", thousand, /./],
  ["a loop that never waits", shell("while true; do :; done"), /./],
  ["binary bytes", String.fromCharCode(...Array.from({ length: 512 }, (_, i) => (i * 89) % 256)), /./],
  ["ten megabytes", `${HELLO}# ${"x".repeat(78)}\n`.concat(`# ${"x".repeat(78)}\n`.repeat(130_000)), /./],
];

for (const [name, text, verdict] of BAD) {
  test(`bad input: ${name}`, {}, async (lifepod) => {
    await lifepod.open();
    await lifepod.paste(text);
    const said = await lifepod.verdict();
    console.log(`      ${name}: ${said.slice(0, 140)}`);
    assert.match(said, verdict);
    assert.doesNotMatch(said, /failed on this text/);
    // CodeMirror knows one kind of line end.
    assert.equal(await lifepod.text(), text.replaceAll(/\r\n?/g, "\n"), "the text is not lost");
    await lifepod.type(HELLO);
    assert.match(await lifepod.verdict(), /no errors/, "the page still works");
  });
}
