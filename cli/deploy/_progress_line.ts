/** A deployment's progress on the terminal, and its interruption. */
import type { DeployProgress } from "../../lib/deploy/mod.ts";
import { exitInterrupted } from "../exit_codes.ts";
import { isTerminal, printNote, writeControl } from "../output.ts";

const progressAfterMs = 500;

const stepNames = {
  bundle: "bundling scripts",
  observe: "asking nodes what they run",
  send: "sending scripts",
  stage: "staging",
  commit: "committing",
} as const;

/** A progress line on the terminal, once the deployment takes longer than half a second. */
export class ProgressLine implements DeployProgress {
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #text = "";
  #isDue = false;
  #isOnScreen = false;
  #isHeld = false;
  #isInterrupted = false;

  constructor() {
    if (!isTerminal("stderr")) return;
    this.#timer = setTimeout(() => {
      this.#isDue = true;
      this.#draw();
    }, progressAfterMs);
  }

  step(name: keyof typeof stepNames, done: number, total: number): void {
    if (name === "commit") this.#hold();
    this.#text = `${stepNames[name]}: ${done} of ${total}`;
    if (this.#isDue) this.#draw();
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.#isOnScreen) writeControl("stderr", "\r\x1b[K");
    this.#isOnScreen = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.clear();
    if (this.#isInterrupted) Deno.exit(exitInterrupted);
    if (!this.#isHeld) return;
    Deno.removeSignalListener("SIGINT", this.#interrupt);
    Deno.removeSignalListener("SIGTERM", this.#interrupt);
  }

  /** After the first commit, an interrupt waits for the others. */
  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    Deno.addSignalListener("SIGINT", this.#interrupt);
    Deno.addSignalListener("SIGTERM", this.#interrupt);
  }

  #interrupt = (): void => {
    this.clear();
    if (!this.#isInterrupted) printNote("interrupted: ends when every node has committed");
    this.#isInterrupted = true;
  };

  #draw(): void {
    writeControl("stderr", `\r\x1b[K${this.#text}`);
    this.#isOnScreen = true;
  }
}
