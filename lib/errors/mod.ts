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

/** Every code there is: the exceptions of the wire, and what happens on the caller's own side. */
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

/** What may be said of an error besides its message. */
export interface FarcallErrorOptions {
  /** What caused it; for logs, never sent to a peer. */
  cause?: unknown;
  /** The node that said it, as `name (host:port)` or `host:port`. */
  node?: string;
  /** The id of the script that was called. */
  script?: string;
  /** Lines that help a person to go on, printed under the message. */
  details?: readonly string[];
}

/** The base of every error that farcall raises on purpose. */
export abstract class FarcallError extends Error {
  /** What happened, from a closed table. */
  abstract readonly code: ErrorCode;
  /** The node that said it, as `name (host:port)` or `host:port`; undefined where no node did. */
  readonly node: string | undefined;
  /** The id of the script that was called; undefined where the call did not come that far. */
  readonly script: string | undefined;
  /** Lines that help a person to go on. */
  readonly details: readonly string[];

  /** Its `name` is that of its class. */
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

/** The script threw, or returned something else than it declares. */
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
/** The service has no such rpc, or another script serves it than the call was pinned to. */
export class RpcNotFound extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "RPC Not Found";
}
/** The caller is unknown to the node, or no tenant of the service. */
export class ClientNotRegistered extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Client Not Registered";
}
/** The call took longer than it was given. */
export class DeadlineExceeded extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Deadline Exceeded";
}
/** The caller gave the call up. */
export class Cancelled extends RpcException {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Cancelled";
}
/** The node or the service has more to do than it accepts; try again later. */
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
/** What arrived is not a message of the protocol. */
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
/** The node cannot run the service at the moment, for a reason of its own: nothing has run. */
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
/** The connection to the node ended while a call was under way; whether the script ran is unknown. */
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
/** A peer has not acknowledged what was sent to it; whether it has arrived is unknown. */
export class Undeliverable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "Undeliverable";
}
/** A file has not arrived at all of its recipients; the details say why. */
export class FileUndelivered extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Undelivered";
  /** The addresses at which it has. */
  readonly arrivedAt: readonly string[];

  /**
   * Its message says where it has not arrived.
   *
   * @param arrivedAt The machines that have it, all the same.
   */
  constructor(message: string, arrivedAt: readonly string[], options: FarcallErrorOptions = {}) {
    super(message, options);
    this.arrivedAt = arrivedAt;
  }
}
/** A peer does not take a file: the message says why. */
export class FileRefused extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Refused";
}
/** A file that is to be sent cannot be read, or changes while it is. */
export class FileUnreadable extends FarcallError {
  /** Its {@linkcode ErrorCode}. */
  readonly code = "File Unreadable";
}

/** One mistake in a configuration file, with its place. */
export interface Diagnostic {
  /** The file, as a person would type it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** What is wrong, and what was expected. */
  readonly message: string;
  /** How to mend it, e.g. `did you mean "services"?`. */
  readonly hint?: string;
  /** The line of the file, for the caret. */
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
   * Its message says the first diagnostic, or all of them.
   *
   * @param options `summary`: where it is another than the message.
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
 * Makes the exception that an RPC-EX stands for.
 *
 * @param type The `exception-type` of the wire. One that this version does not know becomes an
 * {@linkcode InternalError} whose message keeps the name.
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
 * What may be told to a peer about anything that was thrown: an {@linkcode RpcException} as it is,
 * everything else as an {@linkcode InternalError} that gives nothing away and keeps the cause for the log.
 */
export function toException(thrown: unknown): RpcException {
  if (thrown instanceof RpcException) return thrown;
  return new InternalError("internal error; see the node's log", {
    cause: thrown,
  });
}

/** The message of anything that was thrown. Never throws itself, whatever it is given. */
export function messageOf(thrown: unknown): string {
  try {
    // A script may have made either of them anything.
    if (thrown instanceof Error) return String(thrown.message || thrown.name);
    return String(thrown);
  } catch {
    return "something that cannot be shown was thrown";
  }
}

/** Why a file cannot be read, for a person. @param missing What to say where there is none. */
export function whyUnreadable(cause: unknown, missing = "there is no such file"): string {
  // The runtime's names, since nothing here may ask for the runtime.
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotFound") return missing;
  if (name === "IsADirectory") return "it is a folder; name a file in it";
  return messageOf(cause);
}
