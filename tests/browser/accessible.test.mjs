// axe-core finds nothing serious on any state of the page, and everything is reached by keys.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "./harness.mjs";
import { ENDS, HELLO } from "./manifests.mjs";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Asserts that there is no serious finding, in either theme. */
async function fine({ page }, state) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // CodeMirror's list of findings has buttons in its items; keys reach what they do by the items themselves.
    const options = { exclude: [[".cm-panel-lint li"]] };
    const { violations } = await page.evaluate((options) => globalThis.axe.run(options, { resultTypes: ["violations"] }), options);
    const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const lines = bad.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target} ${failureSummary}`));
    assert.deepEqual(lines, [], `${state}, ${colorScheme}`);
  }
}

for (const [locale, width] of [["en", 1440], ["zh-CN", 360]]) {
  test(`nothing serious on the page and its dialogs: ${locale}, ${width} px`, { locale, viewport: { width, height: 900 } }, async (lifepod) => {
    const { page } = lifepod;
    await lifepod.open();
    await page.evaluate(AXE);
    await lifepod.type(ENDS);
    await fine(lifepod, "the page");
    await lifepod.press("Home", "]", "]", ".");
    await lifepod.settled();
    await fine(lifepod, "why");
    await lifepod.press("ArrowDown", "m");
    await page.getByRole("menu").waitFor();
    await fine(lifepod, "the menu");
    await page.keyboard.press("Escape");
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await lifepod.settled();
      await fine(lifepod, await tab.innerText());
    }
    for (const key of ["?", "g", "Control+k"]) {
      await lifepod.press(key);
      await page.getByRole("dialog").waitFor();
      await fine(lifepod, key);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await lifepod.settled();
    }
    await page.locator(".toolbar button.is-main").click();
    await page.getByRole("dialog").waitFor();
    await fine(lifepod, "share");
    await page.keyboard.press("Escape");
  });
}

test("nothing serious in the tour, in a comparison, among seeds, and on a broken text", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  await page.evaluate(AXE);
  await lifepod.answered(() => page.getByRole("button", { name: "Take the tour" }).click());
  await lifepod.arrived();
  await fine(lifepod, "the tour");
  await lifepod.press("c");
  await lifepod.type(HELLO.replace("&& 3600", "&& sleep 20"));
  await lifepod.press("v");
  await page.waitForFunction(() => document.querySelectorAll(".timeline-fork").length === 2);
  await fine(lifepod, "both runs");
  await page.getByRole("button", { name: "200 seeds" }).click();
  await page.waitForFunction(() => document.querySelector(".seeds-progress progress")?.value > 3);
  await page.getByRole("button", { name: "Cancel" }).click();
  await fine(lifepod, "seeds");
  await page.keyboard.press("Escape");
  await lifepod.type(HELLO.replace("kind: Pod", "Kind: Pod"));
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+Shift+M");
  await page.locator(".cm-panel-lint").waitFor();
  await fine(lifepod, "findings");
});

test("whatever has the focus shows it, and Tab goes all around", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  const stops = [];
  for (let i = 0; i < 60; i += 1) {
    // In the editor Tab indents; Escape first lets it go on.
    if (stops.at(-1)?.includes("cm-content")) await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const here = document.activeElement;
      if (!here || here === document.body) return "";
      const name = `${here.tagName} ${here.className} ${here.textContent.slice(0, 20)}`;
      const shown = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
      };
      // The editor shows its text cursor, the timeline a line along its top.
      const shows = shown(here) || here.matches(".cm-content") || shown(here.querySelector(".timeline-axis") ?? here);
      return shows ? name : `UNSEEN ${name}`;
    });
    if (stops.length > 0 && (stop === "" || stop === stops[0])) break;
    stops.push(stop);
  }
  assert.deepEqual(stops.filter((stop) => stop.startsWith("UNSEEN")), []);
  for (const part of ["toolbar-play", "cm-content", "timeline-scroll", "inspector-tab", "prompt-line"]) {
    assert.ok(stops.some((stop) => stop.includes(part)), `${part} is reached by Tab: ${stops.join("; ")}`);
  }
});
