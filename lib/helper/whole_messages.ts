import {
  DeployRejected,
  exceptionOf,
  messageOf,
  MessageTooLarge,
  Overloaded,
  Unavailable,
} from "../errors/mod.ts";
import { type Limits, limits, MiB } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import type { CompiledSignature } from "../types/mod.ts";
import {
  isJsonRpc,
  type JsonRpcId,
  type JsonRpcItem,
  type NamedOverload,
  parseJsonArguments,
  parseJsonRpc,
  parseTextRequest,
  type PreparedCall,
  prepareJson,
  prepareText,
  type ResultForm,
  resultJson,
  stringsIn,
  type TextRequest,
} from "../protocol/json/mod.ts";
import { parseJson } from "../encoding/mod.ts";
import { type RequestProof, scriptIdShownLength } from "../identity/mod.ts";
import type { SentScript } from "../protocol/mod.ts";
import { HelperEnded } from "./_process.ts";
import type { Confine } from "./_spawn.ts";
import { areSmall, SmallScripts } from "./_small_scripts.ts";
import { Helpers, type Lease } from "./helpers.ts";
import type { CheckedProof, ItemHead, Job } from "./jobs.ts";

/** JSON, or its bytes in UTF-8. */
export type JsonText = string | Uint8Array;

/** The arguments of a call, parsed here or in a helper. Exactly one of the two methods must be called, once. */
export interface HeldArguments {
  /**
   * Chooses the overload and writes the payload; synchronously if they were parsed on this thread.
   *
   * @throws {InvalidArguments} If none fits, or several fit equally well.
   * @throws {MessageTooLarge} If they exceed a message, or a helper's bounds.
   * @throws {Overloaded} If no helper is available.
   */
  prepare<T extends NamedOverload>(
    rpc: string,
    overloads: readonly T[],
  ): PreparedCall<T> | Promise<PreparedCall<T>>;
  /** Drops them: the call is refused. */
  drop(): void;
}

/** A request in the text framing, its arguments held. */
export interface HeldTextRequest extends Omit<TextRequest, "arguments"> {
  /** Whether all arguments are in the string form. */
  readonly areStrings: boolean;
  readonly held: HeldArguments;
}

/** A request in JSON-RPC, its arguments held. */
export type HeldItem =
  | (Omit<JsonRpcItem & { kind: "call" }, "arguments"> & { readonly held: HeldArguments })
  | (JsonRpcItem & { kind: "mistake" });

/** A message of JSON-RPC. */
export interface HeldJsonRpc {
  readonly isBatch: boolean;
  readonly items: readonly HeldItem[];
}

/** The helpers' bounds, and the log. */
export interface WholeMessagesParts {
  readonly confine: Confine;
  readonly log: Log;
  readonly bounds: Limits;
}

/**
 * Reads and writes the messages of the protocols with one message each way: small ones at once on this thread, large
 * ones in helpers, so that no other call waits. Also checks scripts, in the same way.
 */
export class WholeMessages {
  readonly #helpers: Helpers | undefined;
  /** For small and for large messages of scripts: the small ones never wait for a large one. */
  readonly #scriptHelpers: { readonly small: Helpers; readonly large: Helpers } | undefined;
  readonly #smallScripts = new SmallScripts();
  readonly #bounds: Limits;

