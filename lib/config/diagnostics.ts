/** Collects mistakes. */
import type { Diagnostic } from "../errors/mod.ts";
import { invalidConfiguration } from "./diagnostic_text.ts";
import type { SourcePosition } from "./model.ts";
import type { SourceText } from "./source.ts";

/** The longest source line that is shown with a mistake; a longer one (minified JSON) is left out. */
const sourceLineLengthMax = 16 * 1024;

/** A diagnostic at one offset. */
export interface Finding {
  /** An offset into the text, or the node there. */
  readonly at: number | { readonly offset: number };
  /** What is wrong, and what was expected. */
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  /** Whether the source must not be shown, e.g. a private key. Default: false. */
  readonly isSecret?: boolean;
}

/** The longest message and hint: they quote names of the file, which may be as long as it is. */
const messageLengthMax = 1000;
/** Characters that remain at the end of a longer one, where its remedy stands. */
const endLength = 300;

function shorten(text: string): string {
  if (text.length <= messageLengthMax) return text;
  return `${text.slice(0, messageLengthMax - endLength)}…${text.slice(-endLength)}`;
}

const variableHint =
  "this file cannot contain variables; substitute them first: envsubst < init.yaml | farcall init -";

/** Whether the mistake is a `${NAME}`, as in a shell or a Compose file. */
function namesVariable(text: string, offset: number): boolean {
  // In { }, YAML's error is at the brace.
  const start = text[offset - 1] === "$" ? offset - 1 : offset;
  const [word = ""] = text.slice(start, start + variableLengthMax).split(/[\s,]/, 1);
  return /\$\{\w[^}]*\}/.test(word);
}

/** Characters searched for one. */
const variableLengthMax = 200;

/** Collects mistakes, so that all of them are reported at once; each position and message once. */
export class Diagnostics {
  readonly source: SourceText;
  readonly #file: string;
  readonly #mistakesMax: number;
  readonly #found = new Map<string, Finding & { readonly offset: number }>();
  #dropped = 0;

  constructor(source: SourceText, options: { file: string; mistakesMax: number }) {
    this.source = source;
    this.#file = options.file;
    this.#mistakesMax = options.mistakesMax;
  }

  /** How many there are. */
  get count(): number {
    return this.#found.size;
  }

  /** Notes a mistake. Past the bound it is only counted. */
  add(finding: Finding): void {
    const offset = typeof finding.at === "number" ? finding.at : finding.at.offset;
    const message = shorten(finding.message);
    const key = `${offset} ${message}`;
    if (this.#found.has(key)) return;
    if (this.#found.size >= this.#mistakesMax) this.#dropped++;
    else {
      const hint = namesVariable(this.source.text, offset) ? variableHint : finding.hint;
      this.#found.set(key, {
        ...finding,
        message,
        ...(hint !== undefined && { hint: shorten(hint) }),
        offset,
      });
    }
  }

  /** The position of an offset. */
  positionOf(at: number | { readonly offset: number }): SourcePosition {
    return this.source.positionAt(typeof at === "number" ? at : at.offset);
  }

  /** `line 3, column 5`, for messages that point to a second position; empty once mistakes are only counted. */
  whereIs(at: number | { readonly offset: number }): string {
    // Looking up positions of a long line from its end to its beginning costs the length of the line each time.
    if (this.#found.size >= this.#mistakesMax) return "";
    const { line, column } = this.positionOf(at);
    return `line ${line}, column ${column}`;
  }

  /**
   * @param inScripts Mistakes in the file's scripts, listed after its own.
   * @throws {InvalidConfiguration} If the file has mistakes.
   */
  throwIfAny(inScripts: readonly Diagnostic[] = []): void {
    if (this.#found.size === 0) return;
    const found = [...this.#found.values()].sort((one, other) => one.offset - other.offset);
    const mistakes = found.map(({ offset, message, hint, isSecret }): Diagnostic => {
      const { line, column } = this.source.positionAt(offset);
      const text = this.source.lineText(line);
      return {
        file: this.#file,
        line,
        column,
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(isSecret || text.length > sourceLineLengthMax ? {} : { sourceLine: text }),
      };
    });
    const has = inScripts.length === 0 ? "has" : "and its scripts have";
    const all = [...mistakes, ...inScripts];
    throw invalidConfiguration(`${this.#file} ${has}`, all, all.length + this.#dropped);
  }
}
