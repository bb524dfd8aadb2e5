// Measures the built page in Chromium: `cargo xtask measure`. No test: numbers depend on the machine.

import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { FLAGS } from "./harness.mjs";
import { Lifepod } from "./lifepod.mjs";
import { HELLO, deployment, probed } from "./manifests.mjs";

const KEYSTROKES = 60;
const VISITS = 7;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** Milliseconds from navigation to the first timeline, and to the editor. */
async function visit(context) {
  const page = await context.newPage();
  // Whoever waits for the rest of the program asks for it so.
  page.on("request", (request) => (waits += request.resourceType() === "xhr" && /_rest\.wasm$/.test(request.url())));
  await page.addInitScript(() => {
    globalThis.seen = {};
    new MutationObserver(() => {
      if (document.querySelector(".timeline-lanes")) globalThis.seen.timeline ??= performance.now();
      if (document.querySelector(".cm-content")) globalThis.seen.editor ??= performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(process.env.PAGE_URL);
  await page.waitForFunction(() => globalThis.seen.timeline && globalThis.seen.editor);
  const seen = await page.evaluate(() => globalThis.seen);
  await page.close();
  return seen;
}

let waits = 0;
const cold = [];
const warm = [];
for (let i = 0; i < VISITS; i += 1) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  cold.push(await visit(context));
  warm.push(await visit(context));
  await context.close();
}
for (const [name, visits] of Object.entries({ cold, warm })) {
  const { timeline, editor } = { timeline: visits.map((v) => v.timeline), editor: visits.map((v) => v.editor) };
  console.log(`visit, ${name}: first timeline ${spread(timeline)}; editor ${spread(editor)}`);
}

console.log(`${waits} of ${2 * VISITS} visits had to wait for the rest of the program`);

/**
 * Milliseconds from a keystroke to what it changes: to the first picture of its run, to the whole timeline in the
 * document, and to the frame that shows that. A comment changes nothing that happens; a digit of a command does.
 */
async function keystrokes(text, key, steps) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const lifepod = new Lifepod(page, process.env.PAGE_URL, ".");
  await lifepod.open();
  await lifepod.paste(text);
  await page.keyboard.press("Control+End");
  for (let i = 0; i < steps; i += 1) await page.keyboard.press("ArrowLeft");
  const times = { picture: [], whole: [], frame: [], worker: [] };
  for (let i = 0; i < KEYSTROKES; i += 1) {
    await page.evaluate(() => {
      const foot = document.querySelector(".editor-foot");
      const lanes = document.querySelector(".timeline-lanes");
      globalThis.shown = new Promise((resolve) => {
        document.addEventListener("keydown", () => {
          const start = performance.now();
          const before = Number(foot.dataset.answered);
          const took = {};
          const drawn = new MutationObserver(() => (took.picture ??= performance.now() - start));
          drawn.observe(lanes, { subtree: true, childList: true, attributes: true, characterData: true });
          new MutationObserver((_, observer) => {
            if (Number(foot.dataset.answered) === before) return;
            observer.disconnect();
            drawn.disconnect();
            took.whole = performance.now() - start;
            took.picture ??= took.whole;
            requestAnimationFrame(() => setTimeout(() => resolve({ ...took, frame: performance.now() - start })));
          }).observe(foot, { attributes: true });
        }, { once: true, capture: true });
      });
    });
    await page.keyboard.press(i % 2 ? "Backspace" : key);
    for (const [name, took] of Object.entries(await page.evaluate(() => globalThis.shown))) times[name].push(took);
    times.worker.push(Number.parseFloat(await page.locator(".editor-took").innerText()));
  }
  await context.close();
  return times;
}

const pods = (count) => Array.from({ length: count }, (_, i) => HELLO.replace("name: myapp-pod", `name: pod-${i}`)).join("---\n");
for (const count of [1, 10, 100]) {
  const kinds = { "in a comment": [`${pods(count)}#`, "x", 0], "in a command": [pods(count).trimEnd(), "1", "']".length] };
  for (const [name, [text, key, steps]] of Object.entries(kinds)) {
    const { picture, whole, frame, worker } = await keystrokes(text, key, steps);
    console.log(
      `keystroke ${name}, ${count} pods: first picture ${spread(picture)}; whole ${spread(whole)}, ` +
        `on the screen ${spread(frame)}; of it to the worker and back ${spread(worker)}`,
    );
  }
}

/** Milliseconds from each frame to the next while a timeline of so many open pods is panned by its keys and scrolled. */
async function panning(count) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const lifepod = new Lifepod(page, process.env.PAGE_URL, ".");
  await lifepod.open();
  const start = performance.now();
  const picture = page
    .waitForFunction(() => document.querySelector('[data-lane*="web"]'))
    .then(() => performance.now() - start);
  await lifepod.ran(() => lifepod.put(deployment(count)));
  const whole = performance.now() - start;
  await lifepod.press("ArrowDown", "Enter");
  await lifepod.settled();
  await lifepod.press("ArrowDown", "Enter");
  await page.waitForFunction(() => document.querySelectorAll('[data-lane^="web-"]').length > 10);
  await lifepod.press("w", "w", "w", "w", "w", "w");
  const frames = (move) =>
    page.evaluate(async (move) => {
      const element = document.querySelector(".timeline-scroll");
      const box = element.getBoundingClientRect();
      const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true, cancelable: true };
      const times = [];
      const frame = () => new Promise(requestAnimationFrame);
      let last = await frame();
      for (let i = 0; i < 120; i += 1) {
        const deltaX = i % 60 < 30 ? 12 : -12;
        if (move === "pan") element.dispatchEvent(new WheelEvent("wheel", { ...at, deltaX }));
        else element.scrollBy(0, deltaX * 2);
        const now = await frame();
        times.push(now - last);
        last = now;
      }
      return times;
    }, move);
  const [pan, scroll] = [await frames("pan"), await frames("scroll")];
  await context.close();
  return { first: await picture, whole, pan, scroll };
}

