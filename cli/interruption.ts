/** Ctrl-C while calls are under way. */

/** Gives calls up at SIGINT or SIGTERM. A second signal ends the program at once, as without it. */
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
