// The worker runs the same compiled module as the page: nothing is downloaded or compiled a second time.
// Its first message names the module's JavaScript side and hands over the compiled module.
addEventListener(
  "message",
  async ({ data: { glue, module } }) => {
    const { default: start } = await import(glue);
    await start({ module_or_path: module });
  },
  { once: true },
);
