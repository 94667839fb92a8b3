/** What a framed connection may ask besides calls: what it may call, and the steps of a deployment. */
import { ServerDraining, Unauthenticated } from "../errors/mod.ts";
import { decodeRequest, type Request, type Responses } from "../wire/mod.ts";
import { type Caller, isLoopback, servicesFor } from "./access.ts";
import type { NodeContext } from "./context.ts";
import type { Deployer } from "./deployment.ts";
import type { LiveGeneration } from "./generation.ts";

/** Who asks. */
export interface Asker {
  readonly caller: Caller;
  readonly deployer: Deployer;
  /** Whether it is gone. */
  isGone(): boolean;
}

/**
 * Answers a request.
 *
 * @param body The body of its frame; read before this returns its promise.
 * @throws {MalformedMessage} If it is no request that this version knows.
 * @throws {Unauthenticated} If it is a step of a deployment and the asker may not deploy.
 * @throws {ServerDraining} If it is one and the node is stopping.
 * @throws {DeployRejected} If the step fails.
 */
export async function respond(
  node: NodeContext,
  asker: Asker,
  body: Uint8Array,
): Promise<Responses[Request["op"]]> {
  const { request, attachment } = decodeRequest(body);
  const { deployment } = node;
  if (request.op === "describe") return describe(deployment.live, asker.caller, request.service);
  if (!isLoopback(asker.caller.host)) {
    throw new Unauthenticated(
      "this node has no deploy key and takes deployments from its own machine only",
    );
  }
  if (node.isDraining) throw new ServerDraining("the node is shutting down");
  switch (request.op) {
    case "observe":
      return await deployment.observe(request.scripts);
    case "put":
      return await deployment.put(request.scripts, attachment);
    case "stage": {
      const staged = await deployment.stage(asker.deployer, request.manifest, request.deployment);
      // The connection may have ended meanwhile; nobody is left to commit.
      if (asker.isGone()) await deployment.abort(asker.deployer);
      return staged;
    }
    case "commit":
      return await deployment.commit(asker.deployer);
    case "abort":
      return await deployment.abort(asker.deployer);
    case "history":
      return deployment.history();
    case "generation":
      return await deployment.generation(request.number);
  }
}

function describe(
  live: LiveGeneration,
  caller: Caller,
  only: string | undefined,
): Responses["describe"] {
  const services = servicesFor(live, caller)
    .filter((service) => only === undefined || service.name === only)
    .map((service) => ({
      name: service.name,
      description: service.description,
      overloads: [...service.rpcs.values()].flat().map((overload) => ({
        rpc: overload.rpc,
        description: overload.description,
        args: overload.signature.args,
        returns: overload.signature.returns,
      })),
    }));
  return { generation: live.number, services };
}
