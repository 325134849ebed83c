/** Counts checks, and prints a line for each. */
export class Results {
  passed = 0;
  failed = 0;
  skipped = 0;

  /** Runs a check, which fails by an error, unless there is a reason to skip it. */
  async check(
    name: string,
    fn: () => unknown,
    reason?: string,
  ): Promise<void> {
    if (reason !== undefined) {
      this.skipped++;
      return console.log(`skipped  ${name}: ${reason}`);
    }
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
