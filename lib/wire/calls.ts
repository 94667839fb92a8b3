/**
 * What calls are made of, over frames: all of this room that somebody loads who does nothing but call.
 *
 * @module
 */
export {
  type CompiledSignature,
  compileSignature,
  type Signature,
  signatureLength,
} from "./signature.ts";
export { formatSignature, listSignatures } from "./signature_text.ts";
export type { ItemStream } from "./_item_stream.ts";
export { isItemSource, type ItemSource, NamedSource } from "./_stream_codec.ts";
export {
  FrameDecoder,
  frameHeaderBytes,
  FrameKind,
  type FrameSink,
  type PendingFrame,
  preface,
  protocolVersion,
  readUint32,
  routeNumberMax,
  writeFrameHeader,
  writeUint32,
} from "./frame.ts";
export { giveBuffer, takeBuffer } from "./buffers.ts";
export { checkJson } from "./_json_scan.ts";
export { parseJson, stringifyJson } from "./json.ts";
export {
  generatePem,
  isPublicKey,
  isSignedBy,
  type PublicKey,
  publicKey,
  publicKeyForm,
  shortKey,
  SigningKey,
} from "./key.ts";
export {
  cutMessage,
  decodeException,
  decodeGoodbye,
  decodeHello,
  decodeRoute,
  decodeTiming,
  encodeException,
  encodeExceptionBody,
  encodeJson,
  type ExceptionBody,
  type Goodbye,
  type Hello,
  type Route,
  type Timing,
} from "./message.ts";
export { chooseOverload, explainOverloads, type OverloadRequest } from "./overload.ts";
export {
  decodeRequest,
  decodeRequestSteps,
  decodeResponse,
  type DescribedOverload,
  type DescribedService,
  encodeControl,
  encodeControlSteps,
  type ExplainedIdentity,
  type Explanation,
  type Request,
  type Responses,
  type SentScript,
} from "./request.ts";
export {
  type ConnectionClaim,
  connectionStatement,
  httpProof,
  jsonRpcStatement,
  type LocalClaim,
  localProof,
  localSecretName,
  newChallenge,
  type RequestProof,
  textStatement,
} from "./proof.ts";
export { parseTypeExpression, type TypeExpression } from "./type_expression.ts";
export {
  type ScriptId,
  scriptId,
  scriptIdAt,
  scriptIdBytes,
  scriptIdOf,
  scriptIdShownLength,
  type ScriptPin,
  scriptPin,
} from "./script_id.ts";
export {
  formatQuantity,
  fullLimits,
  type FullServiceLimits,
  limitSpecs,
  parseQuantity,
  permissionKinds,
  quantityForms,
  type ServiceIsolation,
  type ServiceLimits,
  type ServicePermissions,
} from "./service_settings.ts";
export type { ExecutorState, ExecutorStatus, NodeStatus, ServiceStatus } from "./status.ts";
export { software, version } from "./software.ts";
export { encodePayload, givePayload } from "./payload.ts";
export { describeValue } from "./type_mismatch.ts";
export { decodeJsonText } from "./utf8.ts";
