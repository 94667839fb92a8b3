/** A node's API descriptions match their schemas: OpenAPI over HTTP, OpenRPC over JSON-RPC. */
import assert from "node:assert/strict";
import { Ajv } from "npm:ajv@8.20.0";
import openRpcMeta from "npm:@open-rpc/meta-schema@1.14.9";
import { Validator } from "npm:@seriousme/openapi-schema-validator@2.11.0";
import { everyType } from "../../_golden_node.ts";
import { type TestDeployment, TestNode } from "../../_support/nodes/node.ts";

const source = "export default () => {};";
const two = { args: ["int", "int"], returns: ["int"], source };

/** Signatures with every feature. */
const deployment: TestDeployment = {
  services: {
    kinds: {
      rpcs: {
        every: { args: everyType, returns: everyType, source },
        nothing: { source },
        nested: { args: ["List[Tuple[int, Optional[Dict[str, bytes]]]]"], returns: [], source },
        named: { ...two, names: ["dividend", "divisor"] },
        optional: { args: ["Optional[int]"], names: ["n"], returns: ["Optional[int]"], source },
        overloaded: [two, { args: ["str"], returns: ["str"], source }, { source }],
        stream: { args: ["Stream[int]"], returns: ["Stream[Tuple[int, str]]"], source },
      },
    },
    constructor: { rpcs: { toString: two, hasOwnProperty: two } },
  },
};

interface Method {
  readonly name: string;
  readonly paramStructure: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; schema: object }[];
  readonly result: { readonly schema: object };
}

async function discover(node: TestNode): Promise<Record<string, unknown> & { methods: Method[] }> {
  const response = await fetch(`http://${node.address}/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", method: "rpc.discover", id: 1 }),
  });
  return (await response.json()).result;
}

Deno.test("tools get API descriptions in their own formats", async (t) => {
  await using node = await TestNode.start({ deployment });
  await t.step("OpenAPI", async () => {
    const document = await (await fetch(`http://${node.address}/openapi.json`)).json();
    const { valid, errors } = await new Validator().validate(document);
    assert.ok(valid, JSON.stringify(errors));
    assert.ok(Object.hasOwn(document.paths, "/constructor/toString"));
  });
  const document = await discover(node);
  await t.step("OpenRPC", () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    // Schemas within it follow this edition of JSON Schema, which Ajv includes.
    for (const id of ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"]) {
      ajv.addSchema({
        $ref: "http://json-schema.org/draft-07/schema#",
        definitions: { JSONSchemaObject: { properties: { $ref: { type: "string" } } } },
      }, id);
    }
    const meta = (openRpcMeta as unknown as { default: { $schema?: string } }).default;
    const { $schema: _, ...schema } = meta;
    const validate = ajv.compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...document, methods: [{ name: 1 }] }), "the schema refuses something");
  });
  await t.step("both describe the same methods, arguments and results", () => {
    const methods = new Map(document.methods.map((method) => [method.name, method]));
    assert.equal(methods.size, document.methods.length);
    const shown = (name: string) => {
      const { paramStructure, params } = methods.get(name)!;
      return [paramStructure, ...params.map(({ name, required }) => required ? name : `${name}?`)];
    };
    assert.deepEqual(shown("kinds.named"), ["either", "dividend", "divisor"]);
    assert.deepEqual(shown("kinds.nothing"), ["by-position"]);
    assert.deepEqual(shown("kinds.overloaded"), ["by-position", "argument 1?", "argument 2?"]);
    assert.ok(methods.has("constructor.hasOwnProperty"));
    const ajv = new Ajv();
    const fits = (schema: object, value: unknown) => ajv.compile(schema)(value);
    const [nested] = methods.get("kinds.nested")!.params;
    assert.ok(fits(nested.schema, [[1, { a: "AA==" }], [2, null]]));
    assert.ok(!fits(nested.schema, [["1", null]]));
    const { schema } = methods.get("kinds.overloaded")!.params[0];
    assert.deepEqual([1, "a", null].map((value) => fits(schema, value)), [true, true, false]);
    assert.ok(fits(methods.get("kinds.nothing")!.result.schema, null));
  });
  await t.step("a caller that proves nothing and may call nothing learns nothing", async () => {
    await node.deploy({ ...deployment, clients: [{ name: "c1", ip: "10.0.0.1" }] });
    assert.deepEqual((await discover(node)).methods, []);
  });
});

Deno.test("a service named rpc with a discover function is called as usual", async () => {
  const discover = { returns: ["str"], source: 'export const discover = () => "mine";' };
  await using node = await TestNode.start({
    deployment: { services: { rpc: { rpcs: { discover } } } },
  });
  const response = await fetch(`http://${node.address}/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", method: "rpc.discover", id: 1 }),
  });
  assert.equal((await response.json()).result, "mine");
});
