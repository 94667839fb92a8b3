/** What a codec is, for those that make codecs; everyone else imports `codec.ts`. */
import { limits } from "../limits/mod.ts";
import type { SegmentReader, SegmentWriter } from "./payload.ts";
import type { TypeExpression } from "./type_expression.ts";

/** How JSON is to be read by a codec. */
export interface Reading {
  /** Where segments come from; undefined in the text form. */
  readonly segments: SegmentReader | undefined;
  /** Whether integers beyond the safe range have been parsed as bigint. */
  readonly exact: boolean;
  /** Whether the JSON may be changed in place, which saves copies. */
  readonly owned: boolean;
  /** Is counted up: the keys of the objects that were read. */
  keys: number;
}

/** Thrown by a codec that met a large integer in JSON that was not parsed exactly: parse it again. */
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
   * Checks a value and writes its JSON: in the frame form where there is a writer for segments, else
   * in the text form.
   *
   * @throws {TypeMismatch} If the value does not fit.
   * @throws {MessageTooLarge} If it needs more than one message holds.
   */
  write(value: unknown, segments: SegmentWriter | undefined): string;
  /**
   * Checks parsed JSON and makes the value of it.
   *
   * @throws {TypeMismatch} If it does not fit.
   * @throws {MalformedMessage} If it names segments that are not there.
   * @throws {typeof needsExactIntegers} If `reading.exact` is false and must be true.
   */
  read(json: unknown, reading: Reading): unknown;
  /**
   * Whether the runtime's own `JSON.stringify` writes the value just as {@linkcode write} does. Lists
   * of such values are written at twice the speed. Left out where no value is like that.
   */
  isPlain?(value: unknown): boolean;
  /** Whether {@linkcode write} would take the value; cheap, and never throws by itself. */
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

/** How many parts of a value {@linkcode Codec.accepts} may still look at: lists may share parts. */
export interface Budget {
  /** Counted down; below zero the value is refused. */
  left: number;
}

/** A budget that is enough for everything that one message holds. */
export function fullBudget(): Budget {
  return { left: limits.messageBytesMax };
}
