// The lines between the parts of the page.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";

test("the lines between the parts are dragged or moved by keys, and stay where they were left", {}, async (lifepod) => {
  const { page } = lifepod;
  await lifepod.open();
  const height = async () => (await page.locator(".inspector").boundingBox()).height;
  const width = async () => (await page.locator(".editor").boundingBox()).width;
  const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 6, `${found} is not about ${wanted}`);
  const [low, narrow] = [await height(), await width()];

  const row = page.getByRole("separator", { name: "Height of the panel below" });
  const { x, y, width: long } = await row.boundingBox();
  await page.mouse.move(x + long / 2, y + 4);
  await page.mouse.down();
  await page.mouse.move(x + long / 2, y - 96, { steps: 5 });
  await page.mouse.up();
  near(await height(), low + 100);

  await page.getByRole("separator", { name: "Width of the editor" }).focus();
  const clock = await lifepod.clock();
  for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowRight");
  near(await width(), narrow + 144);
  assert.equal(await lifepod.clock(), clock, "the cursor stays");
  await lifepod.settled();
  await lifepod.shot("sizes");

  await lifepod.open();
  near(await height(), low + 100);
  near(await width(), narrow + 144);
  await row.dblclick();
  near(await height(), low);
});
