/** Counts checks, and prints a line for each. */
export class Results {
  passed = 0;
  failed = 0;
  skipped = 0;

  /** Runs a check, which fails by an error. */
  async check(name: string, fn: () => unknown): Promise<void> {
    const start = performance.now();
    try {
      await fn();
      this.passed++;
      const seconds = Math.round((performance.now() - start) / 1_000);
      console.log(`ok       ${name} (${seconds} s)`);
    } catch (error) {
      this.failed++;
      console.log(`FAILED   ${name}`);
      console.log(error);
    }
  }

  /** Runs a check, or skips it if there is a reason. */
  async checkUnless(
    reason: string | undefined,
    name: string,
    fn: () => unknown,
  ): Promise<void> {
    if (reason === undefined) return await this.check(name, fn);
    this.skipped++;
    console.log(`skipped  ${name}: ${reason}`);
  }

  /** Adds what another process has counted. */
  add({ passed, failed, skipped }: Results): void {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
  }

  toString(): string {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}
