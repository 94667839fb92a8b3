/** Answers requests for a node's log. */
import { Unauthenticated, Unavailable } from "../../errors/mod.ts";
import type { LogLevel } from "../../log/mod.ts";
import type { LogRequest, LogResponse } from "../../protocol/mod.ts";
import { type Caller, mayReadLog } from "../calls/access.ts";
import type { NodeContext } from "../node_context.ts";
import { checkMayDeploy } from "../peer/deployers.ts";
import type { LocalTrust } from "../peer/local_deployers.ts";

/**
 * Answers with a batch of records.
 *
 * @throws {Unauthenticated} If the peer neither has deploy rights nor is a client that may read the log.
 * @throws {Unavailable} If the node keeps no records.
 */
export async function answerLogRequest(
  node: NodeContext,
  asker: { readonly caller: Caller; readonly local: Pick<LocalTrust, "isProved"> },
  request: LogRequest,
): Promise<LogResponse> {
  if (!mayReadLog(node.services.live, asker.caller)) refuseOthers(node, asker);
  const { logHistory: history, services: { nodeName } } = node;
  if (history === undefined) {
    throw new Unavailable("this node keeps no records: its program has a log of its own");
  }
  const { level, service, rpc, call } = request;
  const batch = await history.read({
    position: request.position,
    sinceMs: request.since,
    filter: { level: level as LogLevel | undefined, service, rpc, call },
    waitMs: request.waitMs ?? 0,
  });
  const { records, position, isEnd, hasGap } = batch;
  return {
    node: nodeName,
    records: records as LogResponse["records"],
    position,
    isEnd,
    ...(hasGap && { hasGap }),
  };
}

/** Requires deploy rights, or a client that may read the log. */
function refuseOthers(node: NodeContext, asker: Parameters<typeof checkMayDeploy>[1]): void {
  try {
    checkMayDeploy(node, asker, "logs");
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    throw new Unauthenticated(
      `${error.message}; or give the client "allow-logs: true" in init.yaml`,
    );
  }
}
