/**
 * The frame protocol: frames, the messages in them, requests to a node and its responses. Pure.
 *
 * @module
 */

export {
  FrameDecoder,
  frameHeaderBytes,
  FrameKind,
  type PendingFrame,
  preface,
  protocolVersion,
  routeNumberMax,
  writeFrameHeader,
} from "./frame.ts";
export {
  decodeException,
  decodeGoodbye,
  decodeHello,
  decodeRoute,
  decodeTiming,
  encodeException,
  encodeExceptionBody,
  type Goodbye,
  type Hello,
  type Route,
  type Timing,
} from "./message.ts";
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
export { software, version } from "./software.ts";
export { type ExecutorStatus, type NodeStatus, type ServiceStatus } from "./status.ts";
export type { LogRequest, LogResponse, NodeRecord } from "./log_records.ts";
