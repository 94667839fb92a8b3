/** Taking sessions that callers open at a node's name. */
import { AddressNotAvailable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Listener, Transport } from "../mod.ts";
import type { NatsMessage, NatsSubscription } from "./_library.ts";
import { decodeMessage, encodeMessage, MessageKind } from "./_messages.ts";
import { Session } from "./_session.ts";
import { Sessions } from "./_sessions.ts";
import type { NatsLink } from "./link.ts";
import { FleetSubjects, randomToken } from "./subjects.ts";

/** Whose sessions are taken. */
export interface ListenNatsOptions {
  readonly fleet: string;
  /** The node's name. */
  readonly node: string;
  /** Called when the listener is closed and the last of its sessions is over. */
  readonly onDone?: () => void;
}

/**
 * Takes sessions. The link stays the caller's to close.
 *
 * @throws {AddressNotAvailable} If the server does not let this program be that node.
 */
export async function listenNats(
  link: NatsLink,
  options: ListenNatsOptions,
): Promise<Listener> {
  const listener = new NatsListener(link, options);
  try {
    await listener.check();
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

class NatsListener implements Listener {
  readonly host: string;
  readonly port = 0;
  readonly carrier = "nats";
  readonly #link: NatsLink;
  readonly #subjects: FleetSubjects;
  readonly #node: string;
  readonly #sessions: Sessions;
  readonly #subscription: NatsSubscription;
  readonly #waiting: Session[] = [];
  readonly #takers: ((transport: Transport | null) => void)[] = [];
  #refusal: Error | undefined;
  #isClosed = false;

  readonly #onDone: () => void;

  constructor(link: NatsLink, { fleet, node, onDone = () => {} }: ListenNatsOptions) {
    const subjects = new FleetSubjects(fleet);
    this.#link = link;
    this.#subjects = subjects;
    this.#node = node;
    this.#onDone = onDone;
    this.host = `${subjects.fleet}/${node}`;
    this.#sessions = new Sessions(link, subjects.node(node));
    this.#sessions.onEmpty = () => {
      if (this.#isClosed) this.#end();
    };
    this.#subscription = link.connection.subscribe(subjects.open(node), {
      callback: (error, message) => {
        if (error !== null) this.#refusal = error;
        else this.#take(message);
      },
    });
  }

  /** Whether it hears callers: what the server has against it has come before its answer. */
  async check(): Promise<void> {
    await this.#link.connection.flush();
    const refusal = this.#refusal ?? this.#sessions.refusal;
    if (refusal === undefined) return;
    throw new AddressNotAvailable(
      `NATS does not let this program be the node "${this.#node}" of the fleet "${this.#subjects.fleet}" ` +
        `(${refusal.message}); give it other credentials (FARCALL_NATS_CREDS), or these the permissions of docs/fleet.md`,
      { cause: refusal },
    );
  }

  accept(): Promise<Transport | null> {
    const session = this.#waiting.shift();
    if (session !== undefined) return Promise.resolve(session);
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscription.unsubscribe();
    for (const session of this.#waiting.splice(0)) session.close();
    for (const taker of this.#takers.splice(0)) taker(null);
    if (this.#sessions.size === 0) this.#end();
  }

  #end(): void {
    this.#sessions.close();
    this.#onDone();
  }

  #take({ data, reply }: NatsMessage): void {
    const message = decodeMessage(data);
    // What is answered anywhere else would be said in this node's name.
    const client = reply === undefined ? undefined : this.#subjects.clientOf(reply);
    if (message?.kind !== MessageKind.open || reply === undefined || client === undefined) return;
    if (this.#isClosed || this.#waiting.length >= limits.nats.backlogMax) {
      this.#sessions.publish(reply, encodeMessage(MessageKind.close, 0));
      return;
    }
    const id = randomToken();
    const { fleet } = this.#subjects;
    const session = new Session({
      id,
      subject: `${this.#sessions.subject}.${id}`,
      remote: `nats:${fleet}/${client}`,
      remoteHost: `${fleet}/${client}`,
      localHost: this.host,
    }, { remoteSubject: reply, carrier: this.#sessions, opened: message });
    this.#sessions.add(session);
    session.send(MessageKind.accepted);
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(session);
    else this.#waiting.push(session);
  }
}
