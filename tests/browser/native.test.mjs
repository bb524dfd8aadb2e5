// The page's wasm and the native program do the same: every answer of kubectl that a scenario file holds, which the native
// tests check to the byte, is given by the page too.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "./harness.mjs";

const folders = ["../scenarios", "../scenarios/questions", "../scenarios/states"].map((path) => new URL(`${path}/`, import.meta.url));
const files = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith(".md")).map((name) => new URL(name, folder)));

/** The fenced blocks of a scenario file: what follows the fence, and the text inside. */
function blocks(file) {
  return [...readFileSync(file, "utf8").matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, head, text]) => ({ head, text }));
}

/** Seconds of a duration such as `2m30s`, if they are whole. */
function seconds(written) {
  const [, minutes, rest] = written.match(/^(?:(\d+)m)?(?:(\d+)s)?$/) ?? [];
  return minutes || rest ? Number(minutes ?? 0) * 60 + Number(rest ?? 0) : undefined;
}

/** Moves the cursor to a time. */
async function go(lifepod, time) {
  const keys = ["Home", ...Array(Math.floor(time / 10)).fill("Shift+ArrowRight"), ...Array(time % 10).fill("ArrowRight")];
  await lifepod.press(...keys);
}

for (const file of files) {
  const all = blocks(file);
  const asked = all.flatMap(({ head, text }) => {
    const [, at, command] = head.match(/^kubectl at=(\S+) (get .*)$/) ?? [];
    const time = at && seconds(at);
    return time === undefined || time > 600 ? [] : [{ time, command, text }];
  });
  if (asked.length === 0) continue;
  const name = decodeURI(file.pathname.split("/").pop());
  test(`the page answers as the native program does: ${name}`, {}, async (lifepod) => {
    await lifepod.open();
    await lifepod.paste(all.filter(({ head }) => head.startsWith("yaml")).map(({ text }) => text).join("---\n"));
    for (const { time, command, text } of asked) {
      await go(lifepod, time);
      await lifepod.command(command);
      const expected = `$ kubectl ${command}\n${text}`.trimEnd();
      // The same command may stand there with its answer of an earlier time.
      let got;
      for (let tries = 0; tries < 50 && got !== expected; tries++) {
        if (tries > 0) await lifepod.page.waitForTimeout(100);
        got = (await lifepod.page.locator(".inspector-shell pre", { hasText: `$ kubectl ${command}` }).last().innerText()).trimEnd();
      }
      assert.equal(got, expected);
    }
  });
}
