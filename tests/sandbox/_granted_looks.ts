/** Objects that a script creates with its grants, for the walk. */
export const grantedLooks = `
    messages: () => [new Headers({ a: "b" }), new Headers().entries(), new Request("http://h/", { method: "POST", body: "x" }),
      new Response("x"), new Response("x").body, Response.json({ a: 1 }), Response.error()],
    blobs: () => [new Blob(["x"]), new File(["x"], "n"), new Blob(["x"]).stream(), new Blob(["x"]).slice(1)],
    forms: () => { const form = new FormData(); form.append("f", new File(["x"], "n")); return [form, form.get("f"), form.entries()]; },
    streams: () => {
      let controller;
      const stream = new ReadableStream({ start(given) { controller = given; } });
      const [one, other] = new ReadableStream().tee();
      let sink;
      const writable = new WritableStream({ start(given) { sink = given; } });
      return [stream, controller, stream.getReader(), one, other, writable, sink, writable.getWriter(), ReadableStream.from([1]).values()];
    },
    readOne: async () => await new Response("x").body.getReader().read(),
    badResponse: () => new Response("x", { status: 7 }),
    fetched: async (bait) => {
      const response = await fetch("http://127.0.0.1:" + bait.port + "/");
      return [response, response.headers, await response.clone().text(), await response.formData()];
    },
    notGranted: (bait) => fetch("http://127.0.0.2:" + bait.port + "/"),
    noAddress: () => fetch("nowhere"),
    connected: async (bait) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: bait.port });
      const { localAddr, remoteAddr, readable, writable } = connection;
      const made = [connection, localAddr, remoteAddr, readable, writable];
      connection.close();
      return made;
    },
    notConnected: (bait) => Deno.connect({ hostname: "127.0.0.1", port: 1 }),
    noSocket: () => Deno.connect({ transport: "vsock", cid: 1, port: 4 }),
    noUnixSocket: () => Deno.connect({ transport: "unix", path: "/tmp/x" }),
    socket: (bait) => new WebSocket("ws://127.0.0.1:" + bait.port + "/"),
    events: () => [new MessageEvent("x", { data: 1 }), new CloseEvent("x")],
    files: async (bait) => {
      await Deno.writeTextFile(bait.folder + "/w.txt", "w", { mode: 0o600 });
      const entries = [];
      for await (const entry of Deno.readDir(bait.folder)) entries.push(entry);
      return [entries, await Deno.stat(bait.folder), Deno.lstatSync(bait.folder + "/a.txt"), await Deno.readFile(bait.folder + "/a.txt"),
        Deno.readDirSync(bait.folder), Deno.readDir(bait.folder)];
    },
    noFile: (bait) => Deno.readTextFile(bait.folder + "/none"),
    otherFile: () => Deno.readTextFile("/etc/hostname"),
    errors: () => [Deno.errors, new Deno.errors.NotFound("x")],
    variable: () => [Deno.env, Deno.env.get("FARCALL_WALK")],
    otherVariable: () => Deno.env.get("HOME"),
    system: () => Deno.hostname(),
    otherSystem: () => Deno.loadavg(),`;
