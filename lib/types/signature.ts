/** Signatures: the argument and return types of an overload, compiled once into a reader and writer of its payloads. */
import {
  ExecutionException,
  InvalidArguments,
  MalformedMessage,
  messageOf,
  RpcException,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { readPayload, type ValueReader } from "./_read_payload.ts";
import { type Codec, codecOfText, fromJson, fullBudget, toJson } from "./codec.ts";
import { encodePayload, type Segment, SegmentWriter } from "./payload.ts";
import { invalidArgument } from "./_invalid_argument.ts";
import { argumentStream, type ItemStream, resultStream } from "./item_stream.ts";
import { isStreamCodec } from "./stream_codec.ts";
import { TypeExpressionError } from "./type_expression.ts";
import { describeValue } from "../encoding/mod.ts";
import { TypeMismatch } from "./type_mismatch.ts";

/** The argument and return types of an overload, as type expressions in any spelling. */
export interface Signature {
  /** The types of the arguments, in order. */
  readonly args: readonly string[];
  /** Empty for no value, one for the value itself, several for a tuple. */
  readonly returns: readonly string[];
}

/** A compiled signature. Its methods need no `this`. */
export interface CompiledSignature {
  /** Canonical texts of the argument types. */
  readonly args: readonly string[];
  /** Canonical texts of the return types. */
  readonly returns: readonly string[];
  /** `int, int -> int`: equal for equal signatures. */
  readonly key: string;
  /** `int, int`: equal for equal argument types, which distinguish the overloads of an rpc. */
  readonly argsKey: string;
  /** The codecs of the arguments, in order. */
  readonly argumentCodecs: readonly Codec[];
  /** Whether an argument or the result is a stream. */
  readonly hasStreams: boolean;
  /** The arguments that are streams; mostly empty. */
  readonly argumentStreams: readonly ItemStream[];
  /** The returned stream, if any. */
  readonly resultStream: ItemStream | undefined;

  /**
   * Writes the payload of a call.
   *
   * @throws {InvalidArguments} `argument 2: expected int, got "x"`, or for a wrong number of arguments.
   * @throws {MessageTooLarge} If they exceed the size of one message.
   */
  encodeArguments(values: readonly unknown[]): Uint8Array<ArrayBuffer>;
  /**
   * Reads the payload of a call. The values share no memory with the payload.
   *
   * @throws {InvalidArguments} As {@linkcode encodeArguments}.
   * @throws {MalformedMessage} If the payload is malformed.
   */
  decodeArguments(payload: Uint8Array): unknown[];
  /**
   * Writes the payload of a result.
   *
   * @param value The script's return value: undefined, the value, or an array of several.
   * @throws {ExecutionException} `returned "x", but declares int`.
   * @throws {MessageTooLarge} If it exceeds the size of one message.
   */
  encodeResult(value: unknown): Uint8Array<ArrayBuffer>;
  /**
   * Reads the payload of a result: undefined, the value, or an array of several.
   *
   * @throws {MalformedMessage} If the payload is malformed or holds a value of another type.
   */
  decodeResult(payload: Uint8Array): unknown;
  /** Whether {@linkcode encodeArguments} would accept these values. Never throws. */
  acceptsArguments(values: readonly unknown[]): boolean;
  /**
   * Reads arguments that are all in the string form.
   *
   * @throws {InvalidArguments} If they do not fit.
   */
  argumentsFromTexts(texts: readonly string[]): unknown[];
  /**
   * Reads arguments in native JSON in the text form, as `parseJson` returns it; leaves the JSON unchanged.
   *
   * @throws {InvalidArguments} If they do not fit.
   */
  argumentsFromJson(values: readonly unknown[]): unknown[];
  /**
   * Reads arguments in native JSON whose strings are in the string form.
   *
   * @throws {InvalidArguments} If they do not fit.
   */
  argumentsFromMixed(values: readonly unknown[]): unknown[];
  /**
   * Reads a result from native JSON, one value for each return type.
   *
   * @throws {InvalidArguments} If it does not fit, or the number of values is wrong.
   */
  resultFromJson(values: readonly unknown[]): unknown;
  /**
   * Writes arguments in the string form.
   *
   * @throws {InvalidArguments} If they do not fit.
   */
  argumentsToTexts(values: readonly unknown[]): string[];
  /**
   * Writes arguments as native JSON in the text form, for `stringifyJson`.
   *
   * @throws {InvalidArguments} If they do not fit.
   */
  argumentsToJson(values: readonly unknown[]): unknown[];
  /**
   * Reads a result from texts in the string form, one for each return type.
   *
   * @throws {InvalidArguments} If it does not fit, or the number of texts is wrong.
   */
  resultFromTexts(texts: readonly unknown[]): unknown;
  /**
   * Writes the return values of a result in the string form.
   *
   * @throws {ExecutionException} If it does not fit.
   */
  resultToTexts(value: unknown): string[];
  /**
   * Writes the return values of a result as native JSON in the text form, for `stringifyJson`.
   *
   * @throws {ExecutionException} If it does not fit.
   */
  resultToJson(value: unknown): unknown[];
  /**
   * Writes each return value of a result as JSON text, in the text form.
   *
   * @throws {ExecutionException} If it does not fit.
   */
  resultToJsonTexts(value: unknown): string[];
}

const compiledSignatures = new Map<string, CompiledSignature>();
let keptLength = 0;

/** Characters of all types of a signature. */
export function signatureLength({ args, returns }: Signature): number {
  const sum = (length: number, type: string) => length + type.length;
  return args.reduce(sum, returns.reduce(sum, 0));
}

/**
 * Compiles a signature, once; the result is cached.
 *
 * @throws {TypeExpressionError} If a text is not a type expression, a Stream is returned beside other values, or the
 *   types have more than `limits.signatureLengthMax` characters.
 */
export function compileSignature(signature: Signature): CompiledSignature {
  // JSON, because joining would give different lists the same text ("Tuple[int", "int]").
  const text = JSON.stringify([signature.args, signature.returns]);
  const known = compiledSignatures.get(text);
  if (known !== undefined) return known;
  const length = signatureLength(signature);
  if (length > limits.signatureLengthMax) {
    throw new TypeExpressionError(
      `the types of one signature have ${length} characters, and ${limits.signatureLengthMax} are ` +
        "allowed; use a List or a Dict in place of a long Tuple or many arguments",
      0,
    );
  }
  const compiled = compile(signature.args.map(codecOfText), signature.returns.map(codecOfText));
  if (
    compiledSignatures.size >= limits.overloadsPerServiceMax ||
    keptLength + length > limits.keptSignaturesLengthMax
  ) {
    compiledSignatures.clear();
    keptLength = 0;
  }
  compiledSignatures.set(text, compiled);
  keptLength += length;
  return compiled;
}

function compile(args: readonly Codec[], returns: readonly Codec[]): CompiledSignature {
  if (returns.length > 1 && returns.some(isStreamCodec)) {
    throw new TypeExpressionError("a Stream is returned alone, not beside other values", 0);
  }
  const argsKey = args.map((codec) => codec.text).join(", ");
  const returnsKey = returns.map((codec) => codec.text).join(", ");
  const argsSegmented = args.some((codec) => codec.segmented);
  const returnsSegmented = returns.some((codec) => codec.segmented);
  const argumentReader: ValueReader = {
    codecs: args,
    segmented: argsSegmented,
    checkCount: (values) => checkCount(values, args.length),
    failure: invalidArgument,
  };
  const resultReader: ValueReader = {
    codecs: returns,
    segmented: returnsSegmented,
    checkCount(values) {
      if (values.length === returns.length) return;
      throw new MalformedMessage(`expected ${returns.length} return values, got ${values.length}`);
    },
    failure(thrown, index) {
      if (!(thrown instanceof TypeMismatch)) return thrown;
      return new MalformedMessage(thrown.within(`return value ${index + 1}`).message);
    },
  };

  function mapArguments<Given>(
    values: readonly Given[],
    read: (codec: Codec, value: Given) => unknown,
  ): unknown[] {
    checkCount(values, args.length);
    const result: unknown[] = [];
    try {
      for (const value of values) result.push(read(args[result.length]!, value));
    } catch (thrown) {
      throw invalidArgument(thrown, result.length);
    }
    return result;
  }

  /** The return values as an array, whatever their number. */
  function returnValues(value: unknown): readonly unknown[] {
    if (returns.length === 1) return [value];
    if (returns.length === 0) {
      if (value === undefined || value === null) return [];
      throw new ExecutionException(
        `returned ${describeValue(value)}, but declares no return value`,
      );
    }
    if (Array.isArray(value) && value.length === returns.length) return value;
    throw new ExecutionException(
      `returned ${describeValue(value)}, but declares ${returns.length} values (${returnsKey})`,
    );
  }

  /** The result of these return values. */
  function mapReturned(
    values: readonly unknown[],
    read: (codec: Codec, value: unknown) => unknown,
  ): unknown {
    if (values.length !== returns.length) throw wrongResultCount(returns.length, values.length);
    const parts = values.map((value, index) => {
      try {
        return read(returns[index]!, value);
      } catch (thrown) {
        if (!(thrown instanceof TypeMismatch)) throw thrown;
        throw new InvalidArguments(thrown.within(`value ${index + 1}`).message);
      }
    });
    return returns.length === 1 ? parts[0] : returns.length === 0 ? undefined : parts;
  }

  /** The error for a script whose return value does not fit its signature. */
  function invalidResult(thrown: unknown, index: number, value: unknown): unknown {
    if (thrown instanceof RpcException) return thrown;
    if (!(thrown instanceof TypeMismatch)) {
      return new ExecutionException(`returned what cannot be read: ${messageOf(thrown)}`, {
        cause: thrown,
      });
    }
    if (thrown.path === "" && returns.length === 1) {
      return new ExecutionException(`returned ${thrown.got}, but declares ${thrown.expected}`);
    }
    if (returns.length > 1) thrown.within(`return value ${index + 1}`);
    return new ExecutionException(
      `returned ${describeValue(value)}, but declares ${returnsKey}: ${thrown.message}`,
    );
  }

  function mapResult<Result>(
    value: unknown,
    write: (codec: Codec, value: unknown) => Result,
  ): Result[] {
    const values = returnValues(value);
    const results: Result[] = [];
    try {
      for (const codec of returns) results.push(write(codec, values[results.length]));
    } catch (thrown) {
      throw invalidResult(thrown, results.length, value);
    }
    return results;
  }

  return {
    hasStreams: args.some(isStreamCodec) || returns.some(isStreamCodec),
    args: args.map((codec) => codec.text),
    returns: returns.map((codec) => codec.text),
    key: `${argsKey} -> ${returnsKey}`,
    argsKey,
    argumentCodecs: args,
    argumentStreams: args.flatMap((codec, index) =>
      isStreamCodec(codec) ? argumentStream(codec, index + 1) : []
    ),
    resultStream: returns.length === 1 && isStreamCodec(returns[0]!)
      ? resultStream(returns[0])
      : undefined,
    encodeArguments(values: readonly unknown[]): Uint8Array<ArrayBuffer> {
      checkCount(values, args.length);
      const segments = argsSegmented ? new SegmentWriter() : undefined;
      let json = "[";
      let index = 0;
      try {
        for (; index < args.length; index++) {
          const part = args[index]!.write(values[index], segments);
          json += index === 0 ? part : "," + part;
        }
        return encodePayload(json + "]", segments?.segments ?? noSegments);
      } catch (thrown) {
        throw invalidArgument(thrown, index);
      }
    },
    decodeArguments(payload: Uint8Array): unknown[] {
      return readPayload(payload, argumentReader);
    },
    encodeResult(value: unknown): Uint8Array<ArrayBuffer> {
      const values = returnValues(value);
      const segments = returnsSegmented ? new SegmentWriter() : undefined;
      let json = "[";
      let index = 0;
      try {
        for (; index < returns.length; index++) {
          const part = returns[index]!.write(values[index], segments);
          json += index === 0 ? part : "," + part;
        }
        return encodePayload(json + "]", segments?.segments ?? noSegments);
      } catch (thrown) {
        throw invalidResult(thrown, index, value);
      }
    },
    decodeResult(payload: Uint8Array): unknown {
      const values = readPayload(payload, resultReader);
      return returns.length === 1 ? values[0] : returns.length === 0 ? undefined : values;
    },
    acceptsArguments(values: readonly unknown[]): boolean {
      if (values.length !== args.length) return false;
      const budget = fullBudget();
      try {
        for (let index = 0; index < args.length; index++) {
          if (!args[index]!.accepts(values[index], budget)) return false;
        }
        return true;
      } catch {
        return false; // A getter or a proxy of the caller threw.
      }
    },
    argumentsFromTexts(texts: readonly string[]): unknown[] {
      return mapArguments(texts, (codec, text) => codec.fromText(text));
    },
    argumentsFromJson(values: readonly unknown[]): unknown[] {
      return mapArguments(values, fromJson);
    },
    argumentsFromMixed(values: readonly unknown[]): unknown[] {
      return mapArguments(
        values,
        (codec, value) =>
          typeof value === "string" ? codec.fromText(value) : fromJson(codec, value),
      );
    },
    argumentsToTexts(values: readonly unknown[]): string[] {
      return mapArguments(values, (codec, value) => codec.toText(value)) as string[];
    },
    argumentsToJson(values: readonly unknown[]): unknown[] {
      return mapArguments(values, toJson);
    },
    resultFromTexts(texts: readonly unknown[]): unknown {
      return mapReturned(texts, (codec, text) => {
        if (typeof text === "string") return codec.fromText(text);
        throw new TypeMismatch(`${codec.text} as a text`, describeValue(text));
      });
    },
    resultFromJson(values: readonly unknown[]): unknown {
      return mapReturned(values, fromJson);
    },
    resultToTexts(value: unknown): string[] {
      return mapResult(value, (codec, part) => codec.toText(part));
    },
    resultToJson(value: unknown): unknown[] {
      return mapResult(value, toJson);
    },
    resultToJsonTexts(value: unknown): string[] {
      return mapResult(value, (codec, part) => codec.write(part, undefined));
    },
  };
}

function wrongResultCount(expected: number, got: number): InvalidArguments {
  return new InvalidArguments(
    `expected ${expected} ${expected === 1 ? "value" : "values"}, got ${got}`,
  );
}

const noSegments: readonly Segment[] = [];

function checkCount(values: readonly unknown[], expected: number): void {
  if (values.length === expected) return;
  throw new InvalidArguments(
    `expected ${expected} ${expected === 1 ? "argument" : "arguments"}, got ${values.length}`,
  );
}
