/** docs/protocol.md matches the code: names, numbers, bounds, examples that run. */
import assert from "node:assert/strict";
import { exceptionTypes } from "../lib/errors/mod.ts";
import { limits } from "../lib/limits/mod.ts";
import { scalarKinds } from "../lib/types/type_expression.ts";
import { codecOfText, toJson } from "../lib/types/codec.ts";
import { compileSignature } from "../lib/types/mod.ts";
import { connectionStatement, generatePem, localProof, SigningKey } from "../lib/identity/mod.ts";
import {
  encodeGeneration,
  generationHashOf,
  type Manifest,
  manifestHashOf,
  signDeployment,
} from "../lib/manifest/mod.ts";
import { frameHeaderBytes, FrameKind, preface, protocolVersion } from "../lib/protocol/mod.ts";
import { stringifyJson } from "../lib/encoding/mod.ts";
import { goldenDeployment } from "./_golden_node.ts";
import { temporaryFolder, TestNode } from "./_support/nodes/node.ts";
import { needing, pythonModule, pythonWith } from "./_support/programs.ts";
import { parseTranscript } from "./_transcript.ts";

const text = await Deno.readTextFile(new URL("../docs/protocol.md", import.meta.url));

/** The cells of the table under a heading, without its first two lines. */
function table(heading: string): string[][] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section !== undefined, `there is no section "${heading}"`);
  const rows = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row.trim().split(/ *\| */));
  return rows.slice(1).filter((row) => !row[0].startsWith("---"));
}

/** Texts in code quotes. */
function unquoted(cell: string): string {
  const match = /^`(.*)`$/.exec(cell);
  assert.ok(match !== null, `expected a name in code quotes, got ${cell}`);
  return match[1];
}

/** The fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))]
    .map(([, block]) => block);
}

Deno.test("the document has exactly the kinds of frames, with their numbers", () => {
  const written = table("Kinds").map(([number, name]) => [unquoted(name), Number(number)]);
  assert.deepEqual(written, Object.entries(FrameKind));
});

Deno.test("the document has exactly the exceptions, by their exact names", () => {
  assert.deepEqual(table("Exceptions").map(([name]) => unquoted(name)), exceptionTypes);
});

Deno.test("the document's limits are those of the code", () => {
  const rows = table("Limits");
  assert.ok(rows.length > 20);
  for (const [name, value] of rows) {
    const limit = limits[unquoted(name) as keyof typeof limits];
    const unit = /Bytes/.test(name) ? " bytes" : /Ms/.test(name) ? " ms" : "";
    assert.equal(value, `${limit}${unit}`, name);
  }
});

Deno.test("the document's preface, header and version are those of the code", () => {
  const bytes = [...preface].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
  const prose = text.replace(/\s+/g, " ");
  assert.ok(prose.includes(`four bytes, once: \`${bytes.join(" ")}\``));
  const fields = table("Header");
  assert.equal(Number(fields.at(-1)?.[0]), frameHeaderBytes);
  for (const [index, [offset, size]] of fields.slice(0, -1).entries()) {
    assert.equal(Number(offset) + Number(size), Number(fields[index + 1][0]));
  }
  assert.ok(prose.includes(`This document describes version ${protocolVersion}.`));
});

Deno.test("the document's table of values matches the encoding", () => {
  const values: Record<string, readonly unknown[]> = {
    "int": [5, 2n ** 64n],
    "int53": [5],
    "float": [1.5, -0, NaN, Infinity, -Infinity],
    "str": ["hé"],
    "bool": [true],
    "bytes": [Uint8Array.of(0, 1, 2)],
    "None": [null],
    "List[int]": [[1, 2]],
    "Dict[str, int]": [{ a: 1 }],
    "Tuple[int, str]": [[1, "a"]],
    "Optional[int]": [null, 7],
  };
  const rows = table("How each type is written");
  assert.deepEqual(rows.map(([type]) => unquoted(type)), Object.keys(values));
  assert.deepEqual(rows.slice(0, scalarKinds.length).map(([type]) => unquoted(type)), scalarKinds);
  for (const [quoted, , inFrames, inText, asText] of rows) {
    const type = unquoted(quoted);
    const codec = codecOfText(type);
    for (const value of values[type]) {
      const json = stringifyJson(toJson(codec, value));
      const native = inText === "the same" ? inFrames : inText;
      assert.ok(native.includes(`\`${json}\``), `${type}: ${json} is not in ${native}`);
      assert.ok(asText.includes(`\`${codec.toText(value)}\``), `${type}: ${codec.toText(value)}`);
    }
  }
});

Deno.test("the document's payload example is right", () => {
  const [block] = blocks("payload");
  const [step] = parseTranscript("docs/protocol.md", block, new Map()).steps;
  assert.ok(step.kind === "caller");
  const values = [
    Uint8Array.of(1, 2),
    "hi",
    [Uint8Array.of(255), new Uint8Array(0)],
  ];
  const signature = compileSignature({ args: ["bytes", "str", "List[bytes]"], returns: [] });
  assert.deepEqual(signature.decodeArguments(step.bytes), values);
  assert.deepEqual(signature.encodeArguments(values), step.bytes);
});

/** The words of a section, separated by single spaces. */
function section(heading: string): string {
  return text.split(`### ${heading}\n`)[1].split("\n##")[0].replace(/\s+/g, " ");
}

