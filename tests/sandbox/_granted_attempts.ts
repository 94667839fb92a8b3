/** Attempts of scripts with grants. */

/** Each is called with its inputs, as JSON; the result is its outcome. */
export const attempts: Readonly<
  Record<string, readonly [body: string, expected: string | RegExp]>
> = {
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

  "another path at the second look, or a link moved while an option is read": [
    `const at = (name) => bait.folder + "/" + name, said = [];
    Deno.mkdirSync(at("swap"));
    for (const change of ["mkdir", "stat", "lstat", "readLink", "realPath", "remove", "writeTextFile", "truncate", "readFile", "remove"]) {
      let looks = 0;
      const path = { toString: () => looks++ === 0 ? at("first") : at("out-folder/secret") };
      await Deno[change](path, "").catch(() => {});
      if (looks !== 1) said.push(change);
    }
    const swapped = (value) => ({ valueOf() {
      if (Deno.lstatSync(at("swap")).isDirectory) { Deno.removeSync(at("swap")); Deno.renameSync(at("out-folder"), at("swap")); }
      return value;
    } });
    for (const each of [() => Deno.mkdirSync(at("swap/made"), { mode: swapped(0o755) }),
      () => Deno.writeTextFileSync(at("swap/made"), "x", { mode: swapped(0o777) }),
      () => Deno.writeTextFileSync(at("swap/made"), { toString: () => String(swapped(1).valueOf()) }),
      () => Deno.truncateSync(at("swap/secret"), swapped(0))]) {
      try { each(); said.push("changed"); } catch (error) { if (!/NotCapable|NotFound/.test(error.name)) said.push(String(error)); }
    }
    Deno.renameSync(at("swap"), at("out-folder"));
    return said.join();`,
    "got ",
  ],
  "set the mode of a file outside by a link that is moved while the mode is read": [
    `const at = (name) => bait.folder + "/" + name;
    let looks = 0;
    Deno.writeTextFileSync(at("moded"), "x", { mode: { valueOf() {
      looks += 1;
      if (looks === 2) { Deno.removeSync(at("moded")); Deno.renameSync(at("out"), at("moded")); }
      return 0o640;
    } } });
    const { isSymlink, mode } = Deno.lstatSync(at("moded"));
    Deno.renameSync(at("moded"), at(isSymlink ? "out" : "moded"));
    return [looks, isSymlink, (mode & 0o777).toString(8)].join();`,
    "got 1,false,640",
  ],
  "read a file by fetch, which follows links": [
    `const said = [];
    for (const name of ["out", "out-folder/secret", "inside.txt"]) {
      for (const url of ["file://", "FILE://localhost", "file:"]) {
        for (const given of [url + bait.folder + "/" + name, new URL(url + bait.folder + "/" + name), new Request(url + bait.folder + "/" + name)]) {
          await fetch(given).then(async (answer) => said.push(await answer.text()), (error) => said.push(error.name));
        }
      }
    }
    return [...new Set(said)].join() + await (await fetch("data:,plain")).text();`,
    "got TypeErrorplain",
  ],
  "take the memory away that an operation still fills": [
    `const connection = await Deno.connect({ hostname: "127.0.0.1", port: bait.port });
    const said = [];
    const shared = new SharedArrayBuffer(8);
    Object.setPrototypeOf(shared, ArrayBuffer.prototype);
    for (const bytes of [new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 })), new Uint8Array(new SharedArrayBuffer(8)),
      new Uint8Array(shared), new Proxy(new Uint8Array(8), {}), Object.create(Uint8Array.prototype), undefined]) {
      for (const use of [() => connection.read(bytes), () => connection.write(bytes), () => Deno.writeFile(bait.folder + "/taken", bytes)]) {
        await use().then(() => said.push("taken"), (error) => said.push(error.name));
      }
    }
    connection.close();
    return [...new Set(said)].join();`,
    "got TypeError",
  ],
  "what a script throws, or gives as a reason, comes back to it as it is": [
    `class Mine extends Error {}
    const reason = Object.assign(new Mine("m"), { of: { some: "object" } }), got = [];
    const keep = (given) => got.push(given);
    await new ReadableStream({ start(controller) { controller.error(reason); } }).getReader().read().catch(keep);
    await new ReadableStream({ pull() { throw reason; } }).getReader().read().catch(keep);
    await new ReadableStream({ async pull() { throw reason; } }).getReader().read().catch(keep);
    await new ReadableStream({ cancel() { throw reason; } }).cancel().catch(keep);
    await new WritableStream({ async write() { throw reason; } }).getWriter().write(1).catch(keep);
    await new ReadableStream().pipeTo(new WritableStream(), { signal: AbortSignal.abort(reason) }).catch(keep);
    const writer = new WritableStream().getWriter();
    writer.abort(reason);
    await writer.closed.catch(keep);
    try { for await (const item of ReadableStream.from((function* () { throw reason; })())) keep(item); } catch (error) { keep(error); }
    return got.length + String(got.every((each) => each === reason));`,
    "got 8true",
  ],
};
