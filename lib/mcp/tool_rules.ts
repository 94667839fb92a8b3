/** Which rpcs become tools: patterns such as `math.*` and `*.delete_*`. Pure. */

/** Patterns as a person writes them; a service alone stands for all of its rpcs. */
export interface ToolPatterns {
  /** What may be called. Default: everything. */
  readonly allow?: readonly string[];
  /** What may not, whatever else says so. */
  readonly deny?: readonly string[];
  /** What clients should ask a person about though it is idempotent. */
  readonly confirm?: readonly string[];
}

/** Decides about rpcs by their names. */
export class ToolRules {
  readonly #patterns: ToolPatterns;

  /** Patterns must have passed {@linkcode checkPattern}. */
  constructor(patterns: ToolPatterns) {
    this.#patterns = patterns;
  }

  /** Whether an rpc is a tool. */
  admits(service: string, rpc: string): boolean {
    const { allow, deny = [] } = this.#patterns;
    const isAllowed = allow === undefined || allow.some((each) => matches(each, service, rpc));
    return isAllowed && !deny.some((each) => matches(each, service, rpc));
  }

  /** Whether a person should be asked before an rpc is called, whatever is known of it. */
  wantsConfirmation(service: string, rpc: string): boolean {
    return this.#patterns.confirm?.some((each) => matches(each, service, rpc)) ?? false;
  }

  /** The patterns that no rpc of these has: a misspelt one allows nothing, or denies nothing. */
  unmatched(rpcs: readonly { readonly service: string; readonly rpc: string }[]): string[] {
    const { allow = [], deny = [], confirm = [] } = this.#patterns;
    return [...allow, ...deny, ...confirm].filter((pattern) =>
      !rpcs.some(({ service, rpc }) => matches(pattern, service, rpc))
    );
  }
}

/** Says what is wrong with a pattern; undefined where nothing is. */
export function checkPattern(pattern: string): string | undefined {
  const parts = pattern.split(".");
  const isSound = parts.length <= 2 && parts.every((part) => /^[A-Za-z0-9_$*-]+$/.test(part));
  return isSound
    ? undefined
    : `"${pattern}" is no pattern of rpcs: write math.add, math.* or *.get_*`;
}

function matches(pattern: string, service: string, rpc: string): boolean {
  const [ofService = "", ofRpc = "*"] = pattern.split(".");
  return fits(ofService, service) && fits(ofRpc, rpc);
}

/** Whether a name fits a pattern whose stars stand for any characters, in time that grows with both. */
function fits(pattern: string, name: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) return name === pattern;
  const last = others.pop()!;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
