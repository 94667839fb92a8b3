/** A parser that reports what a module imports, in time that grows with the module's size alone. */
import { limits } from "../limits/mod.ts";
import { type Node, type Options, Parser, tokTypes } from "../javascript/mod.ts";

/** The fields of any node that are read here. */
export type ParsedNode = Node & {
  readonly source?: unknown;
  readonly meta?: { readonly name: string };
  readonly expression?: Node & { readonly value?: unknown };
};

/** The parser's undeclared interface. */
interface ParserInternals {
  readonly input: string;
  pos: number;
  readonly start: number;
  readonly labels: readonly unknown[];
  readonly scopeStack: readonly unknown[];
  readonly context: readonly unknown[];
  finishNode(node: ParsedNode, type: string): ParsedNode;
  parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): ParsedNode;
  parseLabeledStatement(node: ParsedNode, ...rest: unknown[]): ParsedNode;
  enterScope(flags: number): void;
  inGeneratorContext(): boolean;
  declareName(name: string, bindingType: number, pos: number): void;
  checkLocalExport(id: ParsedNode): void;
  checkLValPattern(pattern: ParsedNode): void;
  checkLValInnerPattern(pattern: ParsedNode): void;
  readRegexp(): void;
  readWord1(): string;
  readCodePoint(): number;
  finishToken(type: unknown, value: unknown): void;
  invalidStringToken(pos: number, message: string): never;
  raise(pos: number, message: string): never;
}

const Base = Parser as unknown as new (
  options: Options,
  source: string,
) => ParserInternals & Parser;

/** Replaces parsed statements. */
const parsed = { type: "EmptyStatement", start: 0, end: 0 } as ParsedNode;

/** Nodes between two looks at the clock. */
const nodesBetweenLooks = 1024;

const backslash = 0x5c;
const [slash, openBracket, closeBracket] = [0x2f, 0x5b, 0x5d];
const [openBrace, closeBrace] = [0x7b, 0x7d];

/**
 * Checks every node as soon as it is parsed, and drops statements that are no longer needed: the whole tree of a 15 MB
 * script takes 1.6 GB.
 *
 * It leaves out rules that need a list of names or a walk through the surroundings for each part of the script, and so
 * take time that grows with the square of its size: redeclarations, undeclared exports, the patterns of assignments,
 * private names, the inside of regular expressions. None of them decides what is an import, and the runtime applies
 * all of them when it loads the script.
 */
export class CheckingParser extends Base {
  readonly #visit: (node: ParsedNode) => void;
  readonly #rest: () => void;
  #nodes = 0;

  /**
   * @param options `visit` gets every finished node; `rest` is called now and then, and may throw to stop.
   */
  constructor(
    source: string,
    { visit, rest, onComment }: Pick<Options, "onComment"> & {
      readonly visit: (node: ParsedNode) => void;
      readonly rest: () => void;
    },
  ) {
    super(
      { ecmaVersion: "latest", sourceType: "module", checkPrivateFields: false, onComment },
      source,
    );
    this.#visit = visit;
    this.#rest = rest;
  }

  override finishNode(node: ParsedNode, type: string): ParsedNode {
    const finished = super.finishNode(node, type);
    this.#visit(finished);
    if (this.#nodes++ % nodesBetweenLooks === 0) this.#rest();
    return finished;
  }

  override parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): ParsedNode {
    const statement = super.parseStatement(context, topLevel, exports);
    return topLevel || !isNeeded(statement) ? parsed : statement;
  }

  override declareName(): void {}
  override checkLocalExport(): void {}
  override checkLValPattern(): void {}
  override checkLValInnerPattern(): void {}

  // The parser looks through all of these for a `break`, an `await` or a `yield`.

  override parseLabeledStatement(node: ParsedNode, ...rest: unknown[]): ParsedNode {
    checkDepth(this, this.labels);
    return super.parseLabeledStatement(node, ...rest);
  }

  override enterScope(flags: number): void {
    checkDepth(this, this.scopeStack);
    // A loop or a switch, which a `break` may mean, is a label, too.
    checkDepth(this, this.labels);
    super.enterScope(flags);
  }

  override inGeneratorContext(): boolean {
    checkDepth(this, this.context);
    return super.inGeneratorContext();
  }

  /** The base also validates it. */
  override readRegexp(): void {
    const start = this.pos;
    let isClass = false;
    for (;; this.pos++) {
      let code = this.input.charCodeAt(this.pos);
      if (code === slash && !isClass) break;
      if (code === openBracket) isClass = true;
      else if (code === closeBracket) isClass = false;
      else if (code === backslash) code = this.input.charCodeAt(++this.pos);
      if (isLineBreakOrEnd(code)) this.raise(start, "Unterminated regular expression");
    }
    const pattern = this.input.slice(start, this.pos++);
    this.finishToken(tokTypes.regexp, { pattern, flags: this.readWord1(), value: null });
  }

  /** The base looks for a closing brace through the rest of the script. */
  override readCodePoint(): number {
    if (this.input.charCodeAt(this.pos) === openBrace) {
      let end = this.pos + 1;
      while (isHexDigit(this.input.charCodeAt(end))) end++;
      if (this.input.charCodeAt(end) !== closeBrace) {
        this.invalidStringToken(this.pos, "Bad character escape sequence");
      }
    }
    return super.readCodePoint();
  }
}

// No private method: the base enters a scope before private members exist.
function checkDepth(parser: ParserInternals, { length }: { readonly length: number }): void {
  if (length <= limits.scriptDepthMax) return;
  parser.raise(parser.start, `blocks nested more than ${limits.scriptDepthMax} deep`);
}

/** Whether the parser still needs the node: for its declarations, or because it is a directive. */
function isNeeded({ type, expression }: ParsedNode): boolean {
  return type.endsWith("Declaration") || typeof expression?.value === "string";
}

function isLineBreakOrEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029 || Number.isNaN(code);
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20;
  return code >= 0x30 && code <= 0x39 || lower >= 0x61 && lower <= 0x66;
}
