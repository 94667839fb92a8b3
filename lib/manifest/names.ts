/** Permitted names: a pattern for each kind, and its description. */

/** By the kind of the named thing. */
export const namePatterns = {
  server: [
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    "letters, digits, _, . and -, not beginning with . or -",
  ],
  client: [
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    "letters, digits, _, . and -, not beginning with . or -",
  ],
  service: [/^[A-Za-z_][A-Za-z0-9_-]*$/, "letters, digits, _ and -, beginning with a letter or _"],
  rpc: [/^[A-Za-z_$][A-Za-z0-9_$]*$/, "letters, digits, _ and $, not beginning with a digit"],
  argument: [/^[A-Za-z_$][A-Za-z0-9_$]*$/, "letters, digits, _ and $, not beginning with a digit"],
} as const;
