/** Progress notifications of a call, for clients that requested them. */
import { limits } from "../limits/mod.ts";
import type { RequestContext } from "./_library.ts";

/** Reports a stream's new items, or a call's duration so far. */
export class Progress implements AsyncDisposable {
  readonly #request: RequestContext["mcpReq"];
  readonly #startedMs = performance.now();
  readonly #waiting: ReturnType<typeof setInterval> | undefined;
  #items = 0;
  #newest = "";
  #reportedMs = -Infinity;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(request: RequestContext["mcpReq"]) {
    this.#request = request;
    if (request._meta?.progressToken === undefined) return;
    this.#waiting = setInterval(() => this.#reportWaiting(), limits.agents.waitingProgressMs);
  }

  /** An item has arrived. Several at once are one notification. */
  addItem(text: string): void {
    if (this.#waiting === undefined) return;
    this.#items += 1;
    const newest = this.#newest === "" ? text : `${this.#newest}\n${text}`;
    this.#newest = newest.slice(-limits.agents.progressLengthMax);
    const waitMs = this.#reportedMs + limits.agents.itemsProgressMs - performance.now();
    if (waitMs <= 0) this.#reportItems();
    else this.#due ??= setTimeout(() => this.#reportItems(), waitMs);
  }

  /** Sends the last notification, before the result. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#waiting);
    if (this.#newest !== "") await this.#reportItems();
    clearTimeout(this.#due);
  }

  #reportItems(): Promise<void> {
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#reportedMs = performance.now();
    const newest = this.#newest;
    this.#newest = "";
    return this.#send(this.#items, newest);
  }

  /** A growing number: items of a stream, otherwise seconds. */
  #reportWaiting(): void {
    if (this.#items > 0) return;
    const seconds = Math.round((performance.now() - this.#startedMs) / 1000);
    this.#send(seconds / 1e6, `running for ${seconds} s`);
  }

  async #send(progress: number, message: string): Promise<void> {
    const { _meta, signal } = this.#request;
    if (signal.aborted) return;
    const params = { progressToken: _meta?.progressToken, progress, message };
    try {
      await this.#request.notify({ method: "notifications/progress", params });
    } catch {
      // The client is gone; its call is cancelled by the signal.
    }
  }
}
