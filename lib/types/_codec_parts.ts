/** The interface of a codec, for the modules that implement codecs; all others import `codec.ts`. */
import { limits } from "../limits/mod.ts";
import type { SegmentReader, SegmentWriter } from "./payload.ts";
import type { TypeExpression } from "./type_expression.ts";

/** How a codec reads JSON. */
export interface Reading {
  /** The source of segments; undefined in the text form. */
  readonly segments: SegmentReader | undefined;
  /** Whether integers beyond the safe range were parsed as bigint. */
  readonly exact: boolean;
  /** Whether the JSON may be modified in place, which saves copies. */
  readonly owned: boolean;
  /** Incremented by the number of object keys read. */
  keys: number;
}

/** Thrown by a codec that meets a large integer in JSON that was not parsed exactly: parse it again. */
export const needsExactIntegers = Symbol("needs exact integers");

/** The operations on values of one type. */
export interface Codec {
  /** The type, parsed. */
  readonly type: TypeExpression;
  /** The canonical text of the type. */
  readonly text: string;
  /** Whether a value may need segments in the frame form. */
  readonly segmented: boolean;
  /**
   * Checks a value and writes its JSON: in the frame form if given a segment writer, else in the text form.
   *
   * @throws {TypeMismatch} If the value does not fit.
   * @throws {MessageTooLarge} If it exceeds the size of one message.
   */
  write(value: unknown, segments: SegmentWriter | undefined): string;
  /**
   * Checks parsed JSON and converts it to a value.
   *
   * @throws {TypeMismatch} If it does not fit.
   * @throws {MalformedMessage} If it refers to a missing segment.
   * @throws {typeof needsExactIntegers} If `reading.exact` is false and must be true.
   */
  read(json: unknown, reading: Reading): unknown;
  /**
   * Whether the runtime's own `JSON.stringify` writes the value exactly as {@linkcode write} does, which doubles the
   * speed of writing lists of such values. Undefined if no value of the type qualifies.
   */
  isPlain?(value: unknown): boolean;
  /** Whether {@linkcode write} would accept the value; cheap, and never throws by itself. */
  accepts(value: unknown, budget: Budget): boolean;
  /**
   * Reads the string form.
   *
   * @throws {TypeMismatch} If the text does not fit.
   */
  fromText(text: string): unknown;
  /**
   * Writes the string form.
   *
   * @throws {TypeMismatch} As {@linkcode write}.
   */
  toText(value: unknown): string;
}

/** How many more parts of a value {@linkcode Codec.accepts} may visit: lists may share parts. */
export interface Budget {
  /** Decremented; below zero the value is refused. */
  left: number;
}

/** A budget large enough for any value that fits one message. */
export function fullBudget(): Budget {
  return { left: limits.messageBytesMax };
}
