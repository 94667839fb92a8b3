/** `farcall peer` and the commands around it, as processes on raw sockets. Runs in a network of its own: see peer_test.ts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram, type Program, type Running } from "../../_support/commands/cli.ts";
import { needing } from "../../_support/programs.ts";

/** A line of `farcall inbox --json`. */
interface InboxLine {
  readonly number: number;
  readonly from: string;
  readonly sender: string;
  readonly channel_id: string;
  readonly content: string;
  readonly timestamp: string;
  readonly is_file: 0 | 1;
  readonly file_name?: string;
  readonly file_path?: string;
  readonly sha256?: string;
}

/** Registers the tests. They use addresses of 127.2.0.0/16. */
export function peerSuite(name: string, makeProgram: MakeProgram): void {
  Deno.test(`messages and files by commands, ${name}`, async (test) => {
    await using program = await makeProgram();
    const cli = new Cli(program);
    const folder = await Deno.makeTempDir();
    const cwd = folder;
    const here = ["--address", "127.2.0.1"];
    const path = join(folder, "gr\u00fc\u00dfe.txt");
    await Deno.writeTextFile(path, "content\n");
    const following = cli.start(
      ["inbox", "--follow", "--json", "--address", "127.2.0.2", "--folder", "two", "--log", "log"],
      { cwd },
    );
    try {
      await following.stderr.until(/receiving/);

      await test.step("a message arrives, and is confirmed to its sender", async () => {
        assert.equal(
          await cli.succeed(["send", "127.2.0.2", "hello", "there", ...here, "--sender", "bob"]),
          "delivered to 127.2.0.2",
        );
        const outcome = await cli.run(["send", "127.2.0.2", "-", "--channel", "ops", ...here], {
          stdin: "gr\u00fc\u00dfe \u2603\nand more\n",
        });
        assert.equal(outcome.code, 0, outcome.stderr);
        const [first, second] = await linesOf(following, 2);
        assert.equal(first.content, "hello there");
        assert.deepEqual([first.sender, first.channel_id, first.is_file], ["bob", "general", 0]);
        assert.match(first.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        assert.equal(first.from, "127.2.0.1");
        assert.equal(second.content, "gr\u00fc\u00dfe \u2603\nand more");
        assert.equal(second.channel_id, "ops");
      });

      await test.step("a file arrives, checked", async () => {
        assert.equal(
          await cli.succeed(["send-file", "127.2.0.2", path, ...here]),
          "delivered to 127.2.0.2",
        );
        const line = (await linesOf(following, 3))[2];
        assert.deepEqual([line.is_file, line.file_name], [1, "gr\u00fc\u00dfe.txt"]);
        assert.equal(await Deno.readTextFile(line.file_path!), "content\n");
        assert.match(line.sha256!, /^[0-9a-f]{64}$/);
      });

      await test.step("present peers are discovered", async () => {
        const found = await cli.succeed(["discover", "127.2.0.0/30", "--json", ...here]);
        const names = (JSON.parse(found) as { address: string; kind: string }[])
          .map(({ address, kind }) => `${address} ${kind}`);
        assert.deepEqual(names, ["127.2.0.2 farcall"]);
      });

      await test.step("read messages are shown again only with --all, to any reader", async () => {
        assert.equal(await cli.succeed(["inbox", "--folder", "two"], { cwd }), "");
        const all = (await cli.succeed(["inbox", "--all", "--folder", "two"], { cwd })).split("\n");
        assert.equal(all.length, 3);
        assert.match(all[1], /127\.2\.0\.1 .*\[ops\] {2}gr\u00fc\u00dfe \u2603\u23ce\w/);
        assert.equal(await cli.succeed(["inbox", "--folder", "nothing"], { cwd }), "");
      });

      await test.step("failures are reported with a remedy", async () => {
        const cases: [code: number, args: string[], says: RegExp][] = [
          [2, ["send", "bob", "x"], mentions('"bob"', "IPv4", "farcall discover")],
          [2, ["send", "::1", "x"], /IPv4/],
          [2, ["send-file", "127.2.0.2", "missing", ...here], mentions('"missing"')],
          [2, ["send-file", "127.2.0.2", folder, ...here], mentions("file", folder)],
          [2, ["inbox", "--follow", "--accept", "nobody"], mentions('"nobody"')],
          [2, ["inbox", "--follow", "--max-file", "many"], mentions("--max-file", '"many"')],
          [2, ["discover", "127.0.0.0/8"], /1024/],
          [2, ["peer", "--folder", "two"], mentions('"two"', "--folder")],
        ];
        for (const [code, args, says] of cases) {
          assert.match(await cli.fail(code, args, { cwd }), says, args.join(" "));
        }
      });

      await test.step("the log has attempts and their outcomes", async () => {
        following.kill("SIGINT");
        assert.equal((await following.ended).code, 0);
        const log = await Deno.readTextFile(join(folder, "log"));
        assert.match(log, /peer\.started/);
        assert.match(log, /peer\.received .*from=127\.2\.0\.1/);
        assert.match(log, /peer\.file-received .*bytes=8/);
        const { code, stderr } = await cli.run([
          "send-file",
          "127.2.0.9",
          path,
          "--verbose",
          ...here,
        ]);
        assert.equal(code, 20);
        assert.match(stderr, /peer\.sent .*attempt=1/);
        assert.match(stderr, /peer\.resent .*attempt=2/);
        assert.match(stderr, mentions("peer.file-failed", "127.2.0.9"));
        assert.match(stderr, failure("Undeliverable", "127.2.0.9"));
      });
    } finally {
      await following[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`an interactive peer takes its commands from a file, too, ${name}`, async () => {
    await using program = await makeProgram();
    const cli = new Cli(program);
    const folder = await Deno.makeTempDir();
    try {
      const commands = [
        "send 127.2.1.1 to  myself",
        "send 127.2.1.1",
        "file 127.2.1.1 missing",
        "nonsense",
        "status",
        "help",
        "",
      ];
      const { code, stdout, stderr } = await cli.run(
        ["peer", "--name", "alice", "--address", "127.2.1.1", "--folder", "one"],
        { cwd: folder, stdin: commands.join("\n") },
      );
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, stdout);
      for (
        const expected of [
          lineWith(/^alice \([0-9a-f]{8}\) /, /\bone\b/),
          lineWith(/^delivered\b/, "127.2.1.1"),
          /127\.2\.1\.1 {2}alice {2}\[general\] {2}to {2}myself$/m,
          /^usage: send IP TEXT$/m,
          /^failed: .*"missing"/m,
          /^"nonsense" /m,
          /^machine.id +[0-9a-f]{8}$/m,
        ]
      ) assert.match(stdout, expected);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test({
    ...needing("python3", `on a terminal, a peer completes what it knows, ${name}`),
    fn: async () => {
      await using program = await makeProgram();
      const folder = await Deno.makeTempDir();
      try {
        const args = ["peer", "--name", "alice", "--address", "127.2.2.1", "--folder", "one"];
        const { code, stdout } = await new Deno.Command("python3", {
          args: ["-c", typing, program.command, ...program.args, ...args],
          cwd: folder,
          env: { ...program.env, TERM: "xterm", NO_COLOR: "1", PATH: Deno.env.get("PATH")! },
          clearEnv: program.isEnvCleared,
        }).output();
        const shown = new TextDecoder().decode(stdout);
        assert.equal(code, 0, shown);
        assert.match(shown, /alice {2}\[general\] {2}completed/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });

  Deno.test({
    ...needing(
      ["unshare", "mount"],
      `a full disk refuses a file, and leaves no half of it, ${name}`,
    ),
    fn: async () => {
      await using program = await makeProgram();
      const folder = await Deno.makeTempDir();
      const cli = new Cli(program);
      const large = join(folder, "large");
      await Deno.writeFile(large, new Uint8Array());
      await Deno.truncate(large, 40 * 1024 * 1024);
      const disk = join(folder, "disk");
      await Deno.mkdir(disk);
      const follow = (
        address: string,
      ) => ["inbox", "--follow", "--address", address, "--folder", join(disk, "peer")];
      try {
        const cases: [address: string, script: string, says: RegExp][] = [
          [
            "127.2.3.2",
            `mount -t tmpfs -o size=32m none ${disk}`,
            failure("File Refused", /\b(bytes|space|storage|ENOSPC)\b/),
          ],
          // Like a disk that becomes full in the middle of a write: ulimit counts blocks of 512 bytes or of 1 KiB.
          [
            "127.2.3.3",
            "trap '' XFSZ; ulimit -f 10000",
            failure("File Refused", /\b(written|large)\b/),
          ],
        ];
        for (const [address, script, says] of cases) {
          await using receiver = new Cli(prepared(program, script)).start(follow(address), {
            cwd: folder,
          });
          await receiver.stderr.until(/receiving/);
          const args = ["send-file", address, large, "--address", "127.2.3.1"];
          assert.match(await cli.fail(22, args), says);
          const received = `/proc/${receiver.pid}/root${join(disk, "peer/received")}`;
          assert.deepEqual(Array.from(Deno.readDirSync(received)), []);
          assert.equal(
            await cli.succeed(["send", address, "still there", "--address", "127.2.3.1"]),
            `delivered to ${address}`,
          );
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });

  Deno.test({
    ...needing("setpriv", `without the privilege, three ways to it are told, ${name}`),
    fn: async () => {
      await using program = await makeProgram();
      const bare = {
        ...program,
        command: "setpriv",
        args: ["--bounding-set=-net_raw", "--inh-caps=-net_raw", program.command, ...program.args],
      };
      const { command, args, env, isEnvCleared } = bare;
      const { code, stderr } = await new Deno.Command(command, {
        args: [...args, "send", "127.2.4.2", "x"],
        env: { ...env, PATH: Deno.env.get("PATH")! },
        clearEnv: isEnvCleared,
      }).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 2, text);
      assert.match(text, /root.*cap_net_raw.*unshare/s);
    },
  });

  Deno.test(`a large file takes no memory, ${name}`, async () => {
    await using program = await makeProgram();
    const cli = new Cli(program);
    const folder = await Deno.makeTempDir();
    try {
      const large = join(folder, "large");
      await Deno.writeFile(large, new Uint8Array());
      const bytes = 128 * 1024 * 1024;
      await Deno.truncate(large, bytes);
      await using receiver = cli.start(
        ["inbox", "--follow", "--address", "127.2.5.2", "--folder", "two"],
        { cwd: folder },
      );
      await receiver.stderr.until(/receiving/);
      await cli.succeed(["send", "127.2.5.2", "first", "--address", "127.2.5.1"]);
      const before = await residentPeak(receiver.pid);
      await cli.succeed(["send-file", "127.2.5.2", large, "--address", "127.2.5.1"]);
      await receiver.stdout.until(/Shared a file: large/);
      assert.equal((await Deno.stat(join(folder, "two/received/large"))).size, bytes);
      const more = await residentPeak(receiver.pid) - before;
      assert.ok(more < bytes / 2, `${more} bytes more`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** farcall behind a shell script, with mounts of its own. */
function prepared(farcall: Program, script: string): Program {
  return {
    ...farcall,
    command: "/usr/bin/unshare",
    args: ["-m", "/bin/sh", "-c", `${script} && exec "$0" "$@"`, farcall.command, ...farcall.args],
    env: { ...farcall.env, PATH: Deno.env.get("PATH")! },
  };
}

async function linesOf(running: Running, count: number): Promise<InboxLine[]> {
  const isThere = new RegExp(`(?:[^\\n]*\\n){${count}}`);
  await running.stdout.until(isThere);
  return running.stdout.text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The peak memory of a process, in bytes. */
async function residentPeak(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

/** Types into a program on a terminal, key by key, and waits for expected output before continuing. */
const typing = `
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
def read(until):
    global seen
    end = time.time() + 120
    while until not in seen and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try: seen += os.read(fd, 4096)
            except OSError: return
def key(text, until):
    os.write(fd, text)
    read(until)
read(b"> ")
key(b"se", b"se")
key(b"\\t", b"send ")
key(b"127.2.2.1 completed", b"completed")
seen = b""
key(b"\\r", b"[general]  completed")
shown = seen
key(b"quit\\r", b"never")
sys.stdout.write(shown.decode(errors="replace"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
import { failure, lineWith, mentions } from "../../_support/mentions.ts";
