/** Random mutations of messages, reproducible by seed. */
import { Random } from "./wire/_values.ts";

/** Runs a randomised test with the seed in `FARCALL_SEED`, or a random one; a failure prints it. */
export async function withSeed(run: (random: Random) => Promise<void>): Promise<void> {
  const seed = Number(Deno.env.get("FARCALL_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  try {
    await run(new Random(seed));
  } catch (cause) {
    throw new Error(`failed with FARCALL_SEED=${seed}: ${cause}`, { cause });
  }
}

/** Bytes with zero to eight mutations. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const result = [...bytes];
  for (let mistakes = random.below(9); mistakes > 0; mistakes--) {
    const place = random.below(result.length + 1);
    const noise = Array.from({ length: random.below(20) }, () => random.below(256));
    switch (random.below(4)) {
      case 0:
        result[place] = random.below(256);
        break;
      case 1:
        result.splice(place, 0, ...noise);
        break;
      case 2:
        result.splice(place, random.below(20));
        break;
      case 3:
        result.splice(place, noise.length, ...result.slice(0, noise.length));
        break;
    }
  }
  return Uint8Array.from(result);
}
