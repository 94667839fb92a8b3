/**
 * Answers NATS's service requests `$SRV.PING`, `INFO` and `STATS`, by
 * https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md, so that `nats micro ls` lists nodes.
 */
import { randomToken } from "../transport/nats/mod.ts";
import { type FleetLink, isInbox } from "./link.ts";

/** The service name shared by all nodes. */
const serviceName = "farcall";

interface MicroNode {
  readonly name: string;
  readonly labels: readonly string[];
  readonly generation: number;
  readonly counts: { readonly calls: number; readonly failures: number };
  readonly version: string;
}

/** Answers for one node, until it is stopped. */
export class MicroService {
  readonly #endings: (() => void)[] = [];

  constructor(
    { connection }: FleetLink,
    { fleet, node, startedMs }: {
      readonly fleet: string;
      readonly node: MicroNode;
      readonly startedMs: number;
    },
  ) {
    const id = randomToken().slice(0, 22);
    const started = new Date(startedMs).toISOString();
    const identity = (): Record<string, unknown> => ({
      name: serviceName,
      id,
      version: node.version,
      metadata: {
        fleet,
        node: node.name,
        labels: node.labels.join(","),
        generation: String(node.generation),
      },
    });
    const prefix = "io.nats.micro.v1";
    const endpoint = { name: "calls", subject: `farcall.v1.${fleet}.open`, queue_group: "" };
    const answers: Readonly<Record<string, () => unknown>> = {
      PING: () => ({ type: `${prefix}.ping_response`, ...identity() }),
      INFO: () => ({
        type: `${prefix}.info_response`,
        ...identity(),
        description: `the farcall node ${node.name}`,
        endpoints: [{ ...endpoint, metadata: {} }],
      }),
      STATS: () => ({
        type: `${prefix}.stats_response`,
        ...identity(),
        started,
        endpoints: [{
          ...endpoint,
          num_requests: node.counts.calls,
          num_errors: node.counts.failures,
          last_error: "",
          processing_time: 0,
          average_processing_time: 0,
        }],
      }),
    };
    for (const [verb, answer] of Object.entries(answers)) {
      for (const suffix of ["", `.${serviceName}`, `.${serviceName}.${id}`]) {
        const subscription = connection.subscribe(`$SRV.${verb}${suffix}`, {
          callback: (error, message) => {
            if (error !== null || !isInbox(message.reply)) return;
            connection.publish(message.reply, JSON.stringify(answer()));
          },
        });
        this.#endings.push(() => subscription.unsubscribe());
      }
    }
  }

  stop(): void {
    for (const end of this.#endings.splice(0)) end();
  }
}
