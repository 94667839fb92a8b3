/** The console's view of misbehaving nodes. */
import assert from "node:assert/strict";
import { NodeWatch } from "../../lib/console/node_watch.ts";
import { MalformedMessage, type RpcException, Unauthenticated } from "../../lib/errors/mod.ts";
import { encodeException, FrameKind } from "../../lib/protocol/mod.ts";
import { ScriptedNode } from "../_support/nodes/scripted_node.ts";

const cases: readonly [what: string, answer: RpcException, condition: string, problem: RegExp][] = [
  ["does not know the question", new MalformedMessage("no such op"), "older", /\bolder\b/],
  ["tells us nothing", new Unauthenticated("secret!"), "refused", /secret!/],
];

for (const [what, answer, condition, problem] of cases) {
  Deno.test(`the console shows a node that ${what} as ${condition}`, async () => {
    await using node = new ScriptedNode(({ kind, call }, connection) => {
      if (kind === FrameKind.request) {
        connection.send(FrameKind.exception, 0, call, encodeException(answer));
      }
    });
    const { ip: host, port } = node.server;
    const seen = Promise.withResolvers<void>();
    const onChange = (): void => {
      if (watch.state.condition === condition) seen.resolve();
    };
    const watch: NodeWatch = new NodeWatch({ name: "s1", host, port }, {
      key: undefined,
      onChange,
    });
    try {
      await seen.promise;
      assert.match(watch.state.problem!, problem);
      assert.deepEqual([watch.state.status, watch.state.services], [undefined, []]);
    } finally {
      await watch[Symbol.asyncDispose]();
    }
  });
}
