/** A program that calls continuously, and counts the outcomes. */
import { connect, ConnectionLost, ExecutionException, FarcallError } from "../../mod.ts";

/** The outcomes of one kind of call. */
export class Tally {
  made = 0;
  /** Calls with an unknown outcome that must not be retried. */
  lost = 0;
  /** By message. */
  readonly failures = new Map<string, number>();

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  fail(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}

/** One kind of call. */
interface Services {
  steady: { version(): Promise<string>; count(n: number): AsyncIterable<number> };
  once: { hit(n: number): Promise<number> };
}

type Farcall = Awaited<ReturnType<typeof connect<Services>>>;

/** The kinds of calls. */
export const kinds = ["idempotent", "not idempotent", "streams"] as const;

/** Callers that continue until they are stopped. */
export class Traffic implements AsyncDisposable {
  readonly tallies = new Map(kinds.map((kind) => [kind, new Tally()]));
  readonly #farcall: Farcall;
  readonly #lanes: Promise<void>[];
  #isOver = false;

  private constructor(farcall: Farcall, texts: ReadonlySet<string>) {
    this.#farcall = farcall;
    const version = async () => {
      const text = await farcall.call("steady", "version", []);
      if (!texts.has(text as string)) {
        throw new TypeError(`a version that was never deployed: ${text}`);
      }
    };
    const hit = async (n: number) => {
      if (await farcall.call("once", "hit", [n], { retries: 0 }) !== n + 1) {
        throw new TypeError("another result");
      }
    };
    const count = async (n: number) => {
      let next = 0;
      for await (
        const item of farcall.service("steady").count(50 + n % 50)
      ) {
        if (item !== next++) throw new TypeError(`item ${item} in the place of ${next - 1}`);
      }
      if (next !== 50 + n % 50) throw new TypeError(`${next} items`);
    };
    this.#lanes = [
      ...Array.from({ length: 6 }, () => this.#lane("idempotent", version)),
      ...Array.from({ length: 2 }, () => this.#lane("not idempotent", hit)),
      ...Array.from({ length: 2 }, () => this.#lane("streams", count)),
    ];
  }

  static async start(file: string, texts: ReadonlySet<string>): Promise<Traffic> {
    const options = { as: "c1", retries: 5, hedgeMs: 200, timeoutMs: 20_000 };
    return new Traffic(await connect<Services>(file, options), texts);
  }

  /** Ends when every call has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
    await this.#farcall.close();
  }

  async #lane(kind: typeof kinds[number], call: (n: number) => Promise<void>): Promise<void> {
    const tally = this.tallies.get(kind)!;
    for (let n = 0; !this.#isOver; n++) {
      tally.made += 1;
      try {
        await call(n);
      } catch (error) {
        // The library does not retry these by itself.
        if (kind !== "idempotent" && isLoss(error)) tally.lost += 1;
        else {tally.fail(
            error instanceof FarcallError ? `${error.code}: ${error.message}` : String(error),
          );}
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Whether a call's outcome is unknown: its connection was lost, or its executor was killed. */
function isLoss(error: unknown): boolean {
  return error instanceof ConnectionLost ||
    error instanceof ExecutionException && error.message.includes("was ended: signal SIGKILL");
}
