/** The content of a state's announcement saves nodes requests, and is verified like the store's. */
import assert from "node:assert/strict";
import {
  announcedFirst,
  encodeAnnouncement,
  parseAnnouncement,
} from "../../../lib/fleet/announcement.ts";
import type { StoredEntry } from "../../../lib/fleet/link.ts";
import { readBlob } from "../../../lib/fleet/blobs.ts";
import {
  encodeSourceMap,
  readSourceMap,
  sourceMapKeyOf,
} from "../../../lib/fleet/stored_source_maps.ts";
import { scriptIdOf } from "../../../lib/identity/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { newKey } from "../../_support/nodes/node.ts";

const text = (value: string) => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;

/** A blob of one part, in the store's format. */
function blob(value: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0, 0, 0, 1, ...text(value)]);
}

/** A store that records its reads. */
function storeOf(entries: Readonly<Record<string, Uint8Array>> = {}) {
  const asked: string[] = [];
  const get = (key: string) => {
    asked.push(key);
    const value = entries[key];
    return Promise.resolve(value === undefined ? null : { operation: "PUT" as const, value });
  };
  return { asked, get };
}

Deno.test("announcements are read as they were written; content that does not fit is omitted", () => {
  const large = new Uint8Array(limits.fleet.announcementBytesMax);
  const entries: StoredEntry[] = [
    ["fleet", text("{}")],
    ["blob.large", large],
    ["blob.ä", text("x")],
    ["", new Uint8Array(0)],
  ];
  const bytes = encodeAnnouncement(entries);
  assert.deepEqual(
    [...parseAnnouncement(bytes)],
    entries.filter(([, value]) => value !== large),
  );
  assert.equal(parseAnnouncement(new Uint8Array(0)).size, 0);
  for (let length = 1; length < bytes.length; length++) {
    const found = parseAnnouncement(bytes.subarray(0, length));
    const whole = new Map(entries);
    for (const [key, value] of found) assert.deepEqual(value, whole.get(key), `${length} bytes`);
  }
  assert.equal(parseAnnouncement(new Uint8Array([...large, ...bytes])).size, 0);
});

Deno.test("announced bytes are used if their hash matches, else the store is read", async () => {
  const hash = await scriptIdOf(text("good"));
  const key = `blob.${hash}.0`;
  for (
    const [what, announced, isAsked] of [
      ["the bytes", blob("good"), false],
      ["other bytes", blob("bad"), true],
      ["a part", new Uint8Array([0, 0, 0, 2, ...text("good")]), true],
      ["nothing", new Uint8Array(0), true],
    ] as const
  ) {
    const store = storeOf({ [key]: blob("good") });
    const entries = announcedFirst(new Map([[key, announced]]), store);
    assert.deepEqual(await readBlob(entries, { hash, bytesMax: 100 }), text("good"), what);
    assert.deepEqual(store.asked, isAsked ? [key] : [], what);
  }
});

Deno.test("source maps are accepted if a deploy key has signed them for this script and fleet", async () => {
  const [key, other] = [await newKey(), await newKey()];
  const sourceMap = text("farcall places 1\n[]\n");
  const script = await scriptIdOf(text("script"));
  const value = (await encodeSourceMap(key, { fleet: "lab", script, sourceMap }))!;
  const read = (fleet: string, id: string, stored: Uint8Array, deployKey = key) =>
    readSourceMap(storeOf({ [sourceMapKeyOf(id)]: stored }), {
      fleet,
      script: id,
      isDeployKey: (each) => each === deployKey.publicKey,
    });
  assert.deepEqual(await read("lab", script, value), sourceMap);
  const otherScript = await scriptIdOf(text("other"));
  const changed = value.slice();
  changed[changed.length - 10]! ^= 1;
  for (
    const [what, found] of [
      ["another fleet", await read("home", script, value)],
      ["another script", await read("lab", otherScript, value)],
      ["another key", await read("lab", script, value, other)],
      ["changed", await read("lab", script, changed)],
      ["no line", await read("lab", script, text("none"))],
      ["empty", await read("lab", script, new Uint8Array(0))],
    ]
  ) assert.equal(found, undefined, String(what));
});
