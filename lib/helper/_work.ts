/** A helper's jobs, which may take long because they run in a process of their own. */
import { toException } from "../errors/mod.ts";
import { compileSignature } from "../types/mod.ts";
import {
  isJsonRpc,
  type JsonArguments,
  type JsonRpcItem,
  parseJsonArguments,
  parseJsonRpc,
  parseTextRequest,
  type PreparedCall,
  prepareJson,
  prepareText,
  resultJson,
  stringsIn,
  type TextRequest,
} from "../protocol/json/mod.ts";
import { isSignedBy, type RequestProof } from "../identity/mod.ts";
import { stringifyJson } from "../encoding/mod.ts";
import type { Message } from "./_pipe.ts";
import type { Answers, CheckedProof, ItemHead, Job } from "./jobs.ts";

/** The parsed arguments of each call of a request. */
type Kept =
  | { readonly kind: "text"; readonly request: TextRequest }
  | { readonly kind: "json"; readonly calls: readonly (JsonArguments | undefined)[] };

/** A result before it is encoded. */
interface Answer<Op extends Job["op"] = Job["op"]> {
  readonly head: Answers[Op];
  readonly parts?: readonly Uint8Array[];
}

/** Runs one job after the other. */
export class Work {
  #kept: Kept | undefined;

  /** Runs a job. @throws {RpcException} The error for the sender. */
  async answer({ head, parts }: Message): Promise<Answer> {
    const job = head as Job;
    switch (job.op) {
      case "read":
        return { head: await this.#read(job, parts[0]!) };
      case "prepare":
        return this.#prepare(job);
      case "forget":
        this.#kept = undefined;
        return { head: {} };
      case "write": {
        const signature = compileSignature(job.signature);
        const json = resultJson(signature, parts[0]!, job.form);
        return { head: {}, parts: [new TextEncoder().encode(json)] };
      }
      case "check": {
        const { unpackAndCheck } = await import("./_scripts.ts");
        return { head: {}, parts: await unpackAndCheck(job.scripts, parts[0]!, job) };
      }
    }
  }

  async #read(
    { kind, batchRequestsMax }: Job & { op: "read" },
    bytes: Uint8Array,
  ): Promise<Answers["read"]> {
    switch (kind) {
      case "text": {
        if (isJsonRpc(bytes)) return { kind: "no text" };
        const request = parseTextRequest(bytes);
        this.#kept = { kind: "text", request };
        const { arguments: values, proof, ...head } = request;
        const areStrings = stringsIn(values);
        return { kind, request: { ...head, areStrings, proof: await checked(proof) } };
      }
      case "json-rpc": {
        const { isBatch, items } = parseJsonRpc(bytes, batchRequestsMax);
        const calls = items.map((item) => item.kind === "call" ? item.arguments : undefined);
        this.#kept = { kind: "json", calls };
        return { kind, isBatch, items: await Promise.all(items.map(headOf)) };
      }
      case "arguments":
        this.#kept = { kind: "json", calls: [parseJsonArguments(bytes)] };
        return { kind };
    }
  }

  #prepare({ index, rpc, overloads }: Job & { op: "prepare" }): Answer<"prepare"> {
    const compiled = overloads.map(({ names, ...signature }) => ({
      signature: compileSignature(signature),
      names,
    }));
    const kept = this.#kept!;
    let prepared: PreparedCall<typeof compiled[number]>;
    if (kept.kind === "text") prepared = prepareText(compiled, kept.request);
    else prepared = prepareJson(compiled, { rpc, arguments: kept.calls[index]! });
    const { overload, payload, items } = prepared;
    return { head: { overload: compiled.indexOf(overload) }, parts: [payload, ...items] };
  }
}

async function headOf(item: JsonRpcItem): Promise<ItemHead> {
  const id = item.id === undefined ? undefined : stringifyJson(item.id);
  if (item.kind === "mistake") {
    const { code: type, message } = toException(item.exception);
    return { kind: "mistake", id, code: item.code, exception: { type, message } };
  }
  const { arguments: _, proof, ...head } = item;
  return { ...head, id, proof: await checked(proof) };
}

/** The signed text is as large as the request, so its signature is checked here and the text is not passed on. */
async function checked(proof: RequestProof | undefined): Promise<CheckedProof | undefined> {
  if (proof === undefined) return undefined;
  const { statement, ...facts } = proof;
  return { ...facts, isGenuine: await isSignedBy(proof.key, proof.signature, statement) };
}
