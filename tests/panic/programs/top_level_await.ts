// Throws after a top-level await, if the second argument is "install" with a panic
// handler.

import { installPanicHandler, Varta } from "../../../mod.ts";

const [path, step] = Deno.args;
const agent = Varta.connect(path);
if (step === "install") installPanicHandler(agent);
await new Promise((resolve) => setTimeout(resolve, 1));
throw new Error("gone");
