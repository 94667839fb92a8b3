/**
 * Events for scripts. The runtime's keep their state in symbol-named properties, which any script can discover; these
 * keep it private.
 */
import { DOMException } from "./dom_exception.ts";

/** Accepted forms of a listener. */
type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Registration {
  readonly listener: Listener;
  readonly isCapture: boolean;
  readonly isOnce: boolean;
  readonly isPassive: boolean;
  isRemoved: boolean;
}

/** Receives what listeners throw, without inspecting it: inspection may throw again. */
let onThrown: (thrown: unknown) => void = () => {};

/** Sets the receiver of listeners' errors. */
export function reportListeners(report: (thrown: unknown) => void): void {
  onThrown = report;
}

// Internal operations between events and targets.
let dispatch: (
  event: Event,
  target: EventTarget,
  registrations: () => readonly Registration[],
) => boolean;
let unregister: (target: EventTarget, type: string, registration: Registration) => void;

/** An event. */
export class Event {
  readonly #type: string;
  readonly #bubbles: boolean;
  readonly #cancelable: boolean;
  readonly #composed: boolean;
  readonly #timeStamp = performance.now();
  #target: EventTarget | null = null;
  #isDispatched = false;
  #isDefaultPrevented = false;
  #isPropagationStopped = false;
  #isStoppedAtOnce = false;
  #isInPassiveListener = false;

  constructor(type: unknown, init: EventInit | null = {}) {
    if (arguments.length === 0) throw new TypeError("an Event takes its type");
    this.#type = String(type);
    this.#bubbles = Boolean(init?.bubbles);
    this.#cancelable = Boolean(init?.cancelable);
    this.#composed = Boolean(init?.composed);
  }

  static {
    dispatch = (event, target, registrations) => {
      if (event.#isDispatched) {
        throw new DOMException("the event is being dispatched already", "InvalidStateError");
      }
      event.#isDispatched = true;
      event.#target = target;
      try {
        for (const each of registrations()) {
          if (event.#isStoppedAtOnce) break;
          if (each.isRemoved) continue;
          event.#isInPassiveListener = each.isPassive;
          run(each, event, target);
        }
      } finally {
        event.#isInPassiveListener = false;
        event.#isDispatched = false;
        event.#isPropagationStopped = false;
        event.#isStoppedAtOnce = false;
      }
      return !event.#isDefaultPrevented;
    };
  }

  get type(): string {
    return this.#type;
  }

  get target(): EventTarget | null {
    return this.#target;
  }

  get srcElement(): EventTarget | null {
    return this.#target;
  }

  get currentTarget(): EventTarget | null {
    return this.#isDispatched ? this.#target : null;
  }

  get eventPhase(): number {
    return this.#isDispatched ? 2 : 0;
  }

  get bubbles(): boolean {
    return this.#bubbles;
  }

  get cancelable(): boolean {
    return this.#cancelable;
  }

  get composed(): boolean {
    return this.#composed;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  get isTrusted(): boolean {
    return false;
  }

  get defaultPrevented(): boolean {
    return this.#isDefaultPrevented;
  }

  get returnValue(): boolean {
    return !this.#isDefaultPrevented;
  }

  get cancelBubble(): boolean {
    return this.#isPropagationStopped;
  }

  set cancelBubble(isStopped: boolean) {
    if (isStopped) this.#isPropagationStopped = true;
  }

  composedPath(): EventTarget[] {
    return this.#isDispatched ? [this.#target!] : [];
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#isInPassiveListener) this.#isDefaultPrevented = true;
  }

  stopPropagation(): void {
    this.#isPropagationStopped = true;
  }

  stopImmediatePropagation(): void {
    this.#isPropagationStopped = true;
    this.#isStoppedAtOnce = true;
  }

  get [Symbol.toStringTag](): string {
    return "Event";
  }
}

for (const [phase, name] of ["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"].entries()) {
  for (const holder of [Event, Event.prototype]) {
    Object.defineProperty(holder, name, { value: phase, enumerable: true });
  }
}

/** Creates an event with fields of its subclass. */
export class CustomEvent extends Event {
  readonly #detail: unknown;

