/**
 * The evidence for a generation: the hash of its stored bytes, and the deployer's signature. Both cover the preceding
 * generation.
 */
import type { DeploymentInfo, DeploymentSignature, GenerationRecord } from "./generation.ts";
import {
  deploymentStatement,
  isSignedBy,
  type PublicKey,
  scriptIdOf,
  type SigningKey,
} from "../identity/mod.ts";
import { manifestHashOf } from "./manifest.ts";
import { atOnce, encodeJsonSteps, type Steps, type TakeSteps } from "../encoding/mod.ts";

/** The stored bytes of a generation: one JSON object, its fields in this order, and a line feed. */
export function encodeGeneration(generation: GenerationRecord): Uint8Array<ArrayBuffer> {
  return atOnce(encodeGenerationSteps(generation));
}

/** As {@linkcode encodeGeneration}, in bounded steps. */
export function* encodeGenerationSteps(
  generation: GenerationRecord,
): Steps<Uint8Array<ArrayBuffer>> {
  const { number, committedAtMs, deployment, previous = null, manifestHash, manifest } = generation;
  const content = { number, committedAtMs, deployment, previous, manifestHash, manifest };
  const json = yield* encodeJsonSteps(content);
  const bytes = new Uint8Array(json.length + 1);
  bytes.set(json);
  bytes[json.length] = 0x0a;
  return bytes;
}

/** The hash by which the next generation refers to it. */
export async function generationHashOf(generation: GenerationRecord): Promise<string> {
  return await scriptIdOf(encodeGeneration(generation));
}

/** The signed part of a generation: everything but the fields that its node adds. */
export interface SignedParts extends Pick<GenerationRecord, "manifest" | "previous"> {
  readonly deployment?: DeploymentInfo & { readonly signed?: DeploymentSignature };
}

/** Signs the deployment of this manifest to one node, in place of the generation that the node runs now. */
export async function signDeployment(
  key: SigningKey,
  parts: SignedParts & { readonly deployment: DeploymentInfo },
): Promise<DeploymentSignature> {
  const manifestHash = await manifestHashOf(parts.manifest);
  const bytes = statementOf({ ...parts, manifestHash }, parts.deployment, key.publicKey);
  return { key: key.publicKey, signature: await key.sign(bytes) };
}

/** Whether a signature covers exactly this generation. */
export async function checkSignature(
  parts: SignedParts,
  take: TakeSteps = atOnce,
): Promise<"unsigned" | "good" | "bad"> {
  const { deployment } = parts;
  if (deployment?.signed === undefined) return "unsigned";
  const { key, signature } = deployment.signed;
  const manifestHash = await manifestHashOf(parts.manifest, take);
  const bytes = statementOf({ ...parts, manifestHash }, deployment, key);
  return await isSignedBy(key, signature, bytes) ? "good" : "bad";
}

function statementOf(
  { manifest: { node }, previous, manifestHash }: SignedParts & { readonly manifestHash: string },
  { id, deployer, rollbackTo }: DeploymentInfo,
  key: PublicKey,
): Uint8Array<ArrayBuffer> {
  return deploymentStatement({ node, id, deployer, previous, rollbackTo, manifestHash, key });
}
