/** Scripts of the service prices, and of one that calls it; shared by all suites of script calls. */
export const priceScripts: Readonly<Record<string, string>> = {
  "wait.ts": `export function wait(this: any): Promise<string> {
  return this.farcall.service("prices").sleep();
}
`,
  "of.ts": `export function of(name: string): number {
  if (name === "apple") return 3;
  throw new RangeError("no price of " + name);
}
`,
  "sleep.ts": `export function sleep(this: { signal: AbortSignal }): Promise<string> {
  console.log("sleeps");
  return new Promise((resolve) => this.signal.addEventListener("abort", () => {
    console.log("woken");
    resolve("woken");
  }));
}
`,
  "secret.ts": "export const secret = (): number => 42;\n",
};
