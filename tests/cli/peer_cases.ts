/** Runs in a network of its own: see peer_test.ts. */
import { checkoutAsProcesses } from "../_support/cli.ts";
import { peerSuite } from "./peer_suite.ts";

peerSuite("deno run", async () => {
  const program = await checkoutAsProcesses();
  const [run, ...rest] = program.args;
  // Raw sockets take the C library, which is asked for only where it is used.
  return rest.includes("--allow-ffi")
    ? program
    : { ...program, args: [run, "--allow-ffi", ...rest] };
});
