// How the page looks: both themes, both languages, small and large. The pictures are for people.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { ENDS, HELLO } from "./manifests.mjs";

/** The words on the lanes that lie over other words, or that reach out of the bar they begin on. */
function collisions() {
  const found = [];
  for (const lane of document.querySelectorAll(".timeline-lanes [data-lane]")) {
    const words = [...lane.querySelectorAll("text:not(.timeline-label)")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    words.sort(([, a], [, b]) => a.left - b.left);
    for (let i = 1; i < words.length; i += 1) {
      const [[before, a], [word, b]] = [words[i - 1], words[i]];
      if (b.left < a.right - 1) found.push(`${lane.dataset.lane}: ${before} | ${word}`);
    }
  }
  return found;
}

/** The labels that reach into the lanes. */
function labelsOver() {
  const labels = [...document.querySelectorAll(".timeline-label:not(.is-whole)")];
  const gutter = document.querySelector(".timeline-filter").getBoundingClientRect().right + 12;
  return labels.filter((label) => label.getBoundingClientRect().right > gutter).map((label) => label.textContent);
}

for (const [width, height] of [[1440, 900], [2560, 1300], [360, 780]]) {
  test(`both themes and languages at ${width} px`, { viewport: { width, height } }, async (lifepod) => {
    const { page } = lifepod;
    await lifepod.open();
    await lifepod.type(ENDS);
    await lifepod.press("Home", "]", "]", ".");
    for (const lang of ["en", "zh"]) {
      if (lang === "zh") await lifepod.answered(() => page.getByRole("button", { name: "中文" }).click());
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await lifepod.settled();
        const { background, overflow } = await page.evaluate(() => ({
          background: getComputedStyle(document.body).backgroundColor,
          overflow: document.documentElement.scrollWidth - innerWidth,
        }));
        const brightness = background.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
        assert.equal(brightness > 128, colorScheme === "light", background);
        assert.ok(overflow <= 0, `nothing sticks out sideways (${overflow} px)`);
        await lifepod.shot(`page-${lang}-${colorScheme}-${width}`);
      }
      assert.deepEqual(await page.evaluate(collisions), [], "no words lie over others");
      assert.deepEqual(await page.evaluate(labelsOver), [], "no label reaches into the lanes");
    }
  });
}

test("the theme can be chosen, and is kept", { colorScheme: "light" }, async (lifepod) => {
  await lifepod.open();
  const theme = () => lifepod.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  const button = lifepod.page.getByRole("button", { name: /^Colours/ });
  await button.click();
  await button.click();
  assert.equal(await theme(), "dark");
  await lifepod.open();
  assert.equal(await theme(), "dark");
});

test("the page speaks Chinese", { locale: "zh-CN" }, async (lifepod) => {
  await lifepod.open();
  assert.match(await lifepod.verdict(), /没有错误/);
  assert.equal(await lifepod.page.evaluate(() => document.documentElement.lang), "zh-CN");
  await lifepod.page.getByRole("button", { name: "English" }).click();
  assert.match(await lifepod.verdict(), /no errors/);
});

test("forced colours and reduced motion are respected", { forcedColors: "active", reducedMotion: "reduce" }, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const { fills, moving } = await lifepod.page.evaluate(() => ({
    fills: new Set([...document.querySelectorAll(".timeline .span")].map((span) => getComputedStyle(span).fill)).size,
    moving: document.getAnimations().length,
  }));
  assert.ok(fills >= 4, "states are still told apart");
  assert.equal(moving, 0);
  await lifepod.shot("forced-colours");
});

test("the help opens and closes by key", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.press("?");
  const dialog = lifepod.page.getByRole("dialog");
  await dialog.waitFor();
  await lifepod.shot("help");
  await lifepod.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});