for (const count of [1_000, 10_000]) {
  const { first, whole, pan, scroll } = await panning(count);
  console.log(`${count} pods: first picture after ${first.toFixed(0)} ms, whole after ${whole.toFixed(0)} ms; a frame while panning ${spread(pan)}, while scrolling ${spread(scroll)}`);
}

/**
 * Milliseconds from a text's way to the worker to its findings' arrival. The last document names no kind: such a text
 * is judged and not run.
 */
async function findings(text) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.trips = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...message) {
      const start = performance.now();
      this.addEventListener("message", () => globalThis.trips.push(performance.now() - start), { once: true });
      return post.apply(this, message);
    };
  });
  const lifepod = new Lifepod(page, process.env.PAGE_URL, ".");
  await lifepod.open();
  await lifepod.paste(`${text}#`);
  await page.keyboard.press("Control+End");
  await page.evaluate(() => (globalThis.trips.length = 0));
  for (let i = 0; i < KEYSTROKES; i += 1) {
    await lifepod.answered(() => page.keyboard.press(i % 2 ? "Backspace" : "x"));
  }
  const times = await page.evaluate(() => globalThis.trips);
  await context.close();
  return times;
}

/**
 * How fast the worker simulates, with nothing read or drawn: so many runs of a hundred pods that are probed for an hour.
 * Each has its own seed, else it would be the run before.
 */
async function simulating(count) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const lifepod = new Lifepod(page, process.env.PAGE_URL, ".");
  await lifepod.open();
  const runs = [];
  for (let seed = 1; seed <= count; seed += 1) {
    await lifepod.paste(probed(100, seed));
    const last = () => performance.getEntriesByType("mark").at(-1).name;
    const [entries, ms] = (await page.workers()[0].evaluate(last)).match(/[\d.]+/g).map(Number);
    runs.push({ entries, ms });
  }
  await context.close();
  return runs;
}

const runs = await simulating(9);
const rates = runs.map(({ entries, ms }) => (entries / ms) * 1000).sort((a, b) => a - b);
console.log(
  `100 pods of Deployments for an hour: ${runs[0].entries} entries, simulated in ${spread(runs.map((run) => run.ms))}; ` +
    `entries a second: ${rates[rates.length >> 1].toFixed(0)} p50, ${rates.at(-1).toFixed(0)} at best`,
);

const shop = await readFile(new URL("../manifests/shop.yaml", import.meta.url), "utf8");
const shops = (count) =>
  Array.from({ length: count }, (_, i) => shop.replaceAll("name: shop\n", `name: shop-${i}\n`)).join("---\n");
for (const [lines, text] of [["no", ""], ["100", shop], ["5,000", shops(50)]]) {
  const times = await findings(`${text}---\nfoo: bar\n`);
  const fastest = Math.min(...times).toFixed(1);
  console.log(`to the worker and back with the findings of ${lines} lines: ${spread(times, 1)}, at best ${fastest} ms`);
}
await browser.close();

function spread(times, digits = 0) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(digits);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
