/** Which rpcs become tools: patterns such as `math.*` and `*.delete_*`. Pure. */

/** Patterns of rpcs; a service name means all of its rpcs. */
export interface ToolPatterns {
  /** Allowed rpcs. Default: all. */
  readonly allow?: readonly string[];
  /** Denied rpcs, even if allowed. */
  readonly deny?: readonly string[];
  /** Rpcs that need the user's confirmation although they are idempotent. */
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

  /** Whether an rpc always needs the user's confirmation. */
  wantsConfirmation(service: string, rpc: string): boolean {
    return this.#patterns.confirm?.some((each) => matches(each, service, rpc)) ?? false;
  }

  /** The patterns that match none of these rpcs: a misspelt one has no effect. */
  unmatched(rpcs: readonly { readonly service: string; readonly rpc: string }[]): string[] {
    const { allow = [], deny = [], confirm = [] } = this.#patterns;
    return [...allow, ...deny, ...confirm].filter((pattern) =>
      !rpcs.some(({ service, rpc }) => matches(pattern, service, rpc))
    );
  }
}

/** The mistake in a pattern, if any. */
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

/** Whether a name matches a pattern whose stars match any characters, in time proportional to both lengths. */
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
