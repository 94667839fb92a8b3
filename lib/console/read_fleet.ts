/** The fleet at one moment, for those who do not watch. */
import type { Configuration } from "../config/mod.ts";
import { type FoundNode, nodesOf, readStatus } from "../deploy/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** A picture and how each of its nodes was found. */
export interface FoundFleet {
  readonly picture: Picture;
  readonly nodes: readonly FoundNode[];
}

/** Asks every node once. Nodes that cannot be reached are found to be so. */
export async function readFleet(
  configuration: Configuration,
  key: SigningKey | undefined,
): Promise<FoundFleet> {
  const nodes = await readStatus(nodesOf(configuration), { key });
  return { picture: pictureOf(configuration), nodes };
}
