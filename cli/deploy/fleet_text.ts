/** Formats a fleet: present nodes, absent ones, and those that cannot follow. */
import type { FleetMembers, Presence, RefusedPresence } from "../../lib/fleet/mod.ts";
import { alignColumns } from "../../lib/deploy/mod.ts";
import { shortKey } from "../../lib/identity/mod.ts";

/** Lines on the fleet's nodes after a deployment. */
export function formatMembers(
  fleet: string,
  { present, absent, refused, storeProblem }: FleetMembers,
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
      : `; ${absent.length} absent, which follow when they return: ${
        names(absent.map(({ presence, lastMs }) => `${presence.name} (${agoText(lastMs)})`))
      }`),
  ];
  for (const { name, problem } of present.values()) {
    if (problem !== undefined) lines.push(`${name} cannot follow: ${problem}`);
  }
  for (const each of refused) lines.push(`${each.presence.name}: ${whyRefused(each)}`);
  if (storeProblem !== undefined) lines.push(`absent nodes cannot follow: ${storeProblem}`);
  return lines.join("\n");
}

/** Why a program is not accepted as the node it claims to be. */
function whyRefused({ presence: { key }, holder, isPinned }: RefusedPresence): string {
  return isPinned
    ? `refused: it has the key ${key}, and init.yaml pins ${holder}`
    : `refused: it has the key ${key}, and another program of this name, with the key ${holder}, joined first`;
}

/**
 * A table of all nodes of a fleet.
 *
 * @param pins The pinned keys of nodes, by name.
 */
export function formatFleet(
  fleet: string,
  { present, absent, refused, storeProblem }: FleetMembers,
  pins: Readonly<Record<string, string>> = {},
): string {
  const keyText = ({ name, key }: Presence): string =>
    `${shortKey(key)} ${Object.hasOwn(pins, name) ? "pinned" : "not pinned"}`;
  const rows = [
    ...[...present.values()].map((presence) => [
      ...beginning(presence),
      `present, since ${agoText(presence.sinceMs)}`,
      keyText(presence),
      presence.problem ?? "",
    ]),
    ...absent.map(({ presence, lastMs }) => [
      ...beginning(presence),
      `absent, ${presence.isLeaving ? "left" : "last heard of"} ${agoText(lastMs)} ago`,
      keyText(presence),
      presence.problem ?? "",
    ]),
    ...refused.map((each) => [
      ...beginning(each.presence),
      "refused",
      keyText(each.presence),
      whyRefused(each),
    ]),
  ];
  const titles = [`FLEET ${fleet}`, "LABELS", "FLEET STATE", "PRESENCE", "KEY", "PROBLEM"];
  const lines = alignColumns([titles, ...rows]).map((line) => line.trimEnd());
  if (storeProblem !== undefined) lines.push(`absent nodes are unknown: ${storeProblem}`);
  return lines.join("\n");
}

function beginning({ name, labels, state }: Presence): string[] {
  return [name, labels.join(",") || "-", state === 0 ? "none" : String(state)];
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
