/**
 * Identities: keys, proofs signed with them, script ids, IP addresses, certificate fingerprints. Pure.
 *
 * @module
 */

export { fingerprintForm, parseFingerprint } from "./fingerprint.ts";
export {
  addressBytes,
  addressGroup,
  AddressRange,
  canonicalAddress,
  isHostName,
  isUnspecified,
} from "./ip_address.ts";
export {
  isOwnProtocol,
  type Over,
  over,
  overForms,
  ownProtocols,
  parseOver,
  readOver,
  schemeOf,
  splitScheme,
} from "./over.ts";
export {
  fromBase64Url,
  generatePem,
  isPublicKey,
  isSignedBy,
  type PublicKey,
  publicKey,
  publicKeyForm,
  publicKeyPattern,
  shortKey,
  SigningKey,
  toBase64Url,
} from "./key.ts";
export {
  checkNonce,
  connectionStatement,
  deploymentStatement,
  httpProof,
  jsonRpcStatement,
  localProof,
  localSecretName,
  newChallenge,
  presenceStatement,
  type RequestProof,
  type SessionClaim,
  sessionStatement,
  textStatement,
} from "./proof.ts";
export {
  isScriptPin,
  type ScriptId,
  scriptId,
  scriptIdAt,
  scriptIdBytes,
  scriptIdOf,
  scriptIdShownLength,
  type ScriptPin,
  scriptPin,
  scriptPinForm,
} from "./script_id.ts";
