/** How far a deployment is, on the terminal. */
import type { DeployProgress } from "../lib/deploy/mod.ts";
import { writeNote } from "./output.ts";

const progressAfterMs = 500;

const stepNames = {
  bundle: "bundling scripts",
  observe: "asking nodes what they run",
  send: "sending scripts",
  stage: "staging",
  commit: "committing",
} as const;

/** One line on the terminal that says how far it is, once it takes longer than half a second. */
export class ProgressLine implements DeployProgress {
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #text = "";
  #isDue = false;
  #isOnScreen = false;

  constructor() {
    if (!Deno.stderr.isTerminal()) return;
    this.#timer = setTimeout(() => {
      this.#isDue = true;
      this.#draw();
    }, progressAfterMs);
  }

  step(name: keyof typeof stepNames, done: number, total: number): void {
    this.#text = `${stepNames[name]}: ${done} of ${total}`;
    if (this.#isDue) this.#draw();
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.#isOnScreen) writeNote("\r\x1b[K");
    this.#isOnScreen = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.clear();
  }

  #draw(): void {
    writeNote(`\r\x1b[K${this.#text}`);
    this.#isOnScreen = true;
  }
}
