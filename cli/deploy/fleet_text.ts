/** What a person reads of a fleet: who is there, who is not, and who cannot follow. */
import type { FleetMembers } from "../../lib/fleet/mod.ts";
import { alignColumns } from "../../lib/deploy/mod.ts";

/** One line for each thing that a deployer is to know besides what the deployment did. */
export function formatMembers(
  fleet: string,
  { present, absent }: FleetMembers,
  state: number | undefined,
): string {
  const names = (list: readonly string[]): string =>
    list.length > namesMax
      ? `${list.slice(0, namesMax).join(", ")} and ${list.length - namesMax} more`
      : list.join(", ");
  const written = state === undefined ? "" : ` is now at state ${state}`;
  const lines = [
    `fleet ${fleet}${written}: ${present.size} present` +
    (absent.length === 0
      ? ""
      : `; ${absent.length} absent, to follow when they come: ${
        names(absent.map(({ presence, lastMs }) => `${presence.name} (${agoText(lastMs)})`))
      }`),
  ];
  for (const { name, problem } of present.values()) {
    if (problem !== undefined) lines.push(`${name} cannot follow: ${problem}`);
  }
  return lines.join("\n");
}

/** A table of all nodes of a fleet. */
export function formatFleet(fleet: string, { present, absent }: FleetMembers): string {
  const rows = [
    ...[...present.values()].map(({ name, labels, state, sinceMs, problem }) => [
      name,
      labels.join(",") || "-",
      state === 0 ? "none" : String(state),
      `present, since ${agoText(sinceMs)}`,
      problem ?? "",
    ]),
    ...absent.map(({ presence: { name, labels, state, problem, isLeaving }, lastMs }) => [
      name,
      labels.join(",") || "-",
      state === 0 ? "none" : String(state),
      `absent, ${isLeaving ? "left" : "last heard of"} ${agoText(lastMs)} ago`,
      problem ?? "",
    ]),
  ];
  const titles = [`FLEET ${fleet}`, "LABELS", "FLEET STATE", "PRESENCE", "PROBLEM"];
  return alignColumns([titles, ...rows]).map((line) => line.trimEnd()).join("\n");
}

const namesMax = 8;

/** The largest unit: `40 s`, `12 min`, `3 h`, `2 d`. */
function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}