  constructor(type: unknown, init: CustomEventInit | null = {}) {
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail(): unknown {
    return this.#detail;
  }

  override get [Symbol.toStringTag](): string {
    return "CustomEvent";
  }
}

function run(registration: Registration, event: Event, target: EventTarget): void {
  const { listener } = registration;
  if (registration.isOnce) unregister(target, event.type, registration);
  try {
    if (typeof listener === "function") Reflect.apply(listener, target, [event]);
    else listener.handleEvent(event);
  } catch (thrown) {
    onThrown(thrown);
  }
}

/** A target of events. */
export class EventTarget {
  readonly #registrations = new Map<string, Registration[]>();

  static {
    unregister = (target, type, registration) => {
      registration.isRemoved = true;
      const registrations = target.#registrations.get(type) ?? [];
      const rest = registrations.filter((each) => each !== registration);
      if (rest.length === 0) target.#registrations.delete(type);
      else target.#registrations.set(type, rest);
    };
  }

  addEventListener(
    type: unknown,
    listener: Listener | null,
    options?: boolean | (AddEventListenerOptions & { signal?: EventTarget & { aborted: boolean } }),
  ): void {
    const name = String(type);
    const { once, passive, signal } = Object(options) as Exclude<
      typeof options,
      boolean | undefined
    >;
    const isCapture = isCaptureIn(options);
    if (listener === null || listener === undefined || signal?.aborted === true) return;
    if (typeof listener !== "function" && typeof listener !== "object") {
      throw new TypeError("a listener is a function, or an object with handleEvent()");
    }
    if (this.#find(name, listener, isCapture) !== undefined) return;
    const registration: Registration = {
      listener,
      isCapture,
      isOnce: Boolean(once),
      isPassive: Boolean(passive),
      isRemoved: false,
    };
    // A new list: one that is being iterated must not change.
    this.#registrations.set(name, [...this.#registrations.get(name) ?? [], registration]);
    signal?.addEventListener("abort", () => unregister(this, name, registration), { once: true });
  }

  removeEventListener(
    type: unknown,
    listener: Listener | null,
    options?: boolean | EventListenerOptions,
  ): void {
    const name = String(type);
    const found = this.#find(name, listener, isCaptureIn(options));
    if (found !== undefined) unregister(this, name, found);
  }

  /** @returns False if the default action was prevented. */
  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent takes an Event");
    return dispatch(event, this, () => this.#registrations.get(event.type) ?? []);
  }

  #find(type: string, listener: unknown, isCapture: boolean): Registration | undefined {
    return this.#registrations.get(type)
      ?.find((each) => each.listener === listener && each.isCapture === isCapture);
  }

  get [Symbol.toStringTag](): string {
    return "EventTarget";
  }
}

function isCaptureIn(options: boolean | EventListenerOptions | undefined | null): boolean {
  return typeof options === "object" ? Boolean(options?.capture) : Boolean(options);
}

/** A target's listener property (`onabort`). */
export class HandlerProperty {
  readonly #target: EventTarget;
  readonly #type: string;
  readonly #listener = (event: Event): unknown => this.#handler?.(event);
  #handler: ((event: Event) => unknown) | undefined;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  get(): ((event: Event) => unknown) | null {
    return this.#handler ?? null;
  }

  set(handler: unknown): void {
    const isListening = this.#handler !== undefined;
    this.#handler = typeof handler === "function"
      ? (event) => Reflect.apply(handler, this.#target, [event])
      : undefined;
    if (this.#handler === undefined) this.#target.removeEventListener(this.#type, this.#listener);
    else if (!isListening) this.#target.addEventListener(this.#type, this.#listener);
  }
}
