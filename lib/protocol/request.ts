/** Requests to a node other than calls, and the responses. */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  atOnce,
  decodeObjectSteps,
  describeValue,
  encodeJson,
  encodeJsonSteps,
  isCount,
  isListOf,
  isObject,
  isOptionalString,
  isStrings,
  readUint32,
  type Steps,
  writeUint32,
} from "../encoding/mod.ts";
import {
  isDeploymentInfo,
  isGenerationRecord,
  isName,
  isOptionalGenerationName,
  isOptionalRecord,
  isOptionalSignature,
  isPastGeneration,
  isRootDamage,
} from "../manifest/generation.ts";
import type {
  DeploymentInfo,
  DeploymentRecord,
  DeploymentSignature,
  GenerationName,
  GenerationRecord,
  Manifest,
  PastGeneration,
  RootDamage,
} from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { isLogRequest, isLogResponse, type LogRequest, type LogResponse } from "./log_records.ts";
import { isNodeStatus, type NodeStatus } from "./status.ts";

/** A signature, as `describe` returns it. */
export interface DescribedOverload {
  readonly rpc: string;
  readonly description?: string;
  readonly args: readonly string[];
  /** The names of the arguments, if any. */
  readonly names?: readonly string[];
  readonly returns: readonly string[];
  /** Whether it is idempotent; undefined if not. */
  readonly isIdempotent?: boolean;
}

/** A service, as `describe` returns it: only what the caller may call. */
export interface DescribedService {
  readonly name: string;
  readonly description?: string;
  readonly overloads: readonly DescribedOverload[];
}

/** A script in the unpacked attachment of a `put`. */
export interface SentScript {
  readonly id: ScriptId;
  readonly bytes: number;
  /** The size of its source map, which follows it; undefined if it has none. */
  readonly placesBytes?: number;
}

/** A request. Those of deployments require deploy rights. */
export type Request =
  /** Proves the key that the hello names; must be the first request if it names one. */
  | {
    readonly op: "prove";
    /** The address that the caller connected to. */
    readonly to: string;
    /** The node's name in the caller's init.yaml. */
    readonly node?: string;
    /** Signature over `connectionStatement`, in base64url. */
    readonly signature: string;
  }
  /**
   * Claims to be the node's own user on the same machine. Without a proof, asks for the name of a file and a challenge;
   * with it, proves access to the file.
   */
  | {
    readonly op: "local";
    /** The address that the caller connected to. */
    readonly to?: string;
    /** The result of `localProof`. */
    readonly proof?: string;
  }
  /** Asks what the caller may call: of one service, or of all. */
  | { readonly op: "describe"; readonly service?: string }
  /** Asks what the node runs, and which of its scripts, and of the given ones, are missing there. */
  | { readonly op: "observe"; readonly scripts: readonly ScriptId[] }
  /** Stores scripts: the attachment is their concatenated bytes, gzip-compressed. */
  | { readonly op: "put"; readonly scripts: readonly SentScript[] }
  /** Joins a deployment, if the given generation is still current; no other can begin until it ends. */
  | {
    readonly op: "begin";
    readonly deployment: DeploymentInfo;
    /** 0 if nothing was deployed. */
    readonly generation: number;
    /** Another deployment in progress there, to be ended for this one. */
    readonly takesOver?: boolean;
  }
  /** Stages a manifest; begins the deployment if necessary. */
  | {
    readonly op: "stage";
    readonly manifest: Manifest;
    readonly deployment: DeploymentInfo;
    /** The deployer's signature; required by a node with deploy keys. */
    readonly signed?: DeploymentSignature;
  }
  /** Commits what was staged on this connection. */
  | { readonly op: "commit" }
  /** Discards what was staged on this connection. */
  | { readonly op: "abort" }
  /** Lists the kept generations. */
  | { readonly op: "history" }
  /** Asks for a generation's content. */
  | { readonly op: "generation"; readonly number: number }
  /** Asks what the node would find missing or damaged on its disk after a restart. Rereads everything that is kept. */
  | { readonly op: "check" }
  /** Asks for the node's status. */
  | { readonly op: "status" }
  /** Asks for the stack of a script's last failure with this message. */
  | { readonly op: "failure"; readonly script: ScriptId; readonly message: string }
  /** Asks for records of the node's log. */
  | LogRequest
  /** Asks how the node would treat the caller's call, without running it. */
  | { readonly op: "explain"; readonly service: string; readonly rpc: string };

