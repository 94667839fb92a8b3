/**
 * A generation: a manifest as a node keeps it, with the deployment that brought it, and the signature of
 * whoever deployed. Each names the one before it by its hash, and so does each signature.
 */
import { limits } from "../limits/mod.ts";
import { isCount, isObject } from "../encoding/mod.ts";
import { isPublicKey, type PublicKey } from "../identity/mod.ts";
import type { Manifest } from "./manifest.ts";

/** Which deployment something is part of, and whose it is. */
export interface DeploymentInfo {
  /** Chosen by the deployer; the same on all nodes. */
  readonly id: string;
  /** The deployer's name, e.g. `ann@lab`: for people, not proved. */
  readonly deployer: string;
  /** The generation whose manifest this restores; left out unless it is a rollback. */
  readonly rollbackTo?: number;
}

/** The signature of a deployment to one node: over `deploymentStatement`. */
export interface DeploymentSignature {
  readonly key: PublicKey;
  /** In base64url. */
  readonly signature: string;
}

/** A deployment as the node that took it remembers it. */
export interface DeploymentRecord extends DeploymentInfo {
  /** The address that it came from. */
  readonly from: string;
  /** Left out if unsigned. */
  readonly signed?: DeploymentSignature;
}

/** A generation, named without reading it. */
export interface GenerationName {
  readonly number: number;
  /** Lower-case hex SHA-256 of what the node has written of it, see `encodeGeneration`. */
  readonly fileHash: string;
}

/** A manifest that was committed on a node. */
export interface GenerationRecord {
  /** 1 for the first that the node ever had; one more for each after it. */
  readonly number: number;
  /** When it was made ready to be committed, in milliseconds since the UNIX epoch, by the node's clock. */
  readonly committedAtMs: number;
  /** The deployment that brought it; undefined where the node was not told. */
  readonly deployment?: DeploymentRecord;
  /** The generation that it replaced; undefined for the first. */
  readonly previous?: GenerationName;
  /** Lower-case hex SHA-256 of the manifest, as `manifestHashOf` computes it. */
  readonly manifestHash: string;
  readonly manifest: Manifest;
}

/** One of the generations that a node keeps. */
export interface PastGeneration {
  readonly number: number;
  /** By the node's clock, in milliseconds since the UNIX epoch. */
  readonly committedAtMs: number;
  /** Left out where the node was not told. */
  readonly deployment?: DeploymentRecord;
  /** Lower-case hex SHA-256 of what the node has written of it, which names the one before by its hash. */
  readonly hash: string;
  /** Lower-case hex SHA-256 of its manifest. */
  readonly manifestHash: string;
}

/** Something that a node would not find again on its disk after a restart. */
export interface RootDamage {
  /** The generation that it is part of; left out where it concerns the root as a whole. */
  readonly generation?: number;
  /** In words, with the path. */
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

/** Whether a value has the shape of a {@linkcode GenerationRecord}; its manifest is looked at no closer. */
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

/** Nodes keep it, show it and log it: it is to be short. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && value.length <= limits.deployerLengthMax;
}

/** Whether a value has the shape of a {@linkcode DeploymentRecord}, or is left out. */
export function isOptionalRecord(value: unknown): boolean {
  return value === undefined ||
    isDeploymentInfo(value) && isObject(value) && typeof value.from === "string" &&
      isOptionalSignature(value.signed);
}
