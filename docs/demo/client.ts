/**
 * A program that uses farcall: it connects to the fleet of an init.yaml and calls, as two clients.
 * Run it with the file as its argument; the demo does, and so may you after `farcall init`.
 */
import { connect, type Farcall, FarcallError } from "../../mod.ts";

const file = Deno.args[0] ?? "init.yaml";
await using c1 = await connect(file, { as: "c1" });
await using c2 = await connect(file, { as: "c2" });

say("As c2, every type there and back:");
const math = c2.service("math");
await show("math.add(2, 3)", () => math.add(2, 3));
await show("math.add(2n ** 80n, 1)", () => math.add(2n ** 80n, 1));
await show('math.add("far", "call")', () => math.add("far", "call"));
await show("math.mean([1.5, 2, 4])", () => math.mean([1.5, 2, 4]));
await show("math.bounds([3, -1, 7.5])", () => math.bounds([3, -1, 7.5]));
await show("math.bounds([])", () => math.bounds([]));
await show("math.divide(17, 5)", () => math.divide(17, 5));
await show("math.primes(30)", () => math.primes(30));
await show("math.is_prime(97)", () => math.is_prime(97));
const text = c2.service("text");
await show('text.word_count("to be or not to be")', () => text.word_count("to be or not to be"));
const lines = ["to be", "or not", "to be"];
await show('text.search(lines, "be"), a stream', () => Array.fromAsync(text.search(lines, "be")));
await show('text.note("hello, log")', () => text.note("hello, log"));
const bytes = new TextEncoder().encode("farcall");
await show("hash.digest(bytes)", () => c2.call("hash", "digest", [bytes]));

say("\nAnd what goes wrong, each as an error of its own class:");
await show("c2: math.mean([])", () => math.mean([]));
await show('c2: math.add(2, "three")', () => math.add(2, "three"));
await show("c2: math.subtract(3, 2)", () => math.subtract(3, 2));
await show("c2: music.play(1)", () => c2.call("music", "play", [1]));
await show('c1: text.word_count("let me in")', () => wordCount(c1, "let me in"));

function wordCount(farcall: Farcall, words: string): Promise<unknown> {
  return farcall.call("text", "word_count", [words]);
}

async function show(label: string, call: () => Promise<unknown>): Promise<void> {
  try {
    say(`  ${label.padEnd(42)} ${inspect(await call())}`);
  } catch (error) {
    if (!(error instanceof FarcallError)) throw error;
    const [first, ...rest] = wrap(error.message, 96);
    say(`  ${label.padEnd(42)} ${error.code}`);
    for (const line of [first, ...rest]) say(`      ${line}`);
  }
}

function inspect(value: unknown): string {
  return Deno.inspect(value, { compact: true, breakLength: Infinity, iterableLimit: 12 });
}

function wrap(text: string, width: number): string[] {
  return text.match(new RegExp(`.{1,${width}}(?:\\s|$)`, "g"))?.map((line) => line.trim()) ?? [];
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
