/** Errors as the page shows them. */
import { FarcallError, messageOf } from "../errors/mod.ts";

/** What happened, to what, and what to do next. */
export interface ErrorJson {
  /** A code of the closed table; of what is misused, `Bad Request`. */
  readonly code: string;
  readonly message: string;
  /** Lines that help to go on. */
  readonly details: readonly string[];
  /** The node that said it; left out where none did. */
  readonly node?: string;
}

/** Causes and stacks stay here. */
export function errorToJson(error: unknown): ErrorJson {
  const message = messageOf(error);
  if (error instanceof FarcallError) {
    return { code: error.code, message, details: error.details, node: error.node };
  }
  const isMisuse = error instanceof TypeError || error instanceof RangeError;
  return { code: isMisuse ? "Bad Request" : "Internal Error", message, details: [] };
}
