/** The files in docs/operations: Prometheus scrapes a real node with them, and each alert fires when it should. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Running } from "../_support/commands/cli.ts";
import { temporaryFolder, type TestDeployment, TestNode } from "../_support/nodes/node.ts";
import { freePort } from "../_support/ports.ts";
import { until } from "../_support/nodes/processes.ts";
import { needing } from "../_support/programs.ts";

const docs = fileURLToPath(new URL("../../docs/operations/", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));

/** Runs promtool to completion. @returns Its output. */
async function promtool(args: string[], stdin?: string): Promise<string> {
  await using running = new Running("promtool", args, { stdin });
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, `promtool ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout + stderr;
}

Deno.test({
  ...needing(
    "promtool",
    "promtool takes the scrape file and the alerts, and makes each alert fire",
  ),
  fn: async () => {
    await promtool(["check", "config", `${docs}prometheus.yml`]);
    const tested = await Deno.readTextFile(`${here}alerts.test.yml`);
    const alerts = (await Deno.readTextFile(`${docs}alerts.yml`)).matchAll(/alert: (\w+)/g);
    const names = [...alerts].map(([, name]) => name);
    assert.equal(names.length, 6);
    for (const name of names) {
      assert.match(tested, new RegExp(`alertname: ${name}\\n +exp_alerts:\\n +- exp_labels`), name);
    }
    await promtool(["test", "rules", `${here}alerts.test.yml`]);
  },
});

const deployment: TestDeployment = {
  services: {
    math: {
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
        fail: { source: "export function fail() { throw new Error('no'); }" },
      },
    },
    constructor: { rpcs: { toString: { source: "export const toString = () => {};" } } },
  },
};

/** Prometheus with the scrape configuration, for one node. */
class Prometheus implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #url: string;

  private constructor(url: string, stack: AsyncDisposableStack) {
    this.#url = url;
    this.#stack = stack;
  }

  static async start(nodeAddress: string): Promise<Prometheus> {
    await using stack = new AsyncDisposableStack();
    const { path: folder } = stack.use(await temporaryFolder());
    const text = await Deno.readTextFile(`${docs}prometheus.yml`);
    const config = text.replaceAll(/: 15s$/gm, ": 1s")
      .replace("127.0.0.1:8181", nodeAddress)
      .replace("127.0.0.1:8282", "127.0.0.1:1");
    await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
    await Deno.copyFile(`${docs}alerts.yml`, `${folder}/alerts.yml`);
    const address = `127.0.0.1:${freePort()}`;
    const process = stack.use(
      new Running("prometheus", [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
      ], { cwd: folder }),
    );
    const url = `http://${address}`;
    await until(async () => {
      assert.doesNotMatch(process.stderr.text, /level=error/, process.stderr.text);
      const response = await fetch(`${url}/-/ready`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok ?? false;
    }, "Prometheus is ready");
    return new Prometheus(url, stack.move());
  }

  /** @returns The samples: their labels, and their values. */
  async query(query: string): Promise<{ metric: Record<string, string>; value: string }[]> {
    const response = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, error, data } = await response.json();
    assert.equal(status, "success", `${query}: ${error}`);
    return data.result.map(({ metric, value: [, value] }: { metric: never; value: string[] }) => ({
      metric,
      value,
    }));
  }

  async alerts(): Promise<{ name: string; health: string; lastError: string }[]> {
    const { data } = await (await fetch(`${this.#url}/api/v1/rules`)).json();
    return data.groups.flatMap(({ rules }: { rules: never[] }) => rules);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

interface Dashboard {
  readonly panels: {
    readonly title: string;
    readonly targets: { readonly expr: string }[];
    readonly gridPos: { readonly x: number; readonly w: number };
  }[];
}

Deno.test({
  ...needing(
    ["prometheus", "promtool"],
    "Prometheus scrapes a node, and the dashboard has its data",
  ),
  fn: async (t) => {
    await using node = await TestNode.start({ deployment });
    await using connection = await node.connection("c1");
    const typed = { args: ["int", "int"], returns: ["int"] };
    const work = async (): Promise<void> => {
      await connection.call("math.add", [1, 2], typed);
      await connection.call("constructor.toString");
      await assert.rejects(connection.call("math.fail"));
      await assert.rejects(connection.call("math.missing"));
    };
    await work();
    await t.step("a node's metrics are well-formed, according to promtool", async () => {
      const text = await (await fetch(`http://${node.address}/metrics`)).text();
      await promtool(["check", "metrics"], text);
    });
    await using prometheus = await Prometheus.start(node.address);
    await t.step("a node that replies is up, one that does not is down", async () => {
      const up = async (instance: string): Promise<string | undefined> =>
        (await prometheus.query(`up{job="farcall",instance="${instance}"}`))[0]?.value;
      await until(async () => await up(node.address) === "1", "the node is up");
      await until(async () => await up("127.0.0.1:1") === "0", "nothing is down");
    });
    await t.step("calls are scraped, by their labels", async () => {
      const query = 'farcall_calls_total{service="constructor",rpc="toString",outcome="ok"}';
      const [{ value }] = await prometheus.query(query);
      assert.ok(Number(value) >= 1);
      assert.equal((await prometheus.query("farcall_ready"))[0].value, "1");
    });
    await t.step("every query of the dashboard has a result", async () => {
      const dashboard: Dashboard = JSON.parse(await Deno.readTextFile(`${docs}grafana.json`));
      const queries = dashboard.panels.flatMap(({ title, targets }) =>
        targets.map(({ expr }) => ({ title, expr }))
      );
      assert.ok(queries.length > 20);
      for (const { title, expr } of queries) {
        const query = expr.replaceAll(/\$(instance|service)/g, ".*")
          .replaceAll("$__rate_interval", "30s");
        assert.doesNotMatch(query, /\$/, "every variable is known here");
        await until(async () => {
          await work();
          return (await prometheus.query(query)).length > 0;
        }, `"${title}" has data: ${query}`);
      }
    });
    await t.step("every alert can be queried", async () => {
      await until(
        async () => (await prometheus.alerts()).every(({ health }) => health === "ok"),
        "",
      );
      assert.equal((await prometheus.alerts()).length, 6);
    });
  },
});
