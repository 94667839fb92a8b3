/** A helper's jobs and results: a JSON head with binary parts. */
import type { ExceptionType } from "../errors/mod.ts";
import type { JsonRpcItem, ResultForm, TextRequest } from "../protocol/json/mod.ts";
import type { RequestProof } from "../identity/mod.ts";
import type { SentScript } from "../protocol/mod.ts";
import type { Signature } from "../types/mod.ts";

/** A candidate overload of a call. */
export interface OverloadFacts extends Signature {
  readonly names?: readonly string[];
}

/** A job. Its input is the first part. */
export type Job =
  /** Reads a request, and keeps its arguments until the next job of this kind. */
  | {
    readonly op: "read";
    readonly kind: "text" | "json-rpc" | "arguments";
    readonly batchRequestsMax: number;
  }
  /** Chooses the overload of the call at `index` of the request, and writes its payload. */
  | {
    readonly op: "prepare";
    readonly index: number;
    readonly rpc: string;
    readonly overloads: readonly OverloadFacts[];
  }
  /** Discards the request. */
  | { readonly op: "forget" }
  /** Writes the JSON of a result, whose payload or items are the part. */
  | { readonly op: "write"; readonly signature: Signature; readonly form: ResultForm }
  /** Unpacks scripts and checks each, all of them within `timeoutMs`. */
  | {
    readonly op: "check";
    readonly scripts: readonly SentScript[];
    readonly timeoutMs: number;
  };

/** The proof of a request without the signed text: the helper has checked the signature. */
export type CheckedProof = Omit<RequestProof, "statement"> & { readonly isGenuine: boolean };

/** A request in the text framing without its arguments. */
export type TextHead = Omit<TextRequest, "arguments" | "proof"> & {
  readonly proof?: CheckedProof;
  /** Whether all arguments are in the string form. */
  readonly areStrings: boolean;
};

/** A request in JSON-RPC without its arguments; its id stays JSON, to be lossless. */
export type ItemHead =
  & { readonly id: string | undefined }
  & (
    | (Omit<JsonRpcItem & { kind: "call" }, "arguments" | "proof" | "id"> & {
      readonly proof?: CheckedProof;
    })
    | { readonly kind: "mistake"; readonly code: number; readonly exception: ExceptionHead }
  );

/** An exception between the processes. */
export interface ExceptionHead {
  readonly type: ExceptionType;
  readonly message: string;
}

/** The answers, by the job's `op`. */
export interface Answers {
  read:
    | { readonly kind: "text"; readonly request: TextHead }
    | {
      readonly kind: "json-rpc";
      readonly isBatch: boolean;
      readonly items: readonly ItemHead[];
    }
    /** Instead of a text request: the message is JSON-RPC. */
    | { readonly kind: "no text" }
    | { readonly kind: "arguments" };
  /** The index of the chosen candidate. The parts are the payload, and the items of each stream. */
  prepare: { readonly overload: number };
  forget: Record<never, never>;
  /** The part is the JSON. */
  write: Record<never, never>;
  /** The parts are the scripts. */
  check: Record<never, never>;
}
