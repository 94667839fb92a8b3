/** The picture as text: a line for each service, between its clients and its providers. Pure. */
import type { FoundFleet } from "./read_fleet.ts";
import type { Picture, PictureService } from "./picture.ts";

/**
 * Formats the picture.
 *
 * @returns Several lines, each with a line break at its end.
 *
 * @example
 * ```text
 * CLIENTS      SERVICES                   PROVIDERS
 * c1, c2  ───▶ math  6 rpcs, 12 calls ───▶ s1 ●, s2 ●
 * c2      ───▶ text  3 rpcs, 0 calls  ───▶ s2 ●
 * ```
 */
export function formatPicture({ picture, nodes }: FoundFleet): string {
  const found = new Map(nodes.map((node) => [node.name, node]));
  const counts = (service: string) =>
    nodes.flatMap(({ status }) => status?.services ?? []).filter(({ name }) => name === service);
  const rows = picture.services.map((service) => {
    const calls = sum(counts(service.name).map((each) => each.calls));
    const failures = sum(counts(service.name).map((each) => each.failures));
    const numbers = [
      countOf(new Set(service.rpcs.map(({ name }) => name)).size, "rpc"),
      countOf(calls, "call"),
      ...(failures === 0 ? [] : [`${failures} failed`]),
    ];
    return [
      [...service.tenants, ...callersOf(picture, service.name)].join(", ") || "nobody",
      service.name,
      numbers.join(", "),
      service.providers.map((name) => `${name} ${signOf(found.get(name)?.status)}`).join(", "),
    ];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const [clientsWidth, namesWidth, numbersWidth] = [
    Math.max(widths[0]!, "CLIENTS".length),
    ...widths.slice(1),
  ] as [number, number, number];
  const middleWidth = Math.max(namesWidth + 2 + numbersWidth, "SERVICES".length);
  const arrow = " ───▶ ";
  const gap = " ".repeat(arrow.length);
  const lines = [
    `${"CLIENTS".padEnd(clientsWidth)}${gap}${"SERVICES".padEnd(middleWidth)}${gap}PROVIDERS`,
    ...rows.map(([clients, name, numbers, providers]) => {
      const middle = `${name!.padEnd(namesWidth)}  ${numbers}`.padEnd(middleWidth);
      return `${clients!.padEnd(clientsWidth)}${arrow}${middle}${arrow}${providers}`;
    }),
    "",
    ...nodeLines({ picture, nodes }),
    ...idleClients(picture),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** Services whose scripts call it. */
function callersOf({ services }: Picture, called: string): string[] {
  return services.filter(({ calls }) => calls.some(({ service }) => service === called))
    .map(({ name }) => `scripts of ${name}`);
}

function nodeLines({ picture, nodes }: FoundFleet): string[] {
  const width = Math.max(...picture.nodes.map(({ name }) => name.length));
  const addressWidth = Math.max(...picture.nodes.map(({ address }) => address.length));
  return nodes.map(({ name, address, status, problem }) => {
    const state = status === undefined
      ? problem ?? "unreachable"
      : status.isDraining
      ? "draining"
      : "up";
    const generation = status === undefined
      ? ""
      : status.isEmbedded
      ? ", embedded"
      : status.generation === 0
      ? ", nothing deployed"
      : `, generation ${status.generation}`;
    const sign = signOf(status);
    return `${sign} ${name.padEnd(width)}  ${address.padEnd(addressWidth)}  ${state}${generation}`;
  });
}

/** Lists clients that no service admits. */
function idleClients({ clients, services }: Picture): string[] {
  const isIdle = (client: string): boolean =>
    services.every(({ tenants }: PictureService) => !tenants.includes(client));
  const idle = clients.map(({ name }) => name).filter(isIdle);
  return idle.length === 0 ? [] : [`no service admits ${idle.join(", ")}`];
}

function signOf(status: { readonly isDraining: boolean } | undefined): string {
  return status === undefined ? "✗" : status.isDraining ? "◐" : "●";
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
