/** A deployer's view of a fleet over one connection: present and absent nodes, and the desired state. */
import type { Configuration, FleetAddress } from "../config/mod.ts";
import { FleetSubjects } from "../transport/nats/mod.ts";
import type { NatsLink } from "../transport/nats/mod.ts";
import { openFleetLink } from "./open_link.ts";
import type { Presence } from "./presence.ts";
import { StatePublisher } from "./publisher.ts";
import { hasStore, isWithoutBucket, whyNoStore } from "./link.ts";
import { resolveNodes } from "./resolve.ts";
import { type Absence, readAbsences, readRoster, type RefusedPresence } from "./roster.ts";

/** The members of a fleet at one moment. */
export interface FleetMembers {
  /** By name. */
  readonly present: ReadonlyMap<string, Presence>;
  readonly absent: readonly Absence[];
  /** Programs that claim a name held by another key. */
  readonly refused: readonly RefusedPresence[];
  /** Why absent nodes are unknown and cannot follow; undefined if they are known. */
  readonly storeProblem?: string;
}

/** A connection to a fleet. */
export class FleetView implements AsyncDisposable {
  readonly #link: NatsLink;
  readonly #address: FleetAddress;

  private constructor(link: NatsLink, address: FleetAddress) {
    this.#link = link;
    this.#address = address;
  }

  /** Connects. @throws {NodeUnreachable} If the NATS server cannot be reached. */
  static async open(address: FleetAddress): Promise<FleetView> {
    return new FleetView(await openFleetLink(address), address);
  }

  get fleet(): string {
    return this.#address.fleet;
  }

  /** Asks which nodes are present, and looks up absent ones. */
  async members(): Promise<FleetMembers> {
    const { fleet } = this;
    const { keys } = this.#address;
    const link = this.#link;
    const { root } = new FleetSubjects(fleet);
    const roster = await readRoster(link, { fleet, keys, root });
    try {
      const absent = await readAbsences(link, { fleet, keys, present: roster.present });
      return { ...roster, absent };
    } catch (error) {
      // The bucket is missing before the first deployment.
      if (isWithoutBucket(link, error)) return { ...roster, absent: [] };
      return { ...roster, absent: [], storeProblem: whyNoStore(link, fleet, error) };
    }
  }

  /**
   * Opens the desired state for a successor that the present nodes can follow.
   *
   * @returns undefined if the server has no store, which {@linkcode members} reports.
   * @throws {DeployRejected} If the store cannot be used.
   */
  async state({ present }: Pick<FleetMembers, "present">): Promise<StatePublisher | undefined> {
    if (!hasStore(this.#link)) return undefined;
    const { fleet } = this;
    const { root } = new FleetSubjects(fleet);
    return await StatePublisher.open(this.#link, { fleet, root, present: present.values() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.close();
  }
}

/**
 * A configuration with the present nodes in place of selectors, and without absent servers that are reached only
 * through NATS.
 */
export function withoutAbsentNodes(
  configuration: Configuration,
  present: ReadonlyMap<string, Presence>,
): Configuration {
  const { servers, services, ...rest } = resolveNodes(configuration, present);
  const isThere = (name: string): boolean => {
    const server = servers.get(name);
    return server !== undefined &&
      (server.ip !== "" || server.nats === undefined || present.has(server.nats.node));
  };
  return {
    ...rest,
    servers: new Map([...servers].filter(([name]) => isThere(name))),
    services: new Map([...services].map(([name, service]) => [
      name,
      { ...service, providers: service.providers.filter(isThere) },
    ])),
  };
}