/** One configured client, and why a caller is it or is not. */
export interface ExplainedIdentity {
  readonly client: string;
  /** A description, e.g. `it is a tenant, and 127.0.0.1 is its address`. */
  readonly reason: string;
}

/** How the node would treat a caller's call. */
export interface Explanation {
  readonly node: string;
  readonly generation: number;
  /** Whether the node is embedded in a program, without generations; undefined if not. */
  readonly isEmbedded?: true;
  /** The caller's address, as the node sees it. */
  readonly from: string;
  /** The client that the caller is admitted as; undefined if it is not. */
  readonly client?: string;
  /** The clients with its address or name, in the order of the file; empty if it is not admitted. */
  readonly identities: readonly ExplainedIdentity[];
  /** The exception that the caller would get, before its arguments are considered. */
  readonly exception?: { readonly type: string; readonly message: string };
  /** The overloads of the rpc; empty if the caller is not admitted. */
  readonly overloads: readonly {
    readonly args: readonly string[];
    readonly returns: readonly string[];
    readonly script: string;
  }[];
  /** The service's limit on a call's duration, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A node's responses, by the request's `op`. */
export interface Responses {
  prove: Record<never, never>;
  /** Empty if the proof is valid. */
  local: { readonly file?: string; readonly challenge?: string };
  describe: { readonly generation: number; readonly services: readonly DescribedService[] };
  observe: {
    readonly node: string;
    readonly generation: number;
    readonly manifest?: Manifest;
    /** Of the generation, as in {@linkcode PastGeneration}; undefined before the first. */
    readonly hash?: string;
    /** The generation's deployment, if the node was told. */
    readonly deployment?: DeploymentRecord;
    /** The generation that it replaced; undefined for the first. */
    readonly previous?: GenerationName;
    readonly missing: readonly ScriptId[];
    /** Differences between what the node wrote and what its disk holds. Omitted if they agree. */
    readonly damage?: readonly RootDamage[];
  };
  put: { readonly kept: number };
  begin: Record<never, never>;
  stage: { readonly generation: number };
  commit: { readonly generation: number };
  abort: Record<never, never>;
  /** Ascending by number; the last is the one that the node serves. */
  history: { readonly node: string; readonly generations: readonly PastGeneration[] };
  generation: GenerationRecord;
  check: { readonly damage: readonly RootDamage[] };
  status: NodeStatus;
  /** The stack, with source locations if known; undefined if the node remembers no such failure. */
  failure: { readonly stack?: string };
  logs: LogResponse;
  explain: Explanation;
}

const noAttachment = new Uint8Array(0);

/** The body of a request or a response: u32 length of the JSON, the JSON, the attachment. */
export function encodeControl(value: unknown, attachment = noAttachment): Uint8Array {
  const json = encodeJson(value);
  const body = new Uint8Array(4 + json.length + attachment.length);
  writeUint32(body, 0, json.length);
  body.set(json, 4);
  body.set(attachment, 4 + json.length);
  return body;
}

/** As {@linkcode encodeControl}, in bounded steps. */
export function* encodeControlSteps(value: unknown): Steps<Uint8Array> {
  const body = yield* encodeJsonSteps(value, 4);
  writeUint32(body, 0, body.length - 4);
  return body;
}

function* splitControl(
  body: Uint8Array,
  what: string,
): Steps<[json: Record<string, unknown>, attachment: Uint8Array<ArrayBuffer>]> {
  const jsonBytes = body.length < 4 ? Infinity : readUint32(body, 0);
  if (4 + jsonBytes > body.length) {
    throw new MalformedMessage(`the body of ${what} is shorter than it says`);
  }
  const attachment = body.slice(4 + jsonBytes);
  return [yield* decodeObjectSteps(body.subarray(4, 4 + jsonBytes), what), attachment];
}

/**
 * Decodes a request; the attachment is a copy. Checks its shape, except for a manifest, which `checkManifest` checks.
 *
 * @throws {MalformedMessage} If this version does not know it.
 */
export function decodeRequest(body: Uint8Array): DecodedRequest {
  return atOnce(decodeRequestSteps(body));
}

/** A request and its attachment. */
export interface DecodedRequest {
  readonly request: Request;
  readonly attachment: Uint8Array<ArrayBuffer>;
}

/** As {@linkcode decodeRequest}, in bounded steps; the first one reads the body. */
export function* decodeRequestSteps(body: Uint8Array): Steps<DecodedRequest> {
  const [value, attachment] = yield* splitControl(body, "a request");
  if (!isRequest(value)) {
    throw new MalformedMessage(
      `this node does not know the request ${describeValue(value.op)} in this form; ` +
        "a newer farcall may have sent it",
    );
  }
  return { request: value, attachment };
}

function isRequest(value: Record<string, unknown>): value is Record<string, unknown> & Request {
  switch (value.op as Request["op"]) {
    case "prove":
      return isName(value.to) && typeof value.signature === "string" &&
        (value.node === undefined || isName(value.node));
    case "local":
      return isOptionalString(value.to) && isOptionalString(value.proof);
    case "describe":
      return isOptionalString(value.service);
    case "observe":
      return isStrings(value.scripts);
    case "put":
      return isListOf(value.scripts, isSentScript);
    case "begin":
      return isDeploymentInfo(value.deployment) && isCount(value.generation) &&
        (value.takesOver === undefined || typeof value.takesOver === "boolean");
    case "stage":
      return isObject(value.manifest) && isDeploymentInfo(value.deployment) &&
        isOptionalSignature(value.signed);
    case "generation":
      return isCount(value.number);
    case "failure":
      return typeof value.script === "string" && typeof value.message === "string";
    case "explain":
      return typeof value.service === "string" && typeof value.rpc === "string";
    case "logs":
      return isLogRequest(value);
    case "commit":
    case "abort":
    case "history":
    case "check":
    case "status":
      return true;
    default:
      return false;
  }
}

function isSentScript(value: unknown): boolean {
  return isObject(value) && typeof value.id === "string" && isCount(value.bytes) &&
    (value.placesBytes === undefined || isCount(value.placesBytes));
}

/** Decodes the response to a request with this `op`. @throws {MalformedMessage} If it is malformed. */
export function decodeResponse<Op extends Request["op"]>(op: Op, body: Uint8Array): Responses[Op] {
  const [value] = atOnce(splitControl(body, "a response"));
  if (isResponse(op, value)) return value;
  throw new MalformedMessage(
    `the node answered "${op}" in a form that this version does not know; ` +
      "use the same version of farcall on both sides",
  );
}

function isResponse<Op extends Request["op"]>(
  op: Op,
  value: Record<string, unknown>,
): value is Record<string, unknown> & Responses[Op] {
  switch (op) {
    case "local":
      return isOptionalString(value.file) && isOptionalString(value.challenge);
    case "describe":
      return isCount(value.generation) && isListOf(value.services, isDescribedService) &&
        (value.services as unknown[]).length <= limits.servicesMax;
    case "observe":
      return typeof value.node === "string" && isCount(value.generation) &&
        (value.manifest === undefined || isObject(value.manifest)) &&
        isOptionalString(value.hash) && isOptionalRecord(value.deployment) &&
        isOptionalGenerationName(value.previous) && isStrings(value.missing) &&
        (value.damage === undefined || isListOf(value.damage, isRootDamage));
    case "put":
      return isCount(value.kept);
    case "stage":
    case "commit":
      return isCount(value.generation);
    case "history":
      return typeof value.node === "string" && isListOf(value.generations, isPastGeneration);
    case "generation":
      return isGenerationRecord(value);
    case "check":
      return isListOf(value.damage, isRootDamage);
    case "status":
      return isNodeStatus(value);
    case "failure":
      return isOptionalString(value.stack);
    case "logs":
      return isLogResponse(value);
    case "explain":
      return typeof value.node === "string" && isCount(value.generation) &&
        typeof value.from === "string" && isOptionalString(value.client) &&
        isListOf(value.identities, isIdentity) && isListOf(value.overloads, isServedOverload) &&
        (value.exception === undefined || isObject(value.exception));
    default:
      return true;
  }
}

function isIdentity(value: unknown): boolean {
  return isObject(value) && typeof value.client === "string" && typeof value.reason === "string";
}

function isServedOverload(value: unknown): boolean {
  return isObject(value) && isStrings(value.args) && isStrings(value.returns) &&
    typeof value.script === "string";
}

function isDescribedService(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" &&
    isOptionalString(value.description) && isListOf(value.overloads, isDescribedOverload) &&
    (value.overloads as unknown[]).length <= limits.overloadsPerServiceMax;
}

function isDescribedOverload(value: unknown): boolean {
  return isObject(value) && typeof value.rpc === "string" && isOptionalString(value.description) &&
    isStrings(value.args) && isStrings(value.returns) &&
    (value.names === undefined || isStrings(value.names)) &&
    (value.isIdempotent === undefined || typeof value.isIdempotent === "boolean");
}
