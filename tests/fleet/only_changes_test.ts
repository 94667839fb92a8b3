/** The data sent in a deployment, counted in transit. */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, type Deployed } from "../../lib/deploy/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { NodeProxy } from "../_support/nodes/node_proxy.ts";

const count = 60;
const servicesCount = 4;

/** A compressible script. */
function source(index: number): string {
  return `const words = ${JSON.stringify(`many words of ${index}; `.repeat(200))};\n` +
    `export const f = (): number => ${index} + words.length;\n`;
}

Deno.test("of many scripts only changed ones are sent, once; without changes, one round trip suffices", async (t) => {
  await using node = await TestNode.start();
  await using proxy = new NodeProxy(node.node.port);
  await using project = await Project.create();
  let yaml = `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${proxy.port} } }\n` +
    "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n";
  for (let service = 0; service < servicesCount; service++) {
    yaml += `  s${service}:\n    providers: [s1]\n    tenants: [c1]\n    rpcs:\n      f:\n`;
    for (let index = service; index < count; index += servicesCount) {
      // Overloads of one rpc differ in their arguments.
      const args = `"Tuple[${"int, ".repeat(Math.floor(index / servicesCount))}int]"`;
      yaml += `        - { args: [${args}], returns: [int], src: f/${index}.ts }\n`;
    }
  }
  await project.write("init.yaml", yaml);
  for (let index = 0; index < count; index++) {
    await project.write(`f/${index}.ts`, source(index));
  }
  let asked = 0;
  /** Deploys, and returns the requests that passed. */
  const run = async (folder = ""): Promise<Deployed & { steps: string; putBytes: number }> => {
    const configuration = await loadConfiguration(project.path(`${folder}init.yaml`));
    const deployed = await deploy(configuration, { deployer: "tester" });
    const new_ = proxy.asked.slice(asked);
    asked = proxy.asked.length;
    return {
      ...deployed,
      steps: new_.map(({ step, scripts }) => step === "put" ? `put ${scripts}` : step).join("; "),
      putBytes: new_.reduce(
        (sum, { step, bodyBytes }) => sum + (step === "put" ? bodyBytes : 0),
        0,
      ),
    };
  };

  await t.step("first all of them, compressed, on one connection", async () => {
    const { steps, putBytes, plan } = await run();
    assert.match(steps, /^observe; observe; begin; put \d+(; put \d+)*; stage; commit$/);
    assert.equal(plan.sendCount, count);
    const sum = steps.match(/(?<=put )\d+/g)!.reduce((sum, part) => sum + Number(part), 0);
    assert.equal(sum, count, "each once");
    assert.ok(putBytes < plan.sendBytes / 10, `${putBytes} of ${plan.sendBytes} bytes`);
    assert.equal(proxy.connections, 1);
  });

  await t.step("then nothing: one request", async () => {
    const { steps, applied } = await run();
    assert.equal(steps, "observe");
    assert.deepEqual(applied, []);
  });

  await t.step("nothing from another folder either", async () => {
    await project.write("elsewhere/init.yaml", yaml);
    for (let index = 0; index < count; index++) {
      await project.write(`elsewhere/f/${index}.ts`, source(index));
    }
    assert.equal((await run("elsewhere/")).steps, "observe");
  });

  await t.step("nor for comments and white space that the bundle does not keep", async () => {
    const text = source(7).replace(" => ", "   =>\n\n    ").replace(": number", " : number");
    await project.write("f/7.ts", `// What a file begins with.\n\n${text}\n\n`);
    assert.equal((await run()).steps, "observe");
  });

  await t.step("one script for one that changed", async () => {
    await project.write("f/7.ts", source(7).replace("export", "console.log();\nexport"));
    const { steps, plan, putBytes } = await run();
    assert.equal(steps, "observe; observe; begin; put 1; stage; commit");
    assert.ok(putBytes < plan.sendBytes / 5, `${putBytes} of ${plan.sendBytes} bytes`);
  });

  await t.step("and none to restore what the node still has", async () => {
    await project.write("f/7.ts", source(7));
    assert.equal((await run()).steps, "observe; observe; begin; stage; commit");
  });
});
