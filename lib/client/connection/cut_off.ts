/** Connections that end before their node has taken the call. */
import { type FarcallErrorOptions, NodeUnreachable } from "../../errors/mod.ts";

/**
 * The node is there, but the connection ended before it took the call, e.g. because it makes room for others: nothing
 * has run, and a new connection may succeed. To callers, it is any other {@linkcode NodeUnreachable}.
 *
 * @internal
 */
export class CutOff extends NodeUnreachable {
  constructor(message: string, options: FarcallErrorOptions) {
    super(message, options);
    this.name = NodeUnreachable.name;
  }
}

/** The same error, as a {@linkcode CutOff} if its cause is the end of a connection that had been accepted. */
export function orCutOff(error: NodeUnreachable): NodeUnreachable {
  const { message, node, cause, details } = error;
  if (error instanceof CutOff || !isEnd(cause)) return error;
  return new CutOff(message, { node: node!, cause, details });
}

function isEnd(cause: unknown): boolean {
  return cause instanceof Deno.errors.ConnectionReset ||
    cause instanceof Deno.errors.ConnectionAborted ||
    cause instanceof Deno.errors.BrokenPipe || cause instanceof Deno.errors.UnexpectedEof;
}
