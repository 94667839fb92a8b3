/** Accepts sessions that callers open to a node by name. */
import { AddressNotAvailable } from "../../errors/mod.ts";
import type { SigningKey } from "../../identity/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Listener, Transport } from "../mod.ts";
import type { NatsMessage, NatsSubscription } from "./_library.ts";
import { decodeMessage, encodeMessage, MessageKind } from "./_messages.ts";
import { answerOffer } from "./_key_exchange.ts";
import { SealedTransport } from "./_sealed.ts";
import { Session } from "./_session.ts";
import { Sessions } from "./_sessions.ts";
import type { NatsLink } from "./link.ts";
import { FleetSubjects, randomToken } from "./subjects.ts";

/** Identifies the node. */
export interface ListenNatsOptions {
  readonly fleet: string;
  /** The node's name. */
  readonly node: string;
  /** The node's key, which it proves to every caller. */
  readonly key: SigningKey;
  /** Called when the listener is closed and its last session has ended. */
  readonly onDone?: () => void;
}

/**
 * Starts accepting sessions. The link stays the caller's to close.
 *
 * @throws {AddressNotAvailable} If the server does not let this program act as that node.
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
  readonly #key: SigningKey;
  readonly #sessions: Sessions;
  readonly #subscription: NatsSubscription;
  readonly #waiting: Transport[] = [];
  readonly #takers: ((transport: Transport | null) => void)[] = [];
  #refusal: Error | undefined;
  #isClosed = false;
  /** Requested but unanswered sessions. */
  #answeringCount = 0;
  readonly #onDone: () => void;

  constructor(link: NatsLink, { fleet, node, key, onDone = () => {} }: ListenNatsOptions) {
    const subjects = new FleetSubjects(fleet);
    this.#link = link;
    this.#subjects = subjects;
    this.#node = node;
    this.#key = key;
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

  /** Whether callers can reach it: an error from the server would precede its reply. */
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
    // A reply to any other subject would be sent in this node's name.
    const client = reply === undefined ? undefined : this.#subjects.clientOf(reply);
    if (message?.kind !== MessageKind.open || reply === undefined || client === undefined) return;
    const waitingCount = this.#waiting.length + this.#answeringCount;
    if (this.#isClosed || waitingCount >= limits.nats.backlogMax) return this.#refuse(reply);
    const id = randomToken();
    const { fleet } = this.#subjects;
    const subject = `${this.#sessions.subject}.${id}`;
    const session = new Session({
      id,
      subject,
      remote: `nats:${fleet}/${client}`,
      remoteHost: `${fleet}/${client}`,
      localHost: this.host,
    }, { remoteSubject: reply, carrier: this.#sessions, opened: message });
    this.#sessions.add(session);
    this.#answeringCount += 1;
    this.#answer(session, message.body, { callerSubject: reply, nodeSubject: subject })
      .catch(() => session.close())
      .finally(() => this.#answeringCount -= 1);
  }

  /** Accepts a session, with a proof of the node's key. */
  async #answer(
    session: Session,
    offer: Uint8Array,
    subjects: { readonly callerSubject: string; readonly nodeSubject: string },
  ): Promise<void> {
    const { fleet } = this.#subjects;
    const place = { fleet, node: this.#node, ...subjects };
    const { body, keys } = await answerOffer(offer, { ...place, key: this.#key });
    if (this.#isClosed) return session.close();
    session.send(MessageKind.accepted, body);
    const transport = new SealedTransport(session, { send: keys.ofNode, receive: keys.ofCaller });
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(transport);
    else this.#waiting.push(transport);
  }

  #refuse(reply: string): void {
    this.#sessions.publish(reply, encodeMessage(MessageKind.close, 0));
  }
}
