// How the page looks: both themes, both languages, small and large. The pictures are for people.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [2560, 1300], [360, 780]]) {
    test(`${colorScheme} at ${width} px`, { colorScheme, viewport: { width, height } }, async (lifepod) => {
      await lifepod.open();
      await lifepod.type(HELLO);
      await lifepod.press("2", ".", ".");
      await lifepod.settled();
      const { background, overflow } = await lifepod.page.evaluate(() => ({
        background: getComputedStyle(document.body).backgroundColor,
        overflow: document.documentElement.scrollWidth - innerWidth,
      }));
      const brightness = background.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
      assert.equal(brightness > 128, colorScheme === "light", background);
      assert.ok(overflow <= 0, `nothing sticks out sideways (${overflow} px)`);
      await lifepod.shot(`page-${colorScheme}-${width}`);
    });
  }
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
  await lifepod.press("2", ".");
  await lifepod.shot("page-zh");
  await lifepod.page.getByRole("button", { name: "English" }).click();
  assert.match(await lifepod.verdict(), /no errors/);
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
