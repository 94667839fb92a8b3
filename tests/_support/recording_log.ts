/** A log for tests to read. */
import assert from "node:assert/strict";
import type { Log, LogFields, LogLevel } from "../../lib/log/mod.ts";

/** One record of a log. */
export interface TestRecord {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** Stores every record, and lets a test wait for one. */
export class RecordingLog implements Log {
  readonly records: TestRecord[] = [];
  #waiters: (() => void)[] = [];

  keeps(): boolean {
    return true;
  }
  debug(event: string, fields?: LogFields): void {
    this.#add("debug", event, fields);
  }
  info(event: string, fields?: LogFields): void {
    this.#add("info", event, fields);
  }
  warn(event: string, fields?: LogFields): void {
    this.#add("warn", event, fields);
  }
  error(event: string, fields?: LogFields): void {
    this.#add("error", event, fields);
  }

  /** The records of an event with these fields. */
  all(event: string, fields: LogFields = {}): TestRecord[] {
    return this.records.filter((record) =>
      record.event === event &&
      Object.entries(fields).every(([name, value]) => record.fields[name] === value)
    );
  }

  /** The `count`-th record of an event with these fields, once it exists. */
  async until(event: string, fields: LogFields = {}, count = 1): Promise<TestRecord> {
    let found = this.all(event, fields);
    const deadlineMs = performance.now() + 120_000;
    while (found.length < count) {
      const leftMs = deadlineMs - performance.now();
      assert.ok(
        leftMs > 0,
        `no record ${event} ${JSON.stringify(fields)}; last: ${
          JSON.stringify(this.records.slice(-5))
        }`,
      );
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
        timer = setTimeout(resolve, leftMs);
      });
      clearTimeout(timer);
      found = this.all(event, fields);
    }
    return found[count - 1];
  }

  #add(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.records.push({ level, event, fields });
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
