/**
 * farcall: push typed TypeScript functions to a fleet of machines and call them as if they were local.
 *
 * Imported, this is the library; run as the main program, it is the command line.
 *
 * @example
 * ```ts ignore
 * import { connect } from "./mod.ts";
 *
 * await using farcall = await connect("init.yaml", { as: "c1" });
 * console.log(await farcall.call("math", "add", [2, 3])); // 5
 * const math = farcall.service("math");
 * console.log(await math.add(2, 3)); // 5
 * ```
 *
 * @module
 */
export {
  type AnyServices,
  type CallOptions,
  connect,
  type ConnectOptions,
  Farcall,
  type Reply,
  type ServiceProxy,
} from "./lib/client/mod.ts";
export * from "./lib/errors/mod.ts";
export { version } from "./lib/wire/software.ts";

if (import.meta.main) {
  const { main } = await import("./cli/main.ts");
  Deno.exit(await main(Deno.args));
}
