// The tests of a user who imports the module in each test. The first argument is
// the observer's path.

const ALL = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };

for (const name of ["first", "second"]) {
  Deno.test(name, ALL, async () => {
    const { Status, Varta } = await import("../../../mod.ts");
    using agent = Varta.connect(Deno.args[0]);
    agent.beat(Status.Ok);
  });
}
