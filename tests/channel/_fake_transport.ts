/** A transport under a test's control: it records every write, and decides when each ends. */
import type { Transport } from "../../lib/transport/mod.ts";

/** A read or write that waits for the test. */
interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export class FakeTransport implements Transport {
  readonly remote = "fake:1";
  readonly remoteHost = "fake";
  readonly remotePort = 1;
  /** The written bytes, one entry per write. */
  readonly writes: Uint8Array[] = [];
  /** The number of reads. */
  reads = 0;
  isClosed = false;
  /** Whether writes wait for {@linkcode releaseWrite}. */
  holdsWrites = false;
  #writing: Waiting<void> | undefined;
  #reading: (Waiting<number | null> & { target: Uint8Array }) | undefined;

  /** Whether a read is pending. */
  get isRead(): boolean {
    return this.#reading !== undefined;
  }

  /** Delivers bytes to the pending read, up to its size. Returns the number delivered. */
  arrive(bytes: Uint8Array): number {
    const { target, resolve } = this.#takeReader();
    const count = Math.min(bytes.length, target.length);
    target.set(bytes.subarray(0, count));
    resolve(count);
    return count;
  }

  /** Ends the stream. */
  end(): void {
    this.#takeReader().resolve(null);
  }

  /** Breaks the connection. */
  breakReading(error: Error): void {
    this.#takeReader().reject(error);
  }

  releaseWrite(): void {
    this.#takeWriter().resolve();
  }

  breakWrite(error: Error): void {
    this.#takeWriter().reject(error);
  }

  read(target: Uint8Array): Promise<number | null> {
    this.reads += 1;
    if (this.isClosed) return Promise.reject(new Error("closed"));
    return new Promise((resolve, reject) => this.#reading = { target, resolve, reject });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error("closed"));
    this.writes.push(bytes.slice());
    if (!this.holdsWrites) return Promise.resolve();
    return new Promise((resolve, reject) => this.#writing = { resolve, reject });
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#reading?.reject(new Error("closed"));
    this.#writing?.reject(new Error("closed"));
    this.#reading = this.#writing = undefined;
  }

  #takeReader(): Waiting<number | null> & { target: Uint8Array } {
    const reading = this.#reading;
    if (reading === undefined) throw new Error("nobody reads");
    this.#reading = undefined;
    return reading;
  }

  #takeWriter(): Waiting<void> {
    const writing = this.#writing;
    if (writing === undefined) throw new Error("nobody writes");
    this.#writing = undefined;
    return writing;
  }
}

/** Lets all pending microtasks and timers run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
