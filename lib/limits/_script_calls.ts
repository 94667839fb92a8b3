/** The bounds of calls that scripts make. */
export const scriptCallLimits = {
  /** Calls of one executor's scripts to other services that have no answer: each holds its arguments at the node. */
  scriptCallsMax: 256,
  /** How deep scripts call each other: loops end, and no honest chain is longer. */
  scriptCallDepthMax: 16,
  /** Overloads that the scripts of one service may call: each executor reads them at its start. */
  callTargetsMax: 1024,
} as const;
