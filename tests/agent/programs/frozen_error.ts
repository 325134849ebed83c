// Prints the names of two errors that are created while Error.prototype is frozen.

import { classifySendError, DecodeError } from "../../../mod.ts";

Object.freeze(Error.prototype);
const outcome = classifySendError(1);
console.log(JSON.stringify([
  outcome.kind === "failed" ? outcome.error.name : outcome.kind,
  new DecodeError("BadCrc").name,
]));
