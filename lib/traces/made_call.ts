/** The spans of one call on its caller's side: the call, and each attempt at a node. */
import type { TraceContext } from "../context/mod.ts";
import type { SpanExporter } from "./exporter.ts";
import { childOf, epochMs, type SpanContext } from "./span.ts";

/** The target of a call. */
export interface MadeCallFacts {
  readonly service: string;
  readonly rpc: string;
}

/** The outcome: undefined, or the error. */
interface Failure {
  readonly code?: string;
  readonly message: string;
}

/** An attempt at one node. */
export interface AttemptSpan {
  readonly context: TraceContext;
  end(failure?: Failure): void;
}

/** A call in progress. */
export class MadeCall {
  readonly #exporter: SpanExporter;
  readonly #facts: MadeCallFacts;
  readonly #place: SpanContext;
  readonly #startMs = epochMs();
  #attempts = 0;

  constructor(exporter: SpanExporter, facts: MadeCallFacts, place: SpanContext) {
    this.#exporter = exporter;
    this.#facts = facts;
    this.#place = place;
  }

  get context(): TraceContext {
    return this.#place.context;
  }

  /** An attempt at a node begins. */
  attempt({ host, port }: { readonly host: string; readonly port: number }): AttemptSpan {
    const place = childOf(this.#place);
    const startMs = epochMs();
    const number = ++this.#attempts;
    return {
      context: place.context,
      end: (failure) =>
        this.#add(place, { kind: "client", startMs, failure }, {
          "server.address": host,
          "server.port": port,
          "farcall.attempt": number,
        }),
    };
  }

  /** The call has its outcome. */
  end(failure?: Failure): void {
    this.#add(this.#place, { kind: "internal", startMs: this.#startMs, failure }, {});
  }

  #add(
    { isSampled, ...place }: SpanContext,
    { kind, startMs, failure }: {
      readonly kind: "client" | "internal";
      readonly startMs: number;
      readonly failure: Failure | undefined;
    },
    attributes: Readonly<Record<string, string | number>>,
  ): void {
    if (!isSampled) return;
    const { service, rpc } = this.#facts;
    this.#exporter.add({
      ...place,
      kind,
      name: kind === "client" ? `attempt ${service}.${rpc}` : `call ${service}.${rpc}`,
      startMs,
      endMs: epochMs(),
      error: failure?.message,
      attributes: {
        "rpc.system": "farcall",
        "rpc.service": service,
        "rpc.method": rpc,
        ...attributes,
        "error.type": failure && (failure.code ?? "Error"),
      },
    });
  }
}
