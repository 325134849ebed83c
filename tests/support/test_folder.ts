/** Bytes of a folder's path: with a file's name it still fits `sun_path`. */
const MAX_LENGTH = 80;

/** A temporary folder, removed at the end of its block. */
export class TestFolder implements Disposable {
  readonly path: string = makeFolder();

  file(name: string): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function makeFolder(): string {
  const prefix = "varta-";
  const path = Deno.makeTempDirSync({ prefix });
  if (new TextEncoder().encode(path).length <= MAX_LENGTH) return path;
  Deno.removeSync(path);
  return Deno.makeTempDirSync({ dir: "/tmp", prefix });
}
