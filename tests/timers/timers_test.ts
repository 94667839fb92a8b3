import assert from "node:assert/strict";
import { Timer } from "../../lib/timers/mod.ts";

/** The output of a program that has the class. */
async function run(program: string): Promise<string> {
  const timers = new URL("../../lib/timers/mod.ts", import.meta.url).href;
  const folder = await Deno.makeTempDir();
  try {
    const module = `${folder}/program.ts`;
    await Deno.writeTextFile(module, `import { Timer } from "${timers}";\n${program}`);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", module],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prints what was done by the end of the program. */
const reporting = `
const done: string[] = [];
globalThis.addEventListener("unload", () => console.log(done.join(" ")));
`;

Deno.test("timers set in a young process fire in order, during and after that phase, except for stopped ones", async () => {
  const text = await run(`${reporting}
    new Timer(() => done.push("late"), 1_500);
    new Timer(() => done.push("soon"), 5);
    const stopped = [5, 1_200, 1_400].map((delayMs) => new Timer(() => done.push("stopped"), delayMs));
    new Timer(() => {
      done.push("between");
      stopped[2].stop();
    }, 1_100);
    stopped[0].stop();
    stopped[1].stop();
  `);
  assert.equal(text, "soon between late");
});

Deno.test("a timer that is late already fires soon, in a young process, too", async () => {
  const text = await run(`${reporting}
    new Timer(() => done.push("late"), -5);
    setTimeout(() => new Timer(() => done.push("later"), -5), 1_100);
  `);
  assert.equal(text, "late later");
});

Deno.test("stopped timers do not keep a program running, and timers started later are not lost", async () => {
  const text = await run(`${reporting}
    new Timer(() => done.push("stopped"), 600_000).stop();
    new Timer(() => done.push("stopped"), 600_000).stop();
    setTimeout(() => {
      new Timer(() => done.push("stopped"), 600_000).stop();
      new Timer(() => done.push("last"), 1);
    }, 1_100);
  `);
  assert.equal(text, "last");
});

Deno.test("an unreferenced timer still fires while another keeps the program alive", async () => {
  const text = await run(`${reporting}
    new Timer(() => done.push("idle"), 1_200, { keepsAlive: false });
    new Timer(() => done.push("never"), 600_000, { keepsAlive: false });
    setTimeout(() => done.push("end"), 1_500);
  `);
  assert.equal(text, "idle end");
});

Deno.test("a timer fires once, and stopping it afterwards does nothing", async () => {
  let count = 0;
  const timer = await new Promise<Timer>((resolve) => {
    const timer: Timer = new Timer(() => {
      count += 1;
      resolve(timer);
    }, 1);
  });
  timer.stop();
  timer.stop();
  assert.equal(count, 1);
});
