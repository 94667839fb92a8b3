import { BrokenRule } from "./link_reader.ts";
import { workingMs } from "../system/working_clock.ts";

/**
 * At most this many seconds' worth of unlogged lines is tolerated. The lines of a script that computes leave when it
 * yields, and so together, after as long as the default timeout of a call; but reading them costs the node, too.
 */
const floodSeconds = 300;

/**
 * The number of an executor's lines to log: the rate of its own console, and as much again in a burst, because lines of
 * some seconds may arrive together.
 */
export class LineBudget {
  readonly #perSecond: number;
  #left: number;
  #unloggedLeft: number;
  #filledMs = performance.now();
  #workedMs = workingMs();
  #dropped = 0;

  constructor(linesPerSecondMax: number) {
    // One more, for the line that reports dropped ones.
    this.#perSecond = linesPerSecondMax + 1;
    this.#left = 2 * this.#perSecond;
    this.#unloggedLeft = floodSeconds * this.#perSecond;
  }

  /**
   * Counts a line.
   *
   * @returns Whether to log it, and the number of unlogged lines before it, reported once.
   * @throws {BrokenRule} If there are more lines than its console can have sent.
   */
  take(): { readonly isLogged: boolean; readonly dropped: number } {
    this.#fill();
    if (this.#left < 1) {
      this.#dropped += 1;
      this.#unloggedLeft -= 1;
      if (this.#unloggedLeft >= 0) return { isLogged: false, dropped: 0 };
      throw new BrokenRule("it sent many more console lines than it may");
    }
    this.#left -= 1;
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { isLogged: true, dropped };
  }

  #fill(): void {
    const [now, worked] = [performance.now(), workingMs()];
    const earned = (now - this.#filledMs) / 1000 * this.#perSecond;
    // While this program was not running, legitimate lines have piled up.
    const lost = Math.max(0, now - this.#filledMs - (worked - this.#workedMs)) / 1000 *
      this.#perSecond;
    this.#left = Math.min(this.#left + earned, 2 * this.#perSecond + lost);
    this.#unloggedLeft = Math.min(this.#unloggedLeft + earned, floodSeconds * this.#perSecond);
    this.#filledMs = now;
    this.#workedMs = worked;
  }
}
