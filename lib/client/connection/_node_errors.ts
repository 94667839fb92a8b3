/** Errors about the connection to one node. */
import {
  ConnectionLost,
  DeadlineExceeded,
  exceptionOf,
  FarcallError,
  MalformedMessage,
  messageOf,
  MessageTooLarge,
  NodeUnreachable,
  Overloaded,
  type RpcException,
  ServerDraining,
  toException,
  Unavailable,
} from "../../errors/mod.ts";
import { type Hello, protocolVersion } from "../../protocol/mod.ts";
import { CutOff } from "./cut_off.ts";

/** Makes errors that name the node. */
export class NodeErrors {
  /** The node as a person names it. */
  readonly node: string;
  readonly #expectedName: string | undefined;

  /** @param expectedName The name that the node's greeting must have. Default: any. */
  constructor(node: string, expectedName?: string) {
    this.node = node;
    this.#expectedName = expectedName;
  }

  /** It accepted the connection and then sent nothing. */
  silent(timeoutMs: number): NodeUnreachable {
    return new NodeUnreachable(
      `${this.node} accepted the connection, but did not answer within ${timeoutMs} ms; ` +
        "is a farcall node there?",
      this,
    );
  }

  /** It owed an answer, and did not answer a ping either. */
  vanished(): ConnectionLost {
    return new ConnectionLost(
      `${this.node} fell silent and does not answer pings: it is down, frozen or cut off; ` +
        "whether the script ran is unknown",
      this,
    );
  }

  /** It does not begin with a preface. */
  noNode(): NodeUnreachable {
    return new NodeUnreachable(
      `${this.node} answers, but is not a farcall node; check the port`,
      this,
    );
  }

  /**
   * It speaks TLS; this connection does not.
   *
   * @param fingerprint Of the certificate that it shows, if known.
   */
  speaksTls(fingerprint: string | undefined): NodeUnreachable {
    const shown = fingerprint === undefined
      ? ""
      : `; it shows the certificate ${fingerprint}, which to trust is safe only if the node's operator names it too`;
    return new NodeUnreachable(
      `${this.node} speaks TLS; give the server "tls" in init.yaml, or call it with --tls${shown}`,
      this,
    );
  }

  /** It was offered a key but sent no challenge. */
  knowsNoKeys(): NodeUnreachable {
    return new NodeUnreachable(
      `${this.node} is too old to check keys; run this version of farcall on every node`,
      this,
    );
  }

  /** @throws {NodeUnreachable} If the greeting shows another protocol version, or another node. */
  checkHello({ version, software, node: name = "" }: Hello): void {
    if (version !== protocolVersion) {
      throw new NodeUnreachable(
        `${this.node} (${software}) speaks version ${version} of the protocol, ` +
          `this farcall speaks ${protocolVersion}; use the same version on both sides`,
        this,
      );
    }
    if (this.#expectedName === undefined || this.#expectedName === name) return;
    throw new NodeUnreachable(
      `${this.node} answers as the node "${name}": it is a different node`,
      this,
    );
  }

  /** The node would not accept a frame of this size. */
  tooLarge(bodyBytes: number, bodyBytesMax: number): MessageTooLarge {
    return new MessageTooLarge(
      `the message needs ${bodyBytes} bytes; ${this.node} accepts ${bodyBytesMax}; send less per call, or use a stream`,
      this,
    );
  }

  /** A malformed answer. */
  unreadable(cause: unknown): FarcallError {
    if (!(cause instanceof FarcallError)) return toException(cause);
    if (cause.node !== undefined) return cause;
    return new MalformedMessage(
      `${this.node} sent an answer that cannot be read: ${cause.message}`,
      { node: this.node, cause },
    );
  }

  /** This program closed the connection. */
  closedHere(): ConnectionLost {
    return new ConnectionLost(
      `the connection to ${this.node} was closed by this program before the answer came; ` +
        "whether the script ran is unknown",
      this,
    );
  }

  /** It ended the connection and said why, which does not tell whether its calls have run. */
  endedBy(exception: RpcException): FarcallError {
    const { code, message, script } = exception;
    const options = { node: this.node, script, cause: exception };
    const saysOfCall = exception instanceof Overloaded || exception instanceof ServerDraining ||
      exception instanceof Unavailable;
    if (!saysOfCall) {
      return exceptionOf(code, `${this.node} ended the connection: ${message}`, options);
    }
    return new ConnectionLost(
      `${this.node} ended the connection (${code}: ${message}); ` +
        "whether the script ran is unknown",
      options,
    );
  }

  /** The connection ended before the message was sent. */
  notSent(why: FarcallError | undefined): NodeUnreachable {
    return new (endedBy(why))(
      `the connection to ${this.node} ended before the call was sent; nothing has run`,
      { node: this.node, cause: why },
    );
  }

  /** This program closed the idle connection to make room. */
  left(): NodeUnreachable {
    return new NodeUnreachable(
      `this program closed its connection to ${this.node} to make room for others`,
      this,
    );
  }

  /** The node said goodbye. */
  drained(reason: string): ServerDraining {
    return new ServerDraining(`${this.node} takes no more calls here: ${reason}`, this);
  }

  /** The node ended the connection, and had not taken the message. */
  notTaken(reason: string): NodeUnreachable {
    return new CutOff(
      `${this.node} ended the connection before it took the call (${reason}); nothing has run`,
      this,
    );
  }

  /** @param what Which part of the answer is missing: a stream may have begun. */
  late(what: "a call" | "a stream" | "a request"): DeadlineExceeded {
    const missed = {
      "a call": "did not answer within the call's deadline",
      "a stream": "did not end its stream within the call's deadline",
      "a request": "did not answer within the deadline",
    }[what];
    return new DeadlineExceeded(`${this.node} ${missed}`, this);
  }

  /** The connection ended, before or after the node's greeting. */
  lost(hello: "after hello" | "before hello", reason?: unknown): FarcallError {
    if (reason instanceof NodeUnreachable || reason instanceof ConnectionLost) return reason;
    const why = reason === undefined ? "it was closed" : messageOf(reason);
    const options = { node: this.node, cause: reason };
    return hello === "after hello"
      ? new ConnectionLost(
        `the connection to ${this.node} ended before the answer came (${why}); ` +
          "whether the script ran is unknown",
        options,
      )
      : new (endedBy(reason))(
        `${this.node} accepted the connection and closed it without an answer (${why})`,
        options,
      );
  }
}

/** The error of a connection that ended early; a new one does not help where the node has sent something malformed. */
function endedBy(reason: unknown): typeof CutOff | typeof NodeUnreachable {
  const isMalformed = reason instanceof MalformedMessage || reason instanceof MessageTooLarge;
  return isMalformed ? NodeUnreachable : CutOff;
}
