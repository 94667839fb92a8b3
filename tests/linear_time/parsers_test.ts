/** No outside text may take more than linear time: four times the text, four times the time. */
import assert from "node:assert/strict";
import { excessiveGrowth } from "./_growth.ts";
import { type Parser, parsers, slowParsers } from "./_parsers.ts";
import { sizedWorks } from "./_sized_works.ts";
import { fewHostileTexts, type HostileText, hostileTexts } from "./_texts.ts";

/** @returns The patterns whose time grows too fast. */
async function tooFast(
  name: string,
  parse: Parser,
  { length, texts }: { length: number; texts: readonly HostileText[] },
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
    }, length);
    if (ratio !== undefined) found.push(`${name} of ${what}: ${ratio.toFixed(1)}`);
  }
  return found;
}

for (const [name, parse] of Object.entries(parsers)) {
  Deno.test(`a hostile text costs no more than its length says: ${name}`, async () => {
    assert.deepEqual(await tooFast(name, parse, { length: 4 * 1024, texts: hostileTexts }), []);
  });
}

for (const [name, parse] of Object.entries(slowParsers)) {
  Deno.test(`a hostile text costs no more than its length says: ${name}`, async () => {
    assert.deepEqual(await tooFast(name, parse, { length: 4 * 1024, texts: fewHostileTexts }), []);
  });
}

for (const [name, work] of Object.entries(sizedWorks)) {
  Deno.test(`much of a thing costs no more than its number says: ${name}`, async () => {
    const ratio = await excessiveGrowth(work, 16 * 1024);
    assert.equal(ratio, undefined, `four times as much took ${ratio} times as long`);
  });
}
