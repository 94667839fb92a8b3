/** Ctrl-C during calls. */

/** Cancels calls on SIGINT or SIGTERM. A second signal ends the program at once. */
export class Interruption implements Disposable {
  readonly #abort = new AbortController();

  constructor() {
    Deno.addSignalListener("SIGINT", this.#raise);
    Deno.addSignalListener("SIGTERM", this.#raise);
  }

  /** Raised by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#raise);
    Deno.removeSignalListener("SIGTERM", this.#raise);
  }

  #raise = (): void => {
    this[Symbol.dispose]();
    this.#abort.abort();
  };
}
