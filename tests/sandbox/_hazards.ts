/** Ways in which scripts harm their own process. */

/** One way to harm it. */
export interface Hazard {
  readonly name: string;
  /** A short name. */
  readonly rpc: string;
  readonly source: string;
  /** Default: `str`. */
  readonly returns?: string;
  /** The deadline of the call. */
  readonly timeoutMs?: number;
  /** The call's value, or `code: message` of its exception. */
  readonly expected: { readonly value: unknown } | { readonly exception: RegExp };
  /** Whether it ends the process, and so the other calls in flight; undefined if it may. */
  readonly isKilled?: boolean;
  /** How long other calls of the service wait meanwhile; by default until a killed process is gone. */
  readonly companionsWaitMs?: number;
  /** A log record; by default any with the rpc and its script. */
  readonly logs?: RegExp;
}

const late = /^Deadline Exceeded: /;
const ended = /^(Execution Exception|Message Too Large): /;

function endless(name: string, rpc: string, body: string): Hazard {
  return {
    name,
    rpc,
    source: `export function ${rpc}() { ${body} }`,
    // Enough time to begin, even on a busy machine.
    timeoutMs: 500,
    expected: { exception: late },
    isKilled: true,
  };
}

/** Every way. */
export const hazards: readonly Hazard[] = [
  endless("an endless loop", "loop", "for (;;);"),
  endless(
    "an endless row of microtasks",
    "microtasks",
    `
    // Returns nothing: on a fast machine, a chain of dependent promises would exhaust memory first.
    const again = () => { Promise.resolve().then(again); };
    again();
    return new Promise(() => {});`,
  ),
  endless(
    "a regular expression that never ends",
    "expression",
    `
    return String(/^(a+)+$/.test("a".repeat(60) + "!"));`,
  ),
  {
    name: "V8's heap used up",
    rpc: "heap",
    source:
      "export function heap() { const kept = []; for (;;) kept.push({ of: [kept.length, 'x'] }); }",
    expected: { exception: /^Execution Exception: .*(memory|signal|exit code)/s },
    isKilled: true,
  },
  {
    name: "memory used up by typed arrays",
    rpc: "arrays",
    source: `export function arrays() {
      const kept = [];
      for (;;) kept.push(new Uint8Array(8 << 20).fill(1));
    }`,
    expected: { exception: ended },
  },
  {
    name: "more memory than the service has, and less than would end the process by itself",
    rpc: "hoard",
    source: `export function hoard() {
      const kept = [];
      for (let i = 0; i < 48; i++) kept.push(new Uint8Array(8 << 20).fill(1));
      for (;;) kept.at(-1)[0] += 1;
    }`,
    expected: {
      exception: /^Execution Exception: .*\d+ MiB .*\b256 MiB\b.*\blimits: memory\b/,
    },
    isKilled: true,
    logs: /"event":"executor\.ended"[^\n]*limits: memory[^\n]*hoard \(script/,
  },
  {
    name: "a result of a gigabyte",
    rpc: "gigabyte",
    returns: "bytes",
    source: "export const gigabyte = () => new Uint8Array(2 ** 30).fill(1);",
    expected: { exception: ended },
  },
  {
    name: "a result of a gigabyte as texts",
    rpc: "texts",
    returns: "List[str]",
    source: "export const texts = () => new Array(64).fill('x'.repeat(2 ** 24));",
    expected: { exception: /^Message Too Large: / },
    isKilled: false,
  },
  {
    name: "a stack overflow",
    rpc: "overflow",
    source: "export function overflow() { return overflow() + '!'; }",
    expected: { exception: /^Execution Exception: RangeError: Maximum call stack size exceeded/ },
    isKilled: false,
  },
  {
    name: "throwing and rejecting after the reply, errors and what is none",
    rpc: "after",
    source: `export function after() {
      for (const thrown of [new Error("late"), null, Symbol("s"), Object.freeze({}), new Proxy({}, {
        get() { throw 1; }, getPrototypeOf() { throw 2; },
      })]) {
        Promise.reject(thrown);
        queueMicrotask(() => { throw thrown; });
        setTimeout(() => { throw thrown; }, 1);
      }
      return "replied";
    }`,
    expected: { value: "replied" },
    isKilled: false,
    logs: /"event":"script\.console"[^\n]*late/,
  },
  {
    name: "printing what is endless to print",
    rpc: "endless",
    source: `export function endless() {
      const wide = {}; let list = [1];
      for (let i = 0; i < 12; i++) list = [list, list];
      wide.self = wide;
      console.log(wide, list, "x".repeat(2 ** 26), { toJSON() { throw 1; } }, Object.create(null));
      return "replied";
    }`,
    expected: { value: "replied" },
    isKilled: false,
  },
  {
    name: "never answering",
    rpc: "never",
    source: "export const never = () => new Promise(() => {});",
    timeoutMs: 500,
    expected: { exception: late },
    isKilled: false,
  },
  {
    name: "timers left running",
    rpc: "timers",
    source: `export function timers() {
      for (let i = 0; i < 1000; i++) setInterval(() => {}, 1);
      return "replied";
    }`,
    expected: { value: "replied" },
    isKilled: false,
  },
  {
    name: "an endless loop after the reply",
    rpc: "later",
    source: "export function later() { setTimeout(() => { for (;;); }, 60); return 'replied'; }",
    expected: { value: "replied" },
    companionsWaitMs: 0,
    isKilled: true,
    logs: /"event":"executor\.ended"[^\n]*\byield\b/,
  },
  {
    name: "a stack overflow while it prints",
    rpc: "printing",
    source: `export function printing() {
      try { return printing() + "!"; } catch (error) { console.log("deep down"); throw error; }
    }`,
    expected: { exception: /^Execution Exception: / },
    isKilled: false,
  },
  {
    name: "rejections without end",
    rpc: "rejections",
    source: `export async function rejections() {
      for (let i = 0; i < 25; i++) {
        for (let j = 0; j < 200; j++) Promise.reject(new Error("x".repeat(10_000)));
        await new Promise((done) => setTimeout(done));
      }
      return "replied";
    }`,
    expected: { value: "replied" },
    isKilled: false,
  },
  {
    name: "flooding console.log",
    rpc: "flood",
    source: `export function flood() {
      for (let i = 0; i < 100_000; i++) console.log("flood", i, "x".repeat(1000));
      return "replied";
    }`,
    expected: { value: "replied" },
    isKilled: false,
  },
];
