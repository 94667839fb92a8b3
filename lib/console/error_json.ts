/** Errors as the page shows them. */
import { FarcallError, messageOf } from "../errors/mod.ts";

/** An error as JSON. */
export interface ErrorJson {
  /** An error code, or `Bad Request`. */
  readonly code: string;
  readonly message: string;
  /** Further lines for the user. */
  readonly details: readonly string[];
  /** The node that reported it, if any. */
  readonly node?: string;
}

/** Converts an error, without causes and stacks. */
export function errorToJson(error: unknown): ErrorJson {
  const message = messageOf(error);
  if (error instanceof FarcallError) {
    return { code: error.code, message, details: error.details, node: error.node };
  }
  const isMisuse = error instanceof TypeError || error instanceof RangeError;
  return { code: isMisuse ? "Bad Request" : "Internal Error", message, details: [] };
}
