/** The spans of one call at its node: the node, the wait for an executor, the executor, the script. */
import type { TraceContext } from "../context/mod.ts";
import type { SpanExporter } from "./exporter.ts";
import { childOf, epochMs, type SpanContext } from "./span.ts";

/** A call, as its node knows it. */
export interface ServedCallFacts {
  readonly service: string;
  readonly rpc: string;
  readonly client: string;
  readonly from: string;
  readonly via: string;
  readonly script: string;
  readonly node: string;
}

/** The exception for its caller. */
interface Exception {
  readonly type: string;
  readonly message: string;
}

/** Times in milliseconds of UNIX time. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A served call. */
export class ServedCall {
  readonly #exporter: SpanExporter;
  readonly #facts: ServedCallFacts;
  readonly #node: SpanContext;
  readonly #executor: SpanContext;
  readonly #script: SpanContext;
  readonly #cameMs = epochMs();
  #placedMs: number | undefined;
  #ran: Span | undefined;
  #isOver = false;

  constructor(exporter: SpanExporter, facts: ServedCallFacts, place: SpanContext) {
    this.#exporter = exporter;
    this.#facts = facts;
    this.#node = place;
    this.#executor = childOf(place);
    this.#script = childOf(this.#executor);
  }

  /** The trace context for its script or function, which nested calls inherit. */
  get context(): TraceContext {
    return this.#script.context;
  }

  /** An executor has received it; the last one counts. */
  placed(): void {
    this.#placedMs = epochMs();
  }

  /** Its script ran at these times, according to the executor; clamped to what the node observed. */
  ran(startMs: number, endMs: number): void {
    const end = Math.min(endMs, epochMs());
    this.#ran = {
      startMs: Math.min(Math.max(startMs, this.#placedMs ?? this.#cameMs), end),
      endMs: end,
    };
  }

  /** The call has its outcome. */
  end(exception?: Exception): void {
    if (this.#isOver || !this.#node.isSampled) return;
    this.#isOver = true;
    const endMs = epochMs();
    const { service, rpc, client, from, via, script, node } = this.#facts;
    const placedMs = this.#placedMs;
    const name = `${service}.${rpc}`;
    const common = { "rpc.service": service, "rpc.method": rpc };
    const failed = {
      error: exception?.message,
      attributes: { ...common, "error.type": exception?.type },
    };
    this.#add(this.#node, { startMs: this.#cameMs, endMs }, {
      name: `serve ${name}`,
      kind: "server",
      ...failed,
      attributes: {
        "rpc.system": "farcall",
        ...failed.attributes,
        "client.address": from,
        "farcall.client": client,
        "farcall.via": via,
        "farcall.script": script,
        "farcall.node": node || undefined,
      },
    });
    const queued = { startMs: this.#cameMs, endMs: placedMs ?? endMs };
    const waited = placedMs === undefined ? failed : { error: undefined, attributes: common };
    this.#add(childOf(this.#node), queued, { name: `queue ${name}`, kind: "internal", ...waited });
    if (placedMs === undefined) return;
    const executed = { startMs: placedMs, endMs };
    this.#add(this.#executor, executed, { name: `executor ${name}`, kind: "internal", ...failed });
    if (this.#ran === undefined) return;
    this.#add(this.#script, this.#ran, { name: `script ${name}`, kind: "internal", ...failed });
  }

  #add(
    { traceId, spanId, parentId, tracestate }: SpanContext,
    { startMs, endMs }: Span,
    about: {
      readonly name: string;
      readonly kind: "server" | "internal";
      readonly error: string | undefined;
      readonly attributes: Readonly<Record<string, string | undefined>>;
    },
  ): void {
    this.#exporter.add({ traceId, spanId, parentId, tracestate, startMs, endMs, ...about });
  }
}
