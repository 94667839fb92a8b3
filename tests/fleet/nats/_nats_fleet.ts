/** Real nodes in this process, in a fleet at a NATS server, following a state that the test signs. */
import { join } from "node:path";
import { connect, type Farcall } from "../../../lib/client/mod.ts";
import { StatePublisher } from "../../../lib/fleet/mod.ts";
import { generatePem, SigningKey } from "../../../lib/identity/mod.ts";
import type { Selector } from "../../../lib/manifest/mod.ts";
import { type FarcallNode, serveNode, type ServeOptions } from "../../../lib/server/mod.ts";
import { FleetSubjects, NatsLink } from "../../../lib/transport/nats/mod.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { manifestOf, type TestOverload, until } from "../../_support/nodes/node.ts";

/** A service of the fleet. */
export interface FleetTestService {
  /** Default: all nodes. */
  readonly selector?: Selector;
  readonly rpcs: Readonly<Record<string, TestOverload>>;
}

const fleetName = "lab";

/** The server, the nodes and the folder of their roots. */
export class NatsFleet implements AsyncDisposable {
  readonly server: NatsServer;
  readonly #folder: string;
  readonly #key: SigningKey;
  readonly #clientKey: string;
  readonly #nodes: FarcallNode[] = [];
  #services: Readonly<Record<string, FleetTestService>> = {};

  private constructor(server: NatsServer, folder: string, keys: readonly [SigningKey, string]) {
    this.server = server;
    this.#folder = folder;
    [this.#key, this.#clientKey] = keys;
  }

  /** Starts a server, and signs a state with these services for the client c1. */
  static async start(services: Readonly<Record<string, FleetTestService>>): Promise<NatsFleet> {
    const server = await NatsServer.start();
    const folder = await Deno.makeTempDir({ prefix: "farcall-test-" });
    const pem = await generatePem();
    await Deno.writeTextFile(join(folder, "c1.key"), pem, { mode: 0o600 });
    const { publicKey } = await SigningKey.fromPem(pem);
    const key = await SigningKey.fromPem(await generatePem());
    const fleet = new NatsFleet(server, folder, [key, publicKey]);
    await fleet.#deploy(services);
    return fleet;
  }

  /** Starts a node, which does not listen unless `options` say so, and waits until it has followed the state. */
  async serve(
    name: string,
    options: ServeOptions & { labels?: string[] } = {},
  ): Promise<FarcallNode> {
    const { labels, ...others } = options;
    const node = await serveNode({
      name,
      root: join(this.#folder, name),
      nats: { url: this.server.url, fleet: fleetName, labels },
      deployKeys: [this.#key.publicKey],
      ...others,
    });
    this.#nodes.push(node);
    await until(`${name} has followed`, () => node.generation > 0);
    return node;
  }

  /** Connects as the client, with an init.yaml. @param servers Lines of `network.servers`. */
  async connect(servers = "{}"): Promise<Farcall> {
    const services = Object.entries(this.#services).map(([name, { selector, rpcs }]) => {
      const overloads = Object.entries(rpcs).map((
        [rpc, { args = [], returns = [], isIdempotent }],
      ) =>
        `      ${rpc}: { args: ${JSON.stringify(args)}, returns: ${JSON.stringify(returns)}, ` +
        `idempotent: ${isIdempotent ?? false}, src: ${rpc}.ts }\n`
      );
      const providers = selector?.kind === "labels"
        ? `{ labels: ${JSON.stringify(selector.labels)} }`
        : "all";
      return `  ${name}:\n    providers: ${providers}\n    tenants: [c1]\n    rpcs:\n${
        overloads.join("")
      }`;
    });
    const file = join(this.#folder, "init.yaml");
    await Deno.writeTextFile(
      file,
      `network:\n  nats: { url: "${this.server.url}", fleet: ${fleetName} }\n  servers: ${servers}\n` +
        `  clients: { c1: { key: "${this.#clientKey}" } }\nservices:\n${services.join("")}`,
    );
    return await connect(file, { as: "c1", key: join(this.#folder, "c1.key") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #deploy(services: Readonly<Record<string, FleetTestService>>): Promise<void> {
    this.#services = services;
    const { manifest, scripts } = await manifestOf({ services });
    await using link = await NatsLink.open({ url: this.server.url });
    const { root } = new FleetSubjects(fleetName);
    const state = await StatePublisher.open(link, { fleet: fleetName, root });
    const content = {
      clients: [{ name: "c1", key: this.#clientKey as SigningKey["publicKey"] }],
      services: manifest.services.map((service) => ({
        service,
        selector: services[service.name]!.selector ?? { kind: "all" as const },
      })),
    };
    await state.prepare(content, {
      key: this.#key,
      readScript: (id) =>
        Promise.resolve({ bytes: [...scripts].find(([each]) => each === id)![1] }),
    });
    const deployment = { id: crypto.randomUUID(), deployer: "test" };
    await state.write(content, { deployment, key: this.#key });
    await state.announce();
  }
}
