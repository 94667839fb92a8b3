/** Runs in a network of its own: see peer_test.ts. */
import { checkoutAsProcesses } from "../../_support/commands/cli.ts";
import { withFfi } from "../../_support/programs.ts";
import { peerSuite } from "./peer_suite.ts";

// Raw sockets need the C library, whose permission is requested only where it is used.
peerSuite("deno run", async () => withFfi(await checkoutAsProcesses()));
