/**
 * Every error that farcall raises on purpose: one class per code, one closed table of codes.
 *
 * Callers switch on {@linkcode FarcallError.code} or use `instanceof`; nobody has to parse a
 * message to know what happened. A message says what was tried, the value in quotes, and what to do.
 *
 * This room knows nothing of any other.
 *
 * @module
 */

/** The name of an exception that travels on the wire. */
export type ExceptionType =
  | "Execution Exception"
  | "Invalid Arguments"
  | "Service Not Found"
  | "RPC Not Found"
  | "Client Not Registered"
  | "Deadline Exceeded"
  | "Cancelled"
  | "Overloaded"
  | "Unauthenticated"
  | "Deploy Rejected"
  | "Malformed Message"
  | "Message Too Large"
  | "Server Draining"
  | "Unavailable"
  | "Internal Error";

/**
 * The exceptions that travel back to a caller as RPC-EX, by their exact names on the wire.
 * The first five are those of the original assignment.
 */
export const exceptionTypes: readonly ExceptionType[] = [
  "Execution Exception",
  "Invalid Arguments",
  "Service Not Found",
  "RPC Not Found",
  "Client Not Registered",
  "Deadline Exceeded",
  "Cancelled",
  "Overloaded",
  "Unauthenticated",
  "Deploy Rejected",
  "Malformed Message",
  "Message Too Large",
  "Server Draining",
  "Unavailable",
  "Internal Error",
];

/** All codes: the exceptions of the wire, and errors on the caller's side. */
export type ErrorCode =
  | ExceptionType
  | "Node Unreachable"
  | "Connection Lost"
  | "Invalid Configuration"
  | "Invalid Script"
  | "Root In Use"
  | "Root Unreadable"
  | "Address In Use"
  | "Address Not Available"
  | "Undeliverable"
  | "File Undelivered"
  | "File Refused"
  | "File Unreadable";

/** Options of an error. */
export interface FarcallErrorOptions {
  /** Its cause; for logs, never sent to a peer. */
  cause?: unknown;
  /** The node that reported it, as `name (host:port)` or `host:port`. */
  node?: string;
  /** The id of the script that was called. */
  script?: string;
  /** Helpful lines, printed below the message. */
  details?: readonly string[];
}

/** The base of every error that farcall raises on purpose. */
export abstract class FarcallError extends Error {
  /** Its code, from a closed table. */
  abstract readonly code: ErrorCode;
  /** The node that reported it, as `name (host:port)` or `host:port`; undefined if none did. */
  readonly node: string | undefined;
  /** The id of the script that was called; undefined if the call did not get that far. */
  readonly script: string | undefined;
  /** Helpful lines, printed below the message. */
  readonly details: readonly string[];

  /** Its `name` is its class's. */
  constructor(message: string, options: FarcallErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.node = options.node;
    this.script = options.script;
    this.details = options.details ?? [];
  }
}

/** An exception of the wire: what an RPC-EX becomes on the caller's side. */
export abstract class RpcException extends FarcallError {
  /** Its {@linkcode ExceptionType}. */
  abstract override readonly code: ExceptionType;
}

/** The script threw, or returned something other than it declares. */
export class ExecutionException extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Execution Exception";
}
/** No overload takes these arguments; the message lists every valid signature. */
export class InvalidArguments extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Invalid Arguments";
}
/** The node does not provide this service. */
export class ServiceNotFound extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Service Not Found";
}
/** The service has no such rpc, or the call is pinned to another script. */
export class RpcNotFound extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "RPC Not Found";
}
/** The caller is unknown to the node, or not a tenant of the service. */
export class ClientNotRegistered extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Client Not Registered";
}
/** The call exceeded its deadline. */
export class DeadlineExceeded extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Deadline Exceeded";
}
/** The caller cancelled the call. */
export class Cancelled extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Cancelled";
}
/** The node or the service is at capacity; try again later. */
export class Overloaded extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Overloaded";
}
/** The caller did not prove its identity. */
export class Unauthenticated extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Unauthenticated";
}
/** A node refused a deployment; nothing changed on it. */
export class DeployRejected extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Deploy Rejected";
}
/** The received bytes are not a valid message of the protocol. */
export class MalformedMessage extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Malformed Message";
}
/** A message is larger than its receiver accepts. */
export class MessageTooLarge extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Message Too Large";
}
/** The node is shutting down and takes no new calls. */
export class ServerDraining extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Server Draining";
}
/** The node cannot run the service at the moment: nothing has run. */
export class Unavailable extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Unavailable";
}
/** A defect of farcall; the node's log has the cause. */
export class InternalError extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Internal Error";
}