  /** @param parts Left out, everything is done on this thread, without helpers. */
  constructor(parts?: WholeMessagesParts) {
    const bounds = this.#bounds = parts?.bounds ?? limits;
    if (parts === undefined) return;
    this.#helpers = new Helpers({
      ...parts,
      purpose: "reading and writing large messages",
      processesMax: bounds.helpersMax,
      timeoutMs: bounds.helperTimeoutMs,
    });
    const forScripts = (purpose: string) =>
      new Helpers({
        ...parts,
        purpose,
        processesMax: bounds.scriptHelpersMax,
        timeoutMs: bounds.helperTimeoutMs,
      });
    this.#scriptHelpers = {
      small: forScripts("checking scripts"),
      large: forScripts("checking large scripts"),
    };
  }

  /** Ends the helpers. */
  async close(): Promise<void> {
    const { small, large } = this.#scriptHelpers ?? {};
    await Promise.all([this.#helpers, small, large].map((helpers) => helpers?.close()));
  }

  /**
   * Reads a request in the text framing.
   *
   * @param bytes One JSON object; must not change until this resolves.
   * @param from The sender's host.
   * @returns undefined if it is JSON-RPC.
   * @throws {RpcException} If it is not a request, or exceeds a helper's bounds.
   */
  readText(
    bytes: Uint8Array,
    from: string,
  ): HeldTextRequest | undefined | Promise<HeldTextRequest | undefined> {
    if (this.#helpers !== undefined && this.isLarge(bytes)) {
      return this.#readText(this.#helpers, bytes, from);
    }
    if (isJsonRpc(bytes)) return undefined;
    const request = parseTextRequest(bytes);
    const { arguments: values, client, service, rpc, argumentTypes, returnTypes } = request;
    const { script, proof, trace } = request;
    const head = { client, service, rpc, argumentTypes, returnTypes, script, proof, trace };
    const held: HeldArguments = {
      prepare: (_rpc, overloads) => prepareText(overloads, request),
      drop: () => {},
    };
    return { ...head, areStrings: stringsIn(values), held };
  }

  /** Reads a message of JSON-RPC. @throws {RpcException} If it exceeds a helper's bounds. */
  readJsonRpc(bytes: Uint8Array, from: string): HeldJsonRpc | Promise<HeldJsonRpc> {
    if (this.#helpers !== undefined && this.isLarge(bytes)) {
      return this.#readJsonRpc(this.#helpers, bytes, from);
    }
    const { isBatch, items } = parseJsonRpc(bytes, this.#bounds.batchRequestsMax);
    return {
      isBatch,
      items: items.map((item): HeldItem => {
        if (item.kind === "mistake") return item;
        const { arguments: given, ...head } = item;
        return { ...head, held: heldHere(given) };
      }),
    };
  }

  /**
   * Reads a message that consists only of arguments.
   *
   * @throws {MalformedMessage} If they are malformed.
   * @throws {RpcException} If it exceeds a helper's bounds.
   */
  readArguments(bytes: Uint8Array, from: string): HeldArguments | Promise<HeldArguments> {
    if (this.#helpers !== undefined && this.isLarge(bytes)) {
      return this.#readArguments(this.#helpers, bytes, from);
    }
    return heldHere(parseJsonArguments(bytes));
  }

  /**
   * Writes a result as JSON: synchronously as text, or later as bytes.
   *
   * @param payload Its payload, or a stream's items in the form of `PackedItems`. Must not change until this resolves.
   * @throws {RpcException} If it does not fit its signature, or exceeds a helper's bounds.
   */
  resultJson(
    signature: CompiledSignature,
    payload: Uint8Array,
    { form, from }: { readonly form: ResultForm; readonly from: string },
  ): string | Promise<Uint8Array> {
    if (this.#helpers === undefined || !this.isLarge(payload)) {
      return resultJson(signature, payload, form);
    }
    const { args, returns } = signature;
    const job = { op: "write", signature: { args, returns }, form } as const;
    const written = this.#use(this.#helpers, { bytes: payload.length, from }, async (lease) => {
      return (await lease.ask(job, [payload])).parts[0]!;
    });
    return written.catch((error) => {
      // These errors would mean that nothing has run.
      if (!(error instanceof Overloaded || error instanceof Unavailable)) throw error;
      throw new MessageTooLarge(`the call has run, but its result was dropped: ${error.message}`);
    });
  }

  /** Whether a helper must do it. */
  isLarge(bytes: Uint8Array): boolean {
    return this.#helpers !== undefined && bytes.length >= this.#bounds.helperBytesMin;
  }

  /**
   * Unpacks scripts, and checks that each is a module without imports.
   *
   * @returns Each script, followed by its source map if announced.
   * @param packed The concatenated scripts, gzip-compressed.
   * @throws {DeployRejected} If one fails the check, or takes too much memory or time.
   * @throws {Overloaded} If the queue is full.
   */
  async unpackScripts(
    announced: readonly SentScript[],
    packed: Uint8Array<ArrayBuffer>,
    from: string,
  ): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const bytes = announced.reduce(
      (sum, script) => sum + script.bytes + (script.placesBytes ?? 0),
      packed.length,
    );
    const { largeScriptsBytesMin, scriptCheckTimeoutMs, scriptCheckMsPerMiB } = this.#bounds;
    const timeoutMs = Math.ceil(scriptCheckTimeoutMs + scriptCheckMsPerMiB * bytes / MiB);
    if (!this.#smallScripts.isFull && areSmall(announced, packed, this.#bounds)) {
      return await this.#smallScripts.unpack(announced, packed, timeoutMs);
    }
    const helpers = this.#scriptHelpers![bytes < largeScriptsBytesMin ? "small" : "large"];
    try {
      return await this.#use(helpers, { bytes, from }, async (lease) => {
        const job = { op: "check", scripts: announced, timeoutMs } as const;
        // It stops by itself, unless one step of the parser takes so long.
        return (await lease.ask(job, [packed], 2 * timeoutMs)).parts;
      });
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      const why = error.cause instanceof HelperEnded
        ? `${messageOf(error.cause)}: checking ${bytes} bytes of scripts may take ` +
          `${this.#bounds.helperHeapBytes / MiB} MiB of memory and ${timeoutMs / 1000} s; ` +
          "make the scripts smaller"
        : error.message;
      const ids = announced.map(({ id }) => id.slice(0, scriptIdShownLength));
      const [which, rest] = [ids.slice(0, 3).join(", "), ids.length > 3 ? ", …" : ""];
      throw new DeployRejected(`script ${which}${rest} could not be checked: ${why}`, {
        cause: error,
      });
    }
  }

  async #readText(
    helpers: Helpers,
    bytes: Uint8Array,
    from: string,
  ): Promise<HeldTextRequest | undefined> {
    const { answer, lease } = await this.#read(helpers, "text", { bytes, from });
    if (answer.kind !== "text") return undefined;
    const { proof, ...head } = answer.request;
    return {
      ...head,
      proof: proofOf(proof),
      held: this.#heldThere(lease, 0, () => lease.release()),
    };
  }

  async #readJsonRpc(helpers: Helpers, bytes: Uint8Array, from: string): Promise<HeldJsonRpc> {
    const { answer, lease } = await this.#read(helpers, "json-rpc", { bytes, from });
    if (answer.kind !== "json-rpc") throw new TypeError(`a helper answered ${answer.kind}`);
    let open = answer.items.filter(({ kind }) => kind === "call").length;
    if (open === 0) lease.release();
    const onOver = (): void => {
      open -= 1;
      if (open === 0) lease.release();
    };
    const items = answer.items.map((item, index) =>
      itemOf(item, () => this.#heldThere(lease, index, onOver))
    );
    return { isBatch: answer.isBatch, items };
  }

  async #readArguments(helpers: Helpers, bytes: Uint8Array, from: string): Promise<HeldArguments> {
    const { lease } = await this.#read(helpers, "arguments", { bytes, from });
    return this.#heldThere(lease, 0, () => lease.release());
  }

  #heldThere(lease: Lease, index: number, onOver: () => void): HeldArguments {
    return heldThere(lease, { index, bounds: this.#bounds }, onOver);
  }

  /** Keeps the lease while arguments are to be prepared. */
  async #read(
    helpers: Helpers,
    kind: (Job & { op: "read" })["kind"],
    { bytes, from }: { bytes: Uint8Array; from: string },
  ) {
    const lease = await helpers.lease(bytes.length, from);
    try {
      const { batchRequestsMax } = this.#bounds;
      const { head: answer } = await lease.ask({ op: "read", kind, batchRequestsMax }, [bytes]);
      if (answer.kind === "no text") lease.release();
      return { answer, lease };
    } catch (error) {
      lease.release();
      throw tooMuch(error, this.#bounds);
    }
  }

  async #use<Result>(
    helpers: Helpers,
    { bytes, from }: { bytes: number; from: string },
    work: (lease: Lease) => Promise<Result>,
  ): Promise<Result> {
    const lease = await helpers.lease(bytes, from);
    try {
      return await work(lease);
    } catch (error) {
      throw tooMuch(error, this.#bounds);
    } finally {
      lease.release();
    }
  }
}

