/** What scripts do with grants: what they are for works, and they lead nowhere else. */
import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Project } from "../_support/fleet.ts";
import { manifestOf, TestConnection } from "../_support/node.ts";
import { trying } from "./_trying.ts";

const text = { args: ["str"], returns: ["str"] };

/** Each is called with what it needs, as JSON; what comes of it. */
const attempts: Readonly<Record<string, readonly [body: string, expected: string | RegExp]>> = {
  "files are written, read, listed, copied, moved and removed, with their modes": [
    `const at = (name) => bait.folder + "/" + name;
    await Deno.mkdir(at("made/deep"), { recursive: true });
    await Deno.writeTextFile(at("made/one"), "one", { mode: 0o600 });
    Deno.writeTextFileSync(at("made/one"), "+", { append: true });
    await Deno.copyFile(at("made/one"), at("made/two"));
    Deno.renameSync(at("made/two"), at("made/three"));
    await Deno.truncate(at("made/one"), 2);
    const names = [...Deno.readDirSync(at("made"))].map(({ name }) => name).sort();
    const texts = [await Deno.readTextFile(at("made/one")), Deno.readTextFileSync(at("made/three"))];
    const { size, mode, mtime } = await Deno.stat(at("made/one"));
    await Deno.remove(at("made"), { recursive: true });
    const gone = await Deno.stat(at("made")).catch((error) => error instanceof Deno.errors.NotFound && error.name);
    return [names, texts, size, (mode & 0o777).toString(8), mtime instanceof Date, gone].join("|");`,
    "got deep,one,three|on,one+|2|600|true|NotFound",
  ],
  "a response that a script makes has a body": [
    `const reader = new Response("xy").body.getReader();
    const { value } = await reader.read();
    const [one, other] = new Response("z").body.tee();
    const pieces = [];
    for await (const piece of one) pieces.push(piece.length);
    return [value.length, (await reader.read()).done, pieces, await new Response(other).text(),
      await Response.json({ a: 1 }).text(), await new Response(new Blob(["b"])).text()].join("|");`,
    'got 2|true|1|z|{"a":1}|b',
  ],
  "a request goes out and its answer comes back, forms and streams too": [
    `const url = "http://127.0.0.1:" + bait.port;
    const form = new FormData();
    form.append("file", new File(["inside"], "n.txt"));
    const sent = await (await fetch(url + "/echo", { method: "POST", body: form })).formData();
    const stream = ReadableStream.from([new TextEncoder().encode("streamed")]);
    const echoed = await (await fetch(new Request(url + "/echo", { method: "POST", body: stream }))).text();
    const moved = await fetch(url + "/moved");
    const stopped = await fetch(url + "/slow", { signal: AbortSignal.timeout(20) }).catch((error) => error.name);
    const { headers } = await fetch(url + "/echo", { headers: { "x-mine": "1" } });
    return [await sent.get("file").text(), sent.get("file").name, echoed, moved.redirected, new URL(moved.url).pathname,
      stopped, headers.get("x-mine")].join("|");`,
    "got inside|n.txt|streamed|true|/echo|TimeoutError|1",
  ],
  "a connection is read and written, by itself and by streams": [
    `const open = () => Deno.connect({ hostname: "127.0.0.1", port: bait.port });
    const request = new TextEncoder().encode("GET /echo HTTP/1.0\\r\\n\\r\\n");
    using one = await open();
    await one.write(request);
    const bytes = new Uint8Array(8);
    const read = await one.read(bytes);
    const other = await open();
    await other.writable.getWriter().write(request);
    const { value } = await other.readable.getReader().read();
    const decode = (given) => new TextDecoder().decode(given.subarray(0, 4));
    return [read > 0, decode(bytes), decode(value), one.remoteAddr.port === bait.port].join();`,
    "got true,HTTP,HTTP,true",
  ],
  "a WebSocket sends and gets texts and bytes, and one that cannot open says so": [
    `const socket = new WebSocket("ws://127.0.0.1:" + bait.port + "/socket");
    const seen = [];
    await new Promise((done) => {
      socket.onopen = () => { socket.send("text"); socket.send(new Blob(["b"])); };
      socket.addEventListener("message", async ({ data }) => {
        seen.push(typeof data === "string" ? data : await data.text());
        if (seen.length === 2) socket.close(1000, "over");
      });
      socket.onclose = ({ code }) => done(seen.push(code));
    });
    const closed = new WebSocket("ws://127.0.0.2:" + bait.port + "/");
    await new Promise((done) => closed.onerror = done);
    return seen.join() + closed.readyState;`,
    "got text,b,10003",
  ],
  "name a resource by its number: the class of a connection": [
    `const connection = await Deno.connect({ hostname: "127.0.0.1", port: bait.port });
    const made = [];
    for (let number = 0; number <= 40; number++) {
      for (let holder = connection; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
        try {
          const forged = new holder.constructor(number, number, number);
          await forged.write?.(new Uint8Array(16));
          if (forged.constructor !== Object) made.push(number);
        } catch { /* refused */ }
      }
      try { new ReadableStream({ rid: number }, number); } catch { /* refused */ }
    }
    return made.length + Object.getOwnPropertySymbols(connection).length;`,
    "got 0",
  ],
  "end the executor: a connection by another transport": [
    `const said = [];
    for (const transport of ["vsock", "unix", "udp", "tunnel", {}]) {
      for (const connect of [Deno.connect, Deno.connectTls]) {
        await connect({ transport, cid: 1, port: 4, path: bait.folder + "/s" }).catch((error) => said.push(error.name));
      }
    }
    return new Set(said).size + said[0];`,
    "got 1TypeError",
  ],
  "reach another host or port than was granted": [
    `const tries = [{ hostname: "127.0.0.1", port: bait.otherPort }, { hostname: "127.0.0.2", port: bait.port }];
    const said = [];
    for (const each of tries) {
      await Deno.connect(each).then(() => said.push("connected"), (error) => said.push(error.name));
      await fetch("http://" + each.hostname + ":" + each.port + "/").then(() => said.push("fetched"), (error) => said.push(error.name));
    }
    await fetch("http://127.0.0.1:" + bait.port + "/elsewhere").then(() => said.push("followed"), (error) => said.push(error.name));
    return said.join();`,
    "got NotCapable,NotCapable,NotCapable,NotCapable,NotCapable",
  ],
  "read outside by a link that lies there": [
    `const said = [];
    for (const read of ["readTextFile", "readFile", "stat", "realPath", "readDir"]) {
      for (const name of ["out", "out-folder/secret", "out-folder"]) {
        try {
          const got = Deno[read](bait.folder + "/" + name);
          for await (const entry of read === "readDir" ? got : [await got]) said.push(read + " " + name + JSON.stringify(entry));
        } catch (error) { if (!/NotCapable|NotADirectory|Is a directory/.test(String(error))) said.push(String(error)); }
      }
    }
    return said.join();`,
    "got ",
  ],
  "read outside by moving a link that leads inside": [
    `const at = (name) => bait.folder + "/" + name;
    Deno.mkdirSync(at("a/b"), { recursive: true });
    Deno.renameSync(at("relative"), at("a/b/relative"));
    const inside = await Deno.readTextFile(at("a/b/relative")).catch((error) => error.name);
    Deno.renameSync(at("a/b/relative"), at("relative-2"));
    Deno.renameSync(at("deeper/relative"), at("moved"));
    const outside = await Deno.readTextFile(at("moved")).catch((error) => error.name);
    return [inside, outside].join();`,
    /^got (NotFound|NotCapable),NotCapable$/,
  ],
  "write outside by a link, one that leads nowhere included": [
    `const said = [];
    for (const name of ["out", "dangling", "out-folder/new", "out-folder/secret"]) {
      const path = bait.folder + "/" + name;
      for (const write of [
        () => Deno.writeTextFile(path, "overwritten"), () => Deno.truncate(path, 0), () => Deno.writeFileSync(path, new Uint8Array(1)),
        () => Deno.copyFile(bait.folder + "/inside.txt", path), () => Deno.writeTextFile(path, "x", { createNew: true }),
      ]) try { await write(); said.push(name + " written"); } catch (error) { if (!/^(NotCapable|NotFound|AlreadyExists)/.test(error.name)) said.push(String(error)); }
    }
    for (const change of [() => Deno.mkdirSync(bait.folder + "/out-folder/made"), () => Deno.removeSync(bait.folder + "/out-folder/secret"),
      () => Deno.renameSync(bait.folder + "/inside.txt", bait.folder + "/out-folder/moved")]) {
      try { change(); said.push("changed"); } catch (error) { if (error.name !== "NotCapable") said.push(String(error)); }
    }
    return said.join();`,
    "got ",
  ],
  "put a link in the place of what was granted": [
    `try { Deno.renameSync(bait.folder + "/out-folder", bait.folder); return "moved"; } catch (error) { return error.name; }`,
    "got TypeError",
  ],
  "read what was granted for writing alone, and write what was granted for reading alone": [
    `const said = [];
    for (const each of [() => Deno.readTextFile(bait.writeOnly + "/w"), () => Deno.stat(bait.writeOnly), () => Deno.writeTextFile(bait.readOnly + "/n", "x"),
      () => Deno.remove(bait.readOnly + "/r")]) {
      await each().then(() => said.push("done"), (error) => said.push(error.name));
    }
    await Deno.writeTextFile(bait.writeOnly + "/w", "written");
    return said.join() + await Deno.readTextFile(bait.readOnly + "/r");`,
    "got NotCapable,NotCapable,NotCapable,NotCapabler",
  ],
  "the runtime by the cause or the class of an error": [
    `const errors = [];
    for (const each of [() => Deno.readTextFile("/etc/shadow"), () => fetch("http://127.0.0.2:1/"), () => Deno.connect({ port: 1 }),
      () => Deno.env.get("HOME"), () => new Response("x", { status: 7 }), () => new Headers([["a b", "c"]]), () => Deno.loadavg()]) {
      try { await each(); } catch (error) { errors.push(error, error.cause); }
    }
    const known = [Deno.errors.NotCapable, TypeError, RangeError];
    return errors.filter((error) => error !== undefined && !known.includes(error.constructor)).map(String).join();`,
    "got ",
  ],
};

