// axe-core finds nothing serious on any state of the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** The serious findings, each as a line. */
async function serious(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target} ${failureSummary}`));
}

for (const colorScheme of ["light", "dark"]) {
  for (const locale of ["en", "zh-CN"]) {
    test(`nothing serious in ${colorScheme}, ${locale}`, { colorScheme, locale }, async (lifepod) => {
      await lifepod.open();
      await lifepod.type(HELLO);
      await lifepod.press("2", ".");
      await lifepod.settled();
      assert.deepEqual(await serious(lifepod.page), []);
      await lifepod.press("ArrowDown", "m");
      await lifepod.page.getByRole("menu").waitFor();
      assert.deepEqual(await serious(lifepod.page), []);
      await lifepod.page.keyboard.press("Escape");
      for (const key of ["?", "g", "Control+k"]) {
        await lifepod.press(key);
        await lifepod.page.getByRole("dialog").waitFor();
        assert.deepEqual(await serious(lifepod.page), [], key);
        await lifepod.page.keyboard.press("Escape");
        await lifepod.page.getByRole("dialog").waitFor({ state: "detached" });
      }
    });
  }
}
