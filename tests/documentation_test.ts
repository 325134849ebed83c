import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** A documented symbol, of what `deno doc --json` says. */
interface Documented {
  name: string;
  jsDoc?: { tags?: { kind: string; doc?: string }[] };
}

interface Declaration extends Documented {
  kind: string;
  def?: { methods?: Documented[] };
}

/** The public symbols of an entry point, and the methods of its classes. */
async function symbolsOf(entryPoint: string): Promise<Documented[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", entryPoint],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  type File = { symbols: { name: string; declarations: Declaration[] }[] };
  return Object.values(nodes as Record<string, File>).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.flatMap(({ kind, jsDoc, def }) => [
        { name, jsDoc },
        ...(kind === "class" ? def?.methods ?? [] : []).map((method) => ({
          name: `${name}.${method.name}`,
          jsDoc: method.jsDoc,
        })),
      ])
    )
  );
}

/** Whether it has an example that `deno test --doc` runs. */
function hasExample({ jsDoc }: Documented): boolean {
  return jsDoc?.tags?.some(({ kind, doc }) =>
    kind === "example" && doc!.includes("```ts\n")
  ) ?? false;
}

async function withoutExample(entryPoint: string): Promise<string[]> {
  const symbols = await symbolsOf(entryPoint);
  assert(symbols.length > 10);
  return symbols.filter((symbol) => !hasExample(symbol)).map(({ name }) =>
    name
  );
}

// What `console.log` shows, which nobody calls.
const INSPECT = '[Symbol.for("Deno.customInspect")]';

Deno.test({
  name: "Every public symbol has an example that deno test --doc runs",
  // The form of what `deno doc --json` says moves with the releases.
  ignore: !Deno.version.deno.startsWith("2.9."),
  async fn() {
    assertEquals(await withoutExample("mod.ts"), [
      // `examples_test.ts` runs these two: the first takes Deno 2.8, the other opens
      // a library, which up to Deno 2.5 is a leak of the test that does it.
      "Varta.connectSecureUdp",
      `Varta.${INSPECT}`,
      "installPanicHandler",
    ]);
    assertEquals(await withoutExample("src/observer/mod.ts"), [
      `Observer.${INSPECT}`,
    ]);
  },
});
