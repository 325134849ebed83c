const encoder = new TextEncoder();

/** Sends a value over a connection, as JSON. */
export async function sendJson(
  connection: Deno.Conn,
  value: unknown,
): Promise<void> {
  const bytes = encoder.encode(JSON.stringify(value));
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
  await connection.closeWrite();
}

/** Receives a value over a connection, as JSON. */
export async function receiveJson(connection: Deno.Conn): Promise<unknown> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  let text = "";
  for (let length; (length = await connection.read(chunk)) !== null;) {
    text += decoder.decode(chunk.subarray(0, length), { stream: true });
  }
  return JSON.parse(text);
}

/** Calls a command of `programs/service.ts`, and returns its result. */
export async function call(
  path: string,
  command: string,
  argument?: unknown,
): Promise<unknown> {
  using connection = await Deno.connect({ transport: "unix", path });
  await sendJson(connection, [command, argument]);
  return await receiveJson(connection);
}

/** Calls a command without waiting for its result. */
export async function callWithoutResult(
  path: string,
  command: string,
  argument?: unknown,
): Promise<void> {
  using connection = await Deno.connect({ transport: "unix", path });
  await sendJson(connection, [command, argument]);
}
