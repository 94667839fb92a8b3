import { BrokenRule } from "./link_reader.ts";
import { workingMs } from "../system/working_clock.ts";

/** Of lines that are not logged, so many seconds' worth may come: reading them costs the node, too. */
const floodSeconds = 10;

/**
 * How many lines of an executor are logged: what its own console lets through, and as much again at once, since
 * lines of some seconds may arrive together.
 */
export class LineBudget {
  readonly #perSecond: number;
  #left: number;
  #filledMs = performance.now();
  #workedMs = workingMs();
  #dropped = 0;

  constructor(linesPerSecondMax: number) {
    // One more: that says how many its console has dropped.
    this.#perSecond = linesPerSecondMax + 1;
    this.#left = 2 * this.#perSecond;
  }

  /**
   * A line has come.
   *
   * @returns Whether it is logged, and how many before it were not, which is said once.
   * @throws {BrokenRule} If so many have come that its console cannot be what sends them.
   */
  take(): { readonly isLogged: boolean; readonly dropped: number } {
    this.#fill();
    this.#left -= 1;
    if (this.#left < 0) {
      this.#dropped += 1;
      if (this.#left >= -floodSeconds * this.#perSecond) return { isLogged: false, dropped: 0 };
      throw new BrokenRule("it sent many more console lines than it may");
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { isLogged: true, dropped };
  }

  #fill(): void {
    const [now, worked] = [performance.now(), workingMs()];
    const earned = (now - this.#filledMs) / 1000 * this.#perSecond;
    // While this program did not work, lines have piled up that were in order.
    const lost = Math.max(0, now - this.#filledMs - (worked - this.#workedMs)) / 1000 *
      this.#perSecond;
    this.#left = Math.min(this.#left + earned, 2 * this.#perSecond + lost);
    this.#filledMs = now;
    this.#workedMs = worked;
  }
}
