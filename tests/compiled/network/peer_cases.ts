/** Runs in a network of its own: see peer_test.ts. */
import { peerSuite } from "../../cli/network/peer_suite.ts";
import { executable } from "../_executable.ts";

peerSuite("compiled", executable);
