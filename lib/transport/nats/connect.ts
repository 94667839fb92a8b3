/** Opens sessions to nodes by name. */
import { FarcallError, NodeUnreachable } from "../../errors/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../mod.ts";
import { KeyOffer } from "./_key_exchange.ts";
import { SealedTransport } from "./_sealed.ts";
import { Session } from "./_session.ts";
import { Sessions } from "./_sessions.ts";
import { NatsLink, type NatsLinkOptions } from "./link.ts";
import { FleetSubjects, randomToken } from "./subjects.ts";

/** The target of a session, and its credentials. */
export interface ConnectNatsOptions extends NatsLinkOptions {
  readonly fleet: string;
  /** The node's name. */
  readonly node: string;
  /** The client's name, which the server may enforce. */
  readonly client?: string;
  /** The time limit in milliseconds. */
  readonly timeoutMs: number;
  /** Called with the node's proved key. If it throws, the session ends before any data is sent. */
  checkKey?(key: PublicKey): void;
}

/** Links with sessions, by their options: a program has one link for all of its nodes. */
const callers = new Map<string, Promise<Caller>>();

/**
 * Opens a session to a node. Sessions of a program share a link, which is closed with the last of them.
 *
 * @throws {NodeUnreachable} If NATS cannot be reached, or the node is not there.
 */
export async function connectNats(options: ConnectNatsOptions): Promise<Transport> {
  const endMs = performance.now() + options.timeoutMs;
  const { url, fleet, client, credentials, authorities } = options;
  const key = JSON.stringify([url, fleet, client, credentials, authorities]);
  let opening = callers.get(key);
  if (opening === undefined) {
    opening = Caller.open(options, () => {
      if (callers.get(key) === opening) callers.delete(key);
    });
    callers.set(key, opening);
    opening.catch(() => callers.delete(key));
  }
  const caller = await opening;
  return await caller.connect(options, endMs);
}

/** A link and its sessions. */
class Caller {
  readonly #link: NatsLink;
  readonly #subjects: FleetSubjects;
  readonly #sessions: Sessions;
  readonly #onUnused: () => void;
  /** Number of sessions being opened. */
  #openingCount = 0;

  private constructor(
    link: NatsLink,
    { fleet, client }: ConnectNatsOptions,
    onUnused: () => void,
  ) {
    this.#link = link;
    this.#onUnused = onUnused;
    this.#subjects = new FleetSubjects(fleet);
    this.#sessions = new Sessions(link, this.#subjects.caller(client));
    this.#sessions.onEmpty = () => this.#closeIfUnused();
  }

  static async open(options: ConnectNatsOptions, onUnused: () => void): Promise<Caller> {
    const link = await NatsLink.open(options);
    return new Caller(link, options, onUnused);
  }

  async connect(options: ConnectNatsOptions, endMs: number): Promise<Transport> {
    this.#openingCount += 1;
    try {
      return await this.#connect(options, endMs);
    } finally {
      this.#openingCount -= 1;
      this.#closeIfUnused();
    }
  }

  async #connect({ node, checkKey }: ConnectNatsOptions, endMs: number): Promise<Transport> {
    const { fleet } = this.#subjects;
    const id = randomToken();
    const callerSubject = `${this.#sessions.subject}.${id}`;
    const session = new Session({
      id,
      subject: callerSubject,
      remote: `nats:${fleet}/${node}`,
      remoteHost: `${fleet}/${node}`,
      localHost: "",
    }, { remoteSubject: this.#subjects.open(node), carrier: this.#sessions });
    const late = `it did not answer within ${Math.ceil(limits.connectTimeoutMs)} ms`;
    const timer = setTimeout(
      () => session.fail(this.#link.isUp ? late : "the connection to NATS is lost"),
      Math.max(1, endMs - performance.now()),
    );
    this.#sessions.add(session);
    try {
      const offer = await KeyOffer.make();
      const answer = await session.open(offer.body);
      const nodeSubject = session.remoteSubject;
      const place = { fleet, node, callerSubject, nodeSubject };
      const { key, keys } = await offer.accept(answer, place);
      checkKey?.(key);
      return new SealedTransport(session, { send: keys.ofCaller, receive: keys.ofNode }, key);
    } catch (cause) {
      session.close();
      const why = this.#sessions.refusal?.message ??
        (cause instanceof FarcallError ? cause.message : String(cause));
      throw new NodeUnreachable(
        `cannot connect to ${session.remote} through NATS at ${this.#link.url}: ${why}`,
        { node: session.remote, cause },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  #closeIfUnused(): void {
    if (this.#sessions.size > 0 || this.#openingCount > 0) return;
    this.#onUnused();
    this.#sessions.close();
    this.#link.close();
  }
}
