import { canTrace, FFI, MODULE, runDeno } from "./process.ts";

/**
 * The system calls that the main thread of a Deno makes in `beats` sent beats,
 * once it has beaten for a while, as strace shows them; `undefined` where there
 * is no strace. The calls by which the beats are received are left out.
 */
export async function traceBeats(
  path: string,
  beats: number,
): Promise<string[] | undefined> {
  if (!canTrace()) return undefined;
  const { stderr } = await runDeno(
    `import { Status, Varta } from "${MODULE}";
     import { createDatagramBuffer } from "${FFI}datagram_buffer.ts";
     import { ReceivingSocket } from "${FFI}receiving_socket.ts";
     import { libc } from "${FFI}libc.ts";
     import { unixAddress } from "${FFI}socket_address.ts";
     const observer = ReceivingSocket.bind(unixAddress("${path}"));
     const agent = Varta.connect("${path}");
     const frame = createDatagramBuffer(32);
     const beats = (count) => {
       for (let i = 0; i < count; i++) {
         agent.beat(Status.Ok, i);
         observer.receive(frame);
       }
     };
     beats(5_000);
     libc().close(-1);
     beats(${beats});
     libc().close(-1);`,
    ["--allow-ffi"],
    { trace: "all" },
  );
  const calls = stderr.split("\n");
  const isMark = (call: string) => call.startsWith("close(-1)");
  const begin = calls.findIndex(isMark);
  const end = calls.findLastIndex(isMark);
  return calls.slice(begin + 1, end).filter((call) =>
    !/^recv(msg|from)\(/.test(call)
  );
}