/** Registers the tests of one way to run farcall. */
export function grantedSuite(name: string, make: MakeProgram): void {
  Deno.test(`a grant works and leads nowhere else, ${name}`, async (t) => {
    const secret = crypto.randomUUID();
    await using program = await make();
    await using project = await Project.create({
      "outside/secret": secret,
      "files/inside.txt": "inside",
      "files/deeper/inside.txt": "inside",
      "read-only/r": "r",
      "write-only/w": "w",
      "secret.txt": secret,
    });
    const folder = project.path("files");
    await Deno.symlink(project.path("outside/secret"), `${folder}/out`);
    await Deno.symlink(project.path("outside"), `${folder}/out-folder`);
    await Deno.symlink(project.path("outside/new"), `${folder}/dangling`);
    await Deno.symlink("inside.txt", `${folder}/relative`);
    // Leads to files/secret.txt, which is not there; one folder higher it leads out.
    await Deno.symlink("../secret.txt", `${folder}/deeper/relative`);
    await using server = serveEcho();
    const { port } = server.addr;
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const otherPort = (other.addr as Deno.NetAddr).port;
    const permissions = {
      net: [`127.0.0.1:${port}`],
      read: [folder, project.path("read-only")],
      write: [folder, project.path("write-only")],
      env: ["FARCALL_TEST"],
      sys: ["hostname" as const],
    };
    const rpcs = Object.fromEntries(
      Object.values(attempts).map(([body], index) =>
        [`a${index}`, { ...text, source: trying(body) }] as const
      ),
    );
    const { manifest, scripts } = await manifestOf({ services: { s: { rpcs } } });
    const root = project.path("root");
    {
      await using store = await FileStore.open(root);
      for (const bytes of scripts.values()) await store.putScript(bytes);
      const services = manifest.services.map((service) => ({ ...service, permissions }));
      await (await store.prepare({ ...manifest, services })).commit();
    }
    const grants = Object.entries(permissions).map(([kind, values]) =>
      `--grant=s:${kind}=${values.join(",")}`
    );
    await using node = await new Cli(program).serve(["--port", "0", "--root", root, ...grants]);
    await using connection = new TestConnection(
      await NodeConnection.open({ host: node.host, port: node.port }),
    );
    const bait = JSON.stringify({
      ...{ folder, port, otherPort },
      readOnly: project.path("read-only"),
      writeOnly: project.path("write-only"),
    });
    for (const [index, [name, [, expected]]] of Object.entries(attempts).entries()) {
      await t.step(name, async () => {
        const got = String(await connection.call(`s.a${index}`, [bait], text));
        assert.ok(!got.includes(secret), "the secret was reached");
        if (typeof expected === "string") assert.equal(got, expected);
        else assert.match(got, expected);
      });
    }
    await t.step(
      "nothing outside was changed, and the executor is the one that it was",
      async () => {
        assert.deepEqual([...Deno.readDirSync(project.path("outside"))].map(({ name }) => name), [
          "secret",
        ]);
        assert.equal(await Deno.readTextFile(project.path("outside/secret")), secret);
        assert.doesNotMatch(node.process.stderr.text, /executor\.ended/);
      },
    );
  });
}