function heldHere(given: Parameters<typeof prepareJson>[1]["arguments"]): HeldArguments {
  return {
    prepare: (rpc, overloads) => prepareJson(overloads, { rpc, arguments: given }),
    drop: () => {},
  };
}

/** @param onOver Called once, when they are prepared or dropped. */
function heldThere(
  lease: Lease,
  { index, bounds }: { readonly index: number; readonly bounds: Limits },
  onOver: () => void,
): HeldArguments {
  return {
    async prepare<T extends NamedOverload>(rpc: string, overloads: readonly T[]) {
      const facts = overloads.map(({ signature: { args, returns }, names }) => ({
        args,
        returns,
        names,
      }));
      try {
        const answer = await lease.ask({ op: "prepare", index, rpc, overloads: facts });
        const [payload, ...items] = answer.parts;
        return { overload: overloads[answer.head.overload]!, payload: payload!, items };
      } catch (error) {
        throw tooMuch(error, bounds);
      } finally {
        onOver();
      }
    },
    drop: onOver,
  };
}

function itemOf(item: ItemHead, held: () => HeldArguments): HeldItem {
  // Parsed losslessly: an id may be an integer of any size.
  const id = item.id === undefined ? undefined : parseJson(item.id) as JsonRpcId;
  if (item.kind === "call") return { ...item, id, proof: proofOf(item.proof), held: held() };
  const { type, message } = item.exception;
  return { kind: "mistake", id, code: item.code, exception: exceptionOf(type, message) };
}

const nothing = new Uint8Array(0);

function proofOf(proof: CheckedProof | undefined): RequestProof | undefined {
  return proof && { ...proof, statement: nothing };
}

/** The error for a message that killed a helper. */
function tooMuch(error: unknown, { helperHeapBytes, helperTimeoutMs }: Limits): unknown {
  if (!(error instanceof HelperEnded)) return error;
  return new MessageTooLarge(
    `${messageOf(error)}: a message may take ${helperHeapBytes / 1024 / 1024} MiB of memory and ` +
      `${
        helperTimeoutMs / 1000
      } s to be read or written outside of frames; send less at once, or use frames`,
    { cause: error },
  );
}
