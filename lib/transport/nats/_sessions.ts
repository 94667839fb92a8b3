import { limits } from "../../limits/mod.ts";
import type { NatsMessage, NatsSubscription } from "./_library.ts";
import type { NatsLink } from "./link.ts";
import { decodeMessage, encodeMessage, MessageKind } from "./_messages.ts";
import type { Session, SessionCarrier } from "./_session.ts";

/** The sessions of one program on one link, received below one subject. */
export class Sessions implements SessionCarrier {
  /** Called when the last session ends. */
  onEmpty = () => {};
  readonly #link: NatsLink;
  readonly #byId = new Map<string, Session>();
  readonly #subscription: NatsSubscription;
  readonly #watches: readonly (() => void)[];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Why the subscription ended. */
  #refusal: Error | undefined;

  /** @param subject Each session has a token below it. */
  constructor(link: NatsLink, readonly subject: string) {
    this.#link = link;
    this.#subscription = link.connection.subscribe(`${subject}.*`, {
      callback: (error, message) => {
        if (error === null) return this.#take(message);
        this.#refusal = error;
        this.#failAll(`NATS does not let this program hear ${subject}; see docs/fleet.md`);
      },
    });
    this.#watches = [
      link.onBreak(() => this.#failAll("the connection to NATS was lost")),
      link.onError((error) => this.#fails(error)),
    ];
  }

  /** Why nothing can be received; undefined if the server has reported no problem. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  get size(): number {
    return this.#byId.size;
  }

  get messageBytesMax(): number {
    const max = this.#link.connection.info?.max_payload ?? Infinity;
    // A message's header is negligible.
    return Math.min(limits.nats.messageBytesMax, Math.max(1, max - 64));
  }

  get windowBytes(): number {
    const { windowBytesPerLinkMax, windowBytesMin, windowBytesMax } = limits.nats;
    const share = Math.floor(windowBytesPerLinkMax / Math.max(1, this.#byId.size));
    return Math.max(windowBytesMin, Math.min(windowBytesMax, share));
  }

  get isCongested(): boolean {
    return this.#link.isCongested;
  }

  drained(): Promise<void> {
    return this.#link.drained();
  }

  publish(subject: string, message: Uint8Array, reply?: string): void {
    if (!this.#link.isUp) return;
    this.#link.connection.publish(subject, message, reply === undefined ? undefined : { reply });
  }

  add(session: Session): void {
    this.#byId.set(session.id, session);
    this.#timer ??= setInterval(() => this.#probe(), limits.nats.probeMs);
  }

  forget(session: Session): void {
    if (!this.#byId.delete(session.id) || this.#byId.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.onEmpty();
  }

  /** Ends all sessions and the subscription. */
  close(): void {
    for (const session of [...this.#byId.values()]) session.close();
    this.#subscription.unsubscribe();
    for (const stop of this.#watches) stop();
  }

  #take({ subject, data, reply, headers }: NatsMessage): void {
    const session = this.#byId.get(subject.slice(subject.lastIndexOf(".") + 1));
    const message = decodeMessage(data);
    if (message === undefined) {
      if (headers?.code === 503) session?.fail("the other end is no longer connected to NATS");
      return;
    }
    if (session !== undefined) {
      const isSecondNode = message.kind === MessageKind.accepted &&
        session.remoteSubject !== reply && !session.isOpening;
      if (!isSecondNode) return session.take(message, reply);
    }
    // Its sender does not know yet that the session ended.
    if (reply !== undefined && message.kind !== MessageKind.close) {
      this.publish(reply, encodeMessage(MessageKind.close, 0));
    }
  }

  /** The other end of a silent session may have vanished. */
  #probe(): void {
    for (const session of this.#byId.values()) {
      if (!session.wasHeard) session.send(MessageKind.probe);
      session.wasHeard = false;
    }
  }

  #failAll(why: string): void {
    for (const session of [...this.#byId.values()]) session.fail(why);
  }

  #fails({ operation, subject }: { operation?: string; subject?: string }): void {
    if (operation !== "publish") return;
    for (const session of [...this.#byId.values()]) {
      if (session.remoteSubject === subject) {
        session.fail(`NATS does not let this program publish to ${subject}; see docs/fleet.md`);
      }
    }
  }
}
