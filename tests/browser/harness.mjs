// Runs tests one after the other, each on a fresh page, and closes with a count.

import { chromium } from "playwright-core";
import { late } from "./latency.mjs";
import { Lifepod } from "./lifepod.mjs";

/** Where pictures are kept: nowhere that git would take them from. */
const SHOTS = process.env.SHOTS ?? "target/browser";
/** How late the worker's answers may come, in milliseconds: with 200 a test that does not wait for them fails. */
const LATENCY = Number(process.env.LATENCY ?? 0);

export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const tests = [];

/** Declares a test; `options` are Playwright's for the page, such as `colorScheme`. */
export function test(name, options, body) {
  tests.push({ name, options, body });
}

/** Runs every declared test whose name contains `only`; whether all passed. */
export async function runAll(only = "") {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  let passed = 0;
  let failed = 0;
  for (const { name, options, body } of tests.filter((test) => test.name.includes(only))) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    if (LATENCY > 0) await page.addInitScript(late, LATENCY);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    const start = performance.now();
    const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
    try {
      const lifepod = new Lifepod(page, process.env.PAGE_URL, SHOTS);
      await body(lifepod);
      const unexpected = complaints.filter((said) => !lifepod.expectedComplaints.some((known) => known.test(said)));
      if (unexpected.length > 0) throw new Error(`the page complained:\n${unexpected.join("\n")}`);
      passed += 1;
      console.log(`ok    ${name} (${seconds()} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name} (${seconds()} s)\n      ${String(error.stack ?? error).replaceAll("\n", "\n      ")}`);
      const file = `${SHOTS}/failed-${name.replaceAll(/\W+/g, "-")}.png`;
      await page.screenshot({ path: file }).catch(() => {});
    }
    await context.close();
  }
  await browser.close();
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0;
}
