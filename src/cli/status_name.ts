import { Status } from "../frame/status.ts";

const names = Object.keys(Status) as (keyof typeof Status)[];

/** The name of a status, `"Ok"` for example. */
export function statusName(status: Status): keyof typeof Status {
  return names[status];
}

/** The status that an agent can send by this name, in whatever case. */
export function statusNamed(name: string): Status | undefined {
  const found = names.find((known) =>
    known.toLowerCase() === name.toLowerCase()
  );
  if (found !== undefined && found !== "Stall") return Status[found];
}
