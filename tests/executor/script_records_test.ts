/** Records of scripts' output. */
import assert from "node:assert/strict";
import { logLine } from "../../lib/executor/supervisor/_script_records.ts";
import type { Load } from "../../lib/executor/link.ts";
import { type LogFields, logTo } from "../../lib/log/mod.ts";
import type { ScriptId } from "../../lib/identity/mod.ts";

const own = "a".repeat(64) as ScriptId;
const load: Load = {
  service: "t",
  overloads: [{ rpc: "f", args: [], returns: [], script: own, url: "file:///f.js" }],
};

function recording(mapped: (text: string) => string | Promise<string>) {
  const records: LogFields[] = [];
  const asked: string[] = [];
  const places = {
    mapped: (text: string) => {
      asked.push(text);
      return mapped(text);
    },
  };
  const log = logTo(({ fields }) => records.push(fields), "info");
  const line = (place?: string, text = "hi", level: "debug" | "info" = "info") =>
    logLine({ log, places }, load, { line: { level, text, place }, overload: 0 });
  return { records, asked, line };
}

Deno.test("a line's location is logged if its source is known, for the service's own scripts only", async () => {
  const { records, asked, line } = recording((text) => text.replace(`/${own}.js:2:3`, "f.ts:1:1"));
  assert.equal(line(`${own}.js:2:3`), undefined);
  line(`${own}.js:9:9`);
  line(`${"b".repeat(64)}.js:2:3`);
  line();
  line(`${own}.js:2:3`, "below the log's level", "debug");
  assert.deepEqual(records.map(({ place, text }) => [place, text]), [
    ["f.ts:1:1", "hi"],
    [undefined, "hi"],
    [undefined, "hi"],
    [undefined, "hi"],
  ]);
  assert.deepEqual(asked, [`/${own}.js:2:3`, `/${own}.js:9:9`]);

  const failing = recording(() => Promise.reject(new Error("the disk")));
  await failing.line(`${own}.js:2:3`);
  assert.deepEqual(failing.records.map(({ place, text }) => [place, text]), [[undefined, "hi"]]);
});
