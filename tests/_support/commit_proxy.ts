/** A way to a node that breaks when the node is told to commit. */

/**
 * What happens to a commit on its way: it passes; the connection is cut before the node hears of it, or after
 * the node has answered; or it is cut, and the proxy takes no connection any more.
 */
export type CommitFate = "pass" | "cut before" | "cut after" | "gone";

/** Passes bytes on to a node, and asks what to do with the first commit. */
export class CommitProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #fateOf: () => CommitFate | Promise<CommitFate>;
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;
  #fate: CommitFate | undefined;

  /**
   * @param target The node's port on 127.0.0.1.
   * @param fateOf Is asked once, when a commit comes; may take its time.
   */
  constructor(target: number, fateOf: () => CommitFate | Promise<CommitFate>) {
    this.#target = target;
    this.#fateOf = fateOf;
    this.#serving = this.#serve();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of [...this.#open]) this.#close(conn);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const passing: Promise<void>[] = [];
    for await (const near of this.#listener) {
      if (this.#fate === "gone") {
        near.close();
        continue;
      }
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#open.add(near).add(far);
      passing.push(this.#pass(near, far), this.#pass(far, near));
    }
    await Promise.all(passing);
  }

  async #pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let read; (read = await from.read(buffer)) !== null;) {
        const bytes = buffer.subarray(0, read);
        const isCommit = this.#fate === undefined &&
          new TextDecoder("latin1").decode(bytes).includes('"op":"commit"');
        if (isCommit) this.#fate = await this.#fateOf();
        if (isCommit && (this.#fate === "cut before" || this.#fate === "gone")) break;
        for (let sent = 0; sent < read;) sent += await to.write(bytes.subarray(sent));
        if (!isCommit || this.#fate !== "cut after") continue;
        // What the node answers is the sign that it has committed; it does not get through.
        await to.read(buffer);
        break;
      }
    } catch {
      // Cut from another side.
    }
    this.#close(from);
    this.#close(to);
  }

  #close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }
}
