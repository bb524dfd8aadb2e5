// The worker runs the same compiled module as the page: nothing is downloaded or compiled a second time.
// It is told where the module's JavaScript side is, and handed the compiled module when there is one. What the page asks
// before the module runs waits for it.
let glue;
const early = [];
addEventListener("message", async function first({ data }) {
  if (!data.glue) return early.push(data);
  glue ??= import(data.glue);
  if (!data.module) return;
  const { default: start } = await glue;
  await start({ module_or_path: data.module });
  removeEventListener("message", first);
  for (const data of early) dispatchEvent(new MessageEvent("message", { data }));
});
