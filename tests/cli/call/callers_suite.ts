/** Third-party callers: jayson, curl, and Python's standard library. */
import assert from "node:assert/strict";
import { Running } from "../../_support/commands/cli.ts";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";

const json = ["-H", "content-type: application/json"];

/** HTTP with both of its modules, and JSON-RPC over a socket, on one connection each. */
const pythonScript = `import http.client, json, socket, sys, urllib.error, urllib.request
port = int(sys.argv[1])
headers = {"content-type": "application/json"}

def call(path, arguments, **more):
    body = json.dumps(arguments).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", body, {**headers, **more})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["exception-type"]

print(call("math/add", [2, 3]), call("math/add", [2**64, 1]), call("math/add", ["é", "\\n"]))
print(call("math/divide", {"divisor": 5, "dividend": 17}), call("math/mean", [[]]))
print(call("mth/add", [2, 3]), call("math/add", [2]), call("math/add", [2, 3], **{"farcall-client": "c9"}))

connection = http.client.HTTPConnection("127.0.0.1", port)
for arguments in [1, 2], [3, 4]:
    connection.request("POST", "/math/add", json.dumps(arguments), headers)
    print(json.load(connection.getresponse()))
chunks = (part.encode() for part in ("[2", ", ", "3]"))
connection.request("POST", "/math/add", chunks, headers, encode_chunked=True)
print(json.load(connection.getresponse()))
connection.request("GET", "/openapi.json")
print(*json.load(connection.getresponse())["paths"])

with socket.create_connection(("127.0.0.1", port)) as node:
    lines = node.makefile("rw", encoding="utf-8")
    for number, params in enumerate([[2, 3], ["far", "call"], [None]]):
        print(json.dumps({"jsonrpc": "2.0", "method": "math.add", "params": params, "id": number}), file=lines)
    lines.flush()
    for answer in sorted((json.loads(lines.readline()) for _ in range(3)), key=lambda one: one["id"]):
        print(answer.get("result") or answer["error"]["code"])
`;

const pythonSays = `5 18446744073709551617 é

[3, 2] (500, 'Execution Exception')
(404, 'Service Not Found') (422, 'Invalid Arguments') (403, 'Client Not Registered')
3
7
5
/math/add /math/mean /math/bounds /math/divide /math/primes /math/is_prime /hash/digest
5
farcall
-32602
`;

const jaysonProgram = `import jayson from "npm:jayson@5.0.0";
const [transport, port] = Deno.args;
const path = transport === "http" ? "/rpc" : undefined;
const client = jayson.Client[transport]({ host: "127.0.0.1", port, path });
const ask = (...what) =>
  new Promise((resolve, reject) =>
    client.request(...what, (error, response) => error ? reject(error) : resolve(response))
  );
console.log((await ask("math.add", [2, 3])).result);
console.log((await ask("math.divide", { dividend: 17, divisor: 5 })).result.join());
const { code, data } = (await ask("math.subtract", [2, 3])).error;
console.log(code, data["exception-type"]);
const later = (...what) => client.request(...what, undefined, false);
const batch = [later("math.is_prime", [7]), later("math.mean", [[]])];
console.log((await ask(batch)).map(({ result, error }) => result ?? error.code).join());
`;

const jaysonSays = `5
3,2
-32601 RPC Not Found
true,-32000
`;

/** Callers that do not know farcall. */
export const callers: FleetPart = {
  name: "callers that know nothing of farcall call a node",
  async run(t, fleet) {
    await fleet.succeed(["init"]);
    const { port } = fleet.s1;

    await t.step("HTTP by hand", async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/math/add`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "[2, 3]",
      });
      assert.equal(await answer.text(), "5\n");
    });

    await t.step({
      ...needing("curl", "curl"),
      async fn() {
        const url = `http://127.0.0.1:${port}`;
        const add = `${url}/math/add`;
        assert.equal(await curl([...json, "-d", "[2, 3]", add]), "5\n");
        assert.equal(await curl([...json, "-d", "[2, 3]", add, add]), "5\n5\n");
        const rpc = '{"jsonrpc":"2.0","method":"math.mean","params":[[1.5,2]],"id":"x"}';
        const answer = '{"jsonrpc":"2.0","result":1.75,"id":"x"}\n';
        assert.equal(await curl([...json, "-d", rpc, `${url}/rpc`]), answer);
        const long = "x".repeat(2_000_000);
        const sends = ["-H", "expect: 100-continue", "--data-binary", "@-"];
        assert.equal(
          await curl([...json, ...sends, add], JSON.stringify([long, "y"])),
          `"${long}y"\n`,
        );
        const status = ["-w", "%{http_code}"];
        assert.match(
          await curl([...json, ...status, "-d", "[true, 1]", add]),
          /"Invalid Arguments".*add\(int, int\).*\n422$/,
        );
        assert.match(await curl([...status, "-d", "[2, 3]", add]), /application\/json.*\n415$/);
        const { paths } = JSON.parse(await curl([`${url}/openapi.json`]));
        assert.deepEqual(Object.keys(paths).slice(0, 2), ["/math/add", "/math/mean"]);
      },
    });

    for (const transport of ["http", "tcp"]) {
      await t.step(`jayson over ${transport.toUpperCase()}`, async () => {
        // In a process of its own: its types require a Node.js too old for our type check.
        const args = ["run", "--quiet", "--no-config", "--no-lock", "--allow-all", "-"];
        const said = await output(
          Deno.execPath(),
          [...args, transport, `${port}`],
          jaysonProgram,
        );
        assert.equal(said, jaysonSays);
      });
    }

    await t.step({
      ...needing("python3", "Python's library"),
      fn: async () =>
        assert.equal(await output("python3", ["-c", pythonScript, `${port}`]), pythonSays),
    });

    await t.step("the log has each caller's protocol", async () => {
      const { stderr } = fleet.s1.process;
      for (const via of ["http", '"http json-rpc"', "json-rpc"]) {
        await stderr.until(new RegExp(`call\\.executed .*service=math .*via=${via} `));
      }
    });
  },
};

/** The output of curl, without a proxy. */
function curl(args: readonly string[], stdin?: string): Promise<string> {
  return output("curl", ["--silent", "--show-error", "--noproxy", "*", ...args], stdin);
}

async function output(command: string, args: readonly string[], stdin?: string): Promise<string> {
  await using running = new Running(command, args, { stdin });
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  return stdout;
}