/** No connection to the node could be made, or it ended before the message was sent: nothing has run. */
export class NodeUnreachable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Node Unreachable";
}
/** The connection to the node ended during a call; whether the script ran is unknown. */
export class ConnectionLost extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Connection Lost";
}
/** Another node runs on this root. */
export class RootInUse extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Root In Use";
}
/** The state in a root is damaged, or newer than this farcall. */
export class RootUnreadable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Root Unreadable";
}
/** Another program listens on the address. */
export class AddressInUse extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Address In Use";
}
/** The address cannot be listened on: it is not this machine's, or not permitted. */
export class AddressNotAvailable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Address Not Available";
}
/** A peer did not acknowledge a message; whether it has arrived is unknown. */
export class Undeliverable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Undeliverable";
}
/** A file did not reach all of its recipients; the details say why. */
export class FileUndelivered extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Undelivered";
  /** The addresses that it reached. */
  readonly arrivedAt: readonly string[];

  /**
   * Its message names the recipients that it did not reach.
   *
   * @param arrivedAt The recipients that it reached.
   */
  constructor(message: string, arrivedAt: readonly string[], options: FarcallErrorOptions = {}) {
    super(message, options);
    this.arrivedAt = arrivedAt;
  }
}
/** A peer refuses a file; the message says why. */
export class FileRefused extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Refused";
}
/** A file to send cannot be read, or changes while it is read. */
export class FileUnreadable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Unreadable";
}

/** One mistake in a configuration file, with its place. */
export interface Diagnostic {
  /** The file, as the user named it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** The mistake, and what was expected. */
  readonly message: string;
  /** How to fix it, e.g. `did you mean "services"?`. */
  readonly hint?: string;
  /** The source line, for the caret. */
  readonly sourceLine?: string;
}

/** A configuration that cannot be used, with every mistake in it. */
export class InvalidConfiguration extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Invalid Configuration";
  /** All mistakes, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** The first line of the message, without the mistakes that follow it. */
  readonly summary: string;

  /**
   * Its message is the first diagnostic, or all of them.
   *
   * @param options `summary`: if it differs from the message.
   */
  constructor(
    message: string,
    mistakes: readonly Diagnostic[],
    options: FarcallErrorOptions & { readonly summary?: string } = {},
  ) {
    super(message, options);
    this.diagnostics = mistakes;
    this.summary = options.summary ?? message;
  }
}

type RpcExceptionClass = new (message: string, options?: FarcallErrorOptions) => RpcException;

const classes: Record<ExceptionType, RpcExceptionClass> = {
  "Execution Exception": ExecutionException,
  "Invalid Arguments": InvalidArguments,
  "Service Not Found": ServiceNotFound,
  "RPC Not Found": RpcNotFound,
  "Client Not Registered": ClientNotRegistered,
  "Deadline Exceeded": DeadlineExceeded,
  "Cancelled": Cancelled,
  "Overloaded": Overloaded,
  "Unauthenticated": Unauthenticated,
  "Deploy Rejected": DeployRejected,
  "Malformed Message": MalformedMessage,
  "Message Too Large": MessageTooLarge,
  "Server Draining": ServerDraining,
  "Unavailable": Unavailable,
  "Internal Error": InternalError,
};

/**
 * Makes the exception of an RPC-EX.
 *
 * @param type The `exception-type` of the wire. An unknown one becomes an {@linkcode InternalError} whose message keeps
 *   the name.
 * @param message The `exception-message` of the wire.
 */
export function exceptionOf(
  type: string,
  message: string,
  options: FarcallErrorOptions = {},
): RpcException {
  if (Object.hasOwn(classes, type)) return new classes[type as ExceptionType](message, options);
  return new InternalError(`${type}: ${message}`, options);
}

/**
 * Converts anything thrown to an exception for a peer: an {@linkcode RpcException} unchanged, everything else to an
 * {@linkcode InternalError} that reveals nothing and keeps the cause for the log.
 */
export function toException(thrown: unknown): RpcException {
  if (thrown instanceof RpcException) return thrown;
  return new InternalError("internal error; see the node's log", {
    cause: thrown,
  });
}

/** The message of anything thrown. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    // A script may have set either to any value.
    if (thrown instanceof Error) return String(thrown.message || thrown.name);
    return String(thrown);
  } catch {
    return "something that cannot be shown was thrown";
  }
}

/** Why a file cannot be read, for messages. @param missing The text if it does not exist. */
export function whyUnreadable(cause: unknown, missing = "there is no such file"): string {
  // Compares the runtime's names, because this room must not depend on the runtime.
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotFound") return missing;
  if (name === "IsADirectory") return "it is a folder; name a file in it";
  return messageOf(cause);
}
