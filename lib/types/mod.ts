/**
 * The types of rpcs: type expressions; codecs that check, write and read values; signatures; overload resolution. Pure.
 *
 * @module
 */

export { codecOfText } from "./codec.ts";
export {
  chooseOverload,
  type ChosenOverload,
  explainOverloads,
  type OverloadRequest,
  requiredCount,
} from "./overload.ts";
export { encodePayload, sendPayload } from "./payload.ts";
export {
  type CompiledSignature,
  compileSignature,
  type Signature,
  signatureLength,
} from "./signature.ts";
export { formatSignature, listSignatures } from "./signature_text.ts";
export { isItemSource, isSourceName, type ItemSource, NamedSource } from "./stream_codec.ts";
export {
  formatTypeExpression,
  parseTypeExpression,
  type TypeExpression,
  TypeExpressionError,
} from "./type_expression.ts";