/** Names of /etc/hosts that lead to this machine, by what they lead to. */
function namesOfThisMachine(): { readonly name: string; readonly address: string }[] {
  const lines = Deno.readTextFileSync("/etc/hosts").split("\n");
  return lines.flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.filter((name) => /^[a-z0-9._-]+$/.test(name) && !name.startsWith("localhost"))
      .map((name) => ({ name, address }));
  });
}

/** As {@linkcode grantedSuite}, of names that lead to this machine, where it has one beside localhost. */
export function grantedNamesSuite(name: string, make: MakeProgram): void {
  const known = namesOfThisMachine().find(({ address }) => /^(127\.|::1$)/.test(address));
  Deno.test({
    name: `a granted name that leads to this machine is refused there, ${name}`,
    ignore: known === undefined,
    fn: async (t) => {
      await using program = await make();
      await using project = await Project.create();
      const { name, address } = known!;
      let asked = 0;
      await using server = Deno.serve({ hostname: address, port: 0, onListen: () => {} }, () => {
        asked += 1;
        return new Response("reached");
      });
      const { port } = server.addr as Deno.NetAddr;
      const shown = address.includes(":") ? `[${address}]` : address;
      const source = trying(`
        const { name, port } = bait;
        const said = [];
        for (const each of [
          () => fetch("http://" + name + ":" + port + "/"),
          () => Deno.connect({ hostname: name, port }),
          () => Deno.connectTls({ hostname: name, port }),
          () => new Promise((_, refuse) => new WebSocket("ws://" + name + ":" + port + "/").onclose = ({ code }) => refuse({ name: code })),
        ]) await each().then(() => said.push("reached"), (error) => said.push(error.name));
        return said.join();
      `);
      const grants = {
        byName: [`${name}:${port}`],
        byBoth: [`${name}:${port}`, `${shown}:${port}`],
      };
      const rpcs = { f: { ...text, source } };
      const { manifest, scripts } = await manifestOf({
        services: { byName: { rpcs }, byBoth: { rpcs } },
      });
      const root = project.path("root");
      {
        await using store = await FileStore.open(root);
        for (const bytes of scripts.values()) await store.putScript(bytes);
        const services = manifest.services.map((service) => ({
          ...service,
          permissions: { net: grants[service.name as keyof typeof grants] },
        }));
        await (await store.prepare({ ...manifest, services })).commit();
      }
      const flags = Object.entries(grants).map(([service, values]) =>
        `--grant=${service}:net=${values.join(",")}`
      );
      await using node = await new Cli(program).serve(["--port", "0", "--root", root, ...flags]);
      await using connection = new TestConnection(
        await NodeConnection.open({ host: node.host, port: node.port }),
      );
      const bait = JSON.stringify({ name, port });
      await t.step("by its name alone", async () => {
        const got = String(await connection.call("byName.f", [bait], text));
        assert.match(got, /^got NotCapable,NotCapable,\w+,1006$/);
        assert.equal(asked, 0);
      });
      await t.step("not where the address is granted too", async () => {
        const got = String(await connection.call("byBoth.f", [bait], text));
        assert.match(got, /^got reached,reached,/);
        assert.ok(asked > 0);
      });
    },
  });
}

/** A server of HTTP that sends back what it gets. */
function serveEcho(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/socket") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    if (pathname === "/moved") return Response.redirect(`${origin}/echo`);
    if (pathname === "/elsewhere") return Response.redirect("http://127.0.0.2:9999/");
    if (pathname === "/slow") await new Promise((done) => setTimeout(done, 1000));
    const headers = new Headers();
    for (const name of ["content-type", "x-mine"]) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return new Response(await request.bytes(), { headers });
  });
}
