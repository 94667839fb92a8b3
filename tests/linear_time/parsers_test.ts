/** No outside text may take more than linear time: four times the text, four times the time. */
import assert from "node:assert/strict";
import { excessiveGrowth, type Sizes } from "./_growth.ts";
import { type Parser, parsers, slowParsers } from "./_parsers.ts";
import { sizedWorks } from "./_sized_works.ts";
import { fewHostileTexts, type HostileText, hostileTexts } from "./_texts.ts";

/** The length of the shorter texts, a quarter of the number of parts; continuous integration takes longer ones. */
const length = Number(Deno.env.get("FARCALL_HOSTILE_LENGTH") ?? 2048);
/** Work that grows with the square takes more, even at a quarter of a nanosecond for each pair of letters. */
const ofTexts: Sizes = { size: length, smallMs: 60 * (length / 4096) ** 2 };
const ofParts: Sizes = { size: 4 * length, smallMs: 60 };

/** @returns The patterns whose time grows too fast. */
async function tooFast(
  name: string,
  parse: Parser,
  texts: readonly HostileText[],
): Promise<string[]> {
  const found: string[] = [];
  for (const { what, of } of texts) {
    const ratio = await excessiveGrowth(async (size) => {
      const text = of(size);
      try {
        await parse(text);
      } catch {
        // Malformed texts are refused; only the time matters.
      }
    }, ofTexts);
    if (ratio !== undefined) found.push(`${name} of ${what}: ${ratio.toFixed(1)}`);
  }
  return found;
}

for (const [name, parse] of Object.entries(parsers)) {
  Deno.test(`a hostile text costs no more than its length says: ${name}`, async () => {
    assert.deepEqual(await tooFast(name, parse, hostileTexts), []);
  });
}

for (const [name, parse] of Object.entries(slowParsers)) {
  Deno.test(`a hostile text costs no more than its length says: ${name}`, async () => {
    assert.deepEqual(await tooFast(name, parse, fewHostileTexts), []);
  });
}

for (const [name, work] of Object.entries(sizedWorks)) {
  Deno.test(`much of a thing costs no more than its number says: ${name}`, async () => {
    const ratio = await excessiveGrowth(work, ofParts);
    assert.equal(ratio, undefined, `four times as much took ${ratio} times as long`);
  });
}
