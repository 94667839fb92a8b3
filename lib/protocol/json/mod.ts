/**
 * The protocols with one JSON message each way: text, JSON-RPC and HTTP. Pure; a caller that speaks frames loads none
 * of it.
 *
 * @module
 */

export {
  type PreparedCall,
  prepareJson,
  prepareText,
  prepareValues,
  type ResultForm,
  resultJson,
  resultOf,
} from "./prepared_call.ts";
export {
  beginsHttp,
  bodyFraming,
  continueResponse,
  exceptionResponse,
  formatHttpHead,
  formatHttpResponse,
  headEnd,
  type HttpHead,
  HttpRefusal,
  type HttpResponse,
  httpStatuses,
  isKeptAlive,
  malformed,
  parseHttpHead,
} from "./http.ts";
export { HttpBody } from "./http_body.ts";
export {
  formatJsonRpcError,
  formatJsonRpcUnread,
  isBrokenJsonRpc,
  isJsonRpc,
  type JsonRpcId,
  type JsonRpcItem,
  jsonRpcResultFrame,
  parseJsonRpc,
} from "./jsonrpc.ts";
export { type JsonArguments, type NamedOverload, parseJsonArguments } from "./named_arguments.ts";
export {
  formatSignedTextRequest,
  formatTextException,
  formatTextRequest,
  formatTextUnread,
  JsonObjectScanner,
  parseTextRequest,
  parseTextResponse,
  stringsIn,
  type TextRequest,
  type TextResponse,
  textResultFrame,
} from "./text.ts";
export { itemsIn, PackedItems } from "./packed_items.ts";
