/** The fleet at one moment, without watching it. */
import type { Configuration } from "../config/mod.ts";
import { type FoundNode, nodesOf, readStatus } from "../deploy/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** A picture, and the state of each of its nodes. */
export interface FoundFleet {
  readonly picture: Picture;
  readonly nodes: readonly FoundNode[];
}

/** Asks every node once; unreachable ones are recorded as such. */
export async function readFleet(
  configuration: Configuration,
  key: SigningKey | undefined,
): Promise<FoundFleet> {
  const nodes = await readStatus(nodesOf(configuration), { key });
  return { picture: pictureOf(configuration), nodes };
}