/** The document's private key. */
async function documentKey(): Promise<SigningKey> {
  const [, secret] = /private key `(\w{64})`/.exec(section("Proving a key"))!;
  const der = `302e020100300506032b657004220420${secret}`.match(/../g)!;
  const base64 = btoa(String.fromCharCode(...der.map((pair) => parseInt(pair, 16))));
  return await SigningKey.fromPem(
    `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`,
  );
}

Deno.test("the document's proof is valid", async () => {
  const [, challenge, signature] = / challenge `([^`]*)`.* signature is `([^`]*)`/
    .exec(section("Proving a key"))!;
  const key = await documentKey();
  const { publicKey } = key;
  const claim = { challenge, to: "10.0.0.5:8181", node: "s1", client: "c1", key: publicKey };
  assert.equal(await key.sign(connectionStatement(claim)), signature);
});

Deno.test("the document's proof of being the node's own user is valid", async () => {
  const [, secret, challenge, proof] =
    / secret `([^`]*)`.* challenge `([^`]*)`.* proof is `([^`]*)`/
      .exec(section("Proving to be the node's own user"))!;
  assert.equal(await localProof({ secret, challenge, to: "127.0.0.1:8181" }), proof);
});

Deno.test("the document's signed deployment is valid", async () => {
  const pattern =
    /the manifest `([^`]*)`, whose hash is `(\w*)`, the id `([^`]*)`, the deployer `([^`]*)`, .* generation (\d+) with the hash `(\w*)`, the signature is `([^`]*)`.* from (\S+) at (\d+), has the hash `(\w*)`/;
  const [, json, manifestHash, id, deployer, number, fileHash, signature, from, time, hash] =
    pattern.exec(section("Signing a deployment"))!;
  const manifest: Manifest = JSON.parse(json);
  assert.equal(await manifestHashOf(manifest), manifestHash);
  const key = await documentKey();
  const previous = { number: Number(number), fileHash };
  const statement = new TextEncoder().encode(
    ["farcall-deployment-1", manifest.node, id, deployer, number, fileHash, "", manifestHash]
      .concat(key.publicKey).join("\n"),
  ) as Uint8Array<ArrayBuffer>;
  assert.equal(await key.sign(statement), signature);
  const deployment = { id, deployer };
  const signed = await signDeployment(key, { manifest, previous, deployment });
  assert.deepEqual(signed, { key: key.publicKey, signature });
  const generation = {
    number: previous.number + 1,
    committedAtMs: Number(time),
    deployment: { ...deployment, from, signed },
    previous,
    manifestHash,
    manifest,
  };
  assert.equal(await generationHashOf(generation), hash);
  const [block] = blocks("json").filter((block) => block.includes("committedAtMs"));
  const written = JSON.parse(new TextDecoder().decode(encodeGeneration(generation)));
  const namesOf = (value: object) =>
    JSON.stringify(
      value,
      (name, value) =>
        name === "manifest" || typeof value !== "object" || value === null ? 0 : value,
    );
  assert.equal(namesOf(JSON.parse(block)), namesOf(written));
});

Deno.test("every JSON example in the document is valid", () => {
  for (const block of blocks("json")) {
    for (const object of block.split(/\n(?=\{)/)) JSON.parse(object);
  }
});

Deno.test("the document's links lead somewhere", () => {
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")
  );
  for (const [, anchor] of text.matchAll(/\]\(#([^)]*)\)/g)) {
    assert.ok(anchors.includes(anchor), `#${anchor}`);
  }
});

Deno.test({
  ...needing("python3", "the document's Python clients work verbatim"),
  async fn() {
    await using node = await TestNode.start({ deployment: goldenDeployment });
    const outputs: string[] = [];
    for (const program of blocks("python").filter((block) => !block.includes("cryptography"))) {
      const source = program.replaceAll("8181", `${node.node.port}`);
      const { stdout, stderr } = await new Deno.Command("python3", { args: ["-c", source] })
        .output();
      assert.equal(new TextDecoder().decode(stderr), "");
      outputs.push(new TextDecoder().decode(stdout));
    }
    assert.deepEqual(outputs, ["[5]\n", "1 [11]\n2 [12]\n3 [13]\n"]);
  },
});

/** The output of a documented caller with a key, in a folder with that key. */
async function signedCaller(
  command: string,
  args: readonly string[],
  text: string,
): Promise<string> {
  await using folder = await temporaryFolder();
  const pem = await generatePem();
  const { publicKey } = await SigningKey.fromPem(pem);
  await Deno.writeTextFile(`${folder.path}/c1.key`, pem, { mode: 0o600 });
  await Deno.writeTextFile(`${folder.path}/c1.pub`, `${publicKey}\n`);
  const deployment = { ...goldenDeployment, clients: [{ name: "c1", key: publicKey }] };
  await using node = await TestNode.start({ deployment });
  const source = text.replaceAll("8181", `${node.node.port}`);
  const child = new Deno.Command(command, { args: [...args, source], cwd: folder.path });
  const { stdout, stderr } = await child.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

Deno.test({
  ...needing(
    pythonModule("cryptography"),
    "the document's Python client with a key works as it stands",
  ),
  async fn() {
    const [program] = blocks("python").filter((block) => block.includes("cryptography"));
    assert.equal(await signedCaller(pythonWith("cryptography")!, ["-c"], program), "[5]\n");
  },
});

Deno.test({
  ...needing(
    ["curl", "openssl"],
    "the document's signed request from a shell works as it stands",
  ),
  async fn() {
    const [script] = blocks("sh").filter((block) => block.includes("farcall-proof"));
    assert.equal(await signedCaller("/bin/sh", ["-c"], script), "5\n");
  },
});
