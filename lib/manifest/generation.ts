/**
 * A generation: a manifest as a node stores it, with its deployment and the deployer's signature. Each generation names
 * its predecessor by hash, and so does each signature.
 */
import { limits } from "../limits/mod.ts";
import { isCount, isObject } from "../encoding/mod.ts";
import { isPublicKey, type PublicKey } from "../identity/mod.ts";
import type { Manifest } from "./manifest.ts";

/** The deployment that a request belongs to, and its author. */
export interface DeploymentInfo {
  /** Chosen by the deployer; the same on all nodes. */
  readonly id: string;
  /** The deployer's name, e.g. `ann@lab`: informative, not authenticated. */
  readonly deployer: string;
  /** The generation whose manifest this restores; undefined unless it is a rollback. */
  readonly rollbackTo?: number;
}

/** The signature of a deployment to one node, over `deploymentStatement`. */
export interface DeploymentSignature {
  readonly key: PublicKey;
  /** Base64url. */
  readonly signature: string;
}

/** A deployment as recorded by the node that accepted it. */
export interface DeploymentRecord extends DeploymentInfo {
  /** The address it came from. */
  readonly from: string;
  /** Undefined if unsigned. */
  readonly signed?: DeploymentSignature;
}

/** Identifies a generation without its content. */
export interface GenerationName {
  readonly number: number;
  /** Lower-case hex SHA-256 of the generation's bytes, see `encodeGeneration`. */
  readonly fileHash: string;
}

/** A manifest committed on a node. */
export interface GenerationRecord {
  /** 1 for the node's first generation, incremented for each one after it. */
  readonly number: number;
  /** When it was staged, in milliseconds since the UNIX epoch, by the node's clock. */
  readonly committedAtMs: number;
  /** Its deployment; undefined if the node was not told. */
  readonly deployment?: DeploymentRecord;
  /** The generation it replaced; undefined for the first. */
  readonly previous?: GenerationName;
  /** Lower-case hex SHA-256 of the manifest, as `manifestHashOf` computes it. */
  readonly manifestHash: string;
  readonly manifest: Manifest;
}

/** A generation that a node keeps. */
export interface PastGeneration {
  readonly number: number;
  /** By the node's clock, in milliseconds since the UNIX epoch. */
  readonly committedAtMs: number;
  /** Undefined if the node was not told. */
  readonly deployment?: DeploymentRecord;
  /** Lower-case hex SHA-256 of the generation's bytes, which contain the hash of its predecessor. */
  readonly hash: string;
  /** Lower-case hex SHA-256 of its manifest. */
  readonly manifestHash: string;
}

/** Something on the node's disk that a restart would find missing or damaged. */
export interface RootDamage {
  /** The generation it belongs to; undefined if it concerns the whole root. */
  readonly generation?: number;
  /** A description that includes the path. */
  readonly problem: string;
}

/** Whether a value has the shape of a {@linkcode RootDamage}. */
export function isRootDamage(value: unknown): boolean {
  return isObject(value) && typeof value.problem === "string" &&
    value.problem.length <= limits.exceptionMessageLengthMax &&
    (value.generation === undefined || isCount(value.generation));
}

/** Whether a value has the shape of a {@linkcode DeploymentInfo}. */
export function isDeploymentInfo(value: unknown): boolean {
  return isObject(value) && isName(value.id) && isName(value.deployer) &&
    (value.rollbackTo === undefined || isCount(value.rollbackTo));
}

/** Whether a value has the shape of a {@linkcode DeploymentSignature}, or is left out. */
export function isOptionalSignature(value: unknown): boolean {
  return value === undefined ||
    isObject(value) && isPublicKey(value.key) && isName(value.signature);
}

/** Whether a value has the shape of a {@linkcode PastGeneration}. */
export function isPastGeneration(value: unknown): boolean {
  return isObject(value) && isCount(value.number) && isCount(value.committedAtMs) &&
    typeof value.hash === "string" && typeof value.manifestHash === "string" &&
    isOptionalRecord(value.deployment);
}

/** Whether a value has the shape of a {@linkcode GenerationRecord}; its manifest is not checked. */
export function isGenerationRecord(value: Record<string, unknown>): boolean {
  return isCount(value.number) && isCount(value.committedAtMs) && isObject(value.manifest) &&
    typeof value.manifestHash === "string" && isOptionalRecord(value.deployment) &&
    isOptionalGenerationName(value.previous);
}

/** Whether a value has the shape of a {@linkcode GenerationName}, or is left out. */
export function isOptionalGenerationName(value: unknown): boolean {
  return value === undefined ||
    isObject(value) && isCount(value.number) && typeof value.fileHash === "string";
}

/** Deployers' names are bounded: nodes store, show and log them. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && value.length <= limits.deployerLengthMax;
}

/** Whether a value has the shape of a {@linkcode DeploymentRecord}, or is left out. */
export function isOptionalRecord(value: unknown): boolean {
  return value === undefined ||
    isDeploymentInfo(value) && isObject(value) && typeof value.from === "string" &&
      isOptionalSignature(value.signed);
}
