/** Monitors' requests over HTTP: liveness, readiness, and metrics. */
import { Unauthenticated } from "../../errors/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { type HttpHead, HttpRefusal, type HttpResponse } from "../../protocol/json/mod.ts";
import { isThisMachine, type Origin } from "../calls/access.ts";
import type { NodeContext } from "../node_context.ts";
import { familiesOf } from "./collect.ts";
import { contentTypes, expositionFor, formatFamilies } from "./exposition.ts";
import { whyNotReady } from "./health.ts";

/** The paths, without their slash. */
export const probes = ["healthz", "readyz", "metrics"] as const;

/** The requested information. */
export type Probe = typeof probes[number];

/** The peer, as far as its connection identifies it. */
export interface ProbeOrigin extends Origin {
  /** The node's address on this connection. */
  readonly localHost: string | undefined;
}

/**
 * Admits the node's own machine, and addresses that the operator allows.
 *
 * @throws {HttpRefusal} For any other; the message says how to allow it.
 */
export function checkMayProbe(
  node: NodeContext,
  { fields }: Pick<HttpHead, "fields">,
  origin: ProbeOrigin,
): void {
  const { host, localHost, doubt } = origin;
  const isAllowed = doubt === undefined && node.metricsAllow.some((range) => range.holds(host));
  // A proxy on this machine asks on behalf of others.
  const isForOthers = fields.has("x-forwarded-for") || fields.has("forwarded");
  const isHere = isThisMachine(origin) || (doubt === undefined && host === localHost);
  if (isAllowed || (isHere && !isForOthers)) return;
  const how = node.services.live.isEmbedded
    ? `name "${host}" in the metricsAllow of serve()`
    : `start the node with --metrics-allow ${host}`;
  throw new HttpRefusal(
    403,
    new Unauthenticated(
      `only the node's own machine may ask for its health and metrics, and this request comes ` +
        `${isHere ? "through a proxy" : `from ${host}`}; ${how}` +
        (doubt === undefined ? "" : ` (but ${doubt}, which does not help here)`),
    ),
  );
}

/** How a monitor asks. */
export interface ProbeRequest {
  readonly accept: string | undefined;
  /** The other end of its connection. */
  readonly from: string;
  /** Called with the milliseconds that its response took. */
  readonly took?: (ms: number) => void;
}

/** Answers a request. */
export async function answerProbe(
  node: NodeContext,
  probe: Probe,
  request: ProbeRequest,
): Promise<HttpResponse> {
  const { from } = request;
  const response = await responseTo(node, probe, request);
  node.log.debug("probe.answered", { from, probe, status: response.status });
  return response;
}

async function responseTo(
  node: NodeContext,
  probe: Probe,
  { accept, took }: ProbeRequest,
): Promise<HttpResponse> {
  switch (probe) {
    case "healthz":
      return textResponse(200, "ok\n");
    case "readyz": {
      const reasons = whyNotReady(node);
      const lack = node.relay?.problem;
      if (reasons.length === 0) {
        return textResponse(
          200,
          `ready${lack === undefined ? "" : `, but not through NATS: ${lack}`}\n`,
        );
      }
      // A balancer sends no calls to a node that is not ready, so none would retry a failed start: retry here.
      for (const { executor } of node.services.live.services.values()) executor.tryAgain?.();
      return textResponse(503, reasons.join("\n") + "\n");
    }
    case "metrics": {
      const format = expositionFor(accept);
      const text = await inSlices(formatFamilies(familiesOf(node), format), took);
      return textResponse(200, text, contentTypes[format]);
    }
  }
}

function textResponse(
  status: number,
  text: string,
  contentType = "text/plain; charset=utf-8",
): HttpResponse {
  const fields = { "content-type": contentType, "cache-control": "no-store" };
  return { status, fields, body: new TextEncoder().encode(text) };
}
