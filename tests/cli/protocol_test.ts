import { checkout } from "../_support/cli.ts";
import { protocolSuite } from "./protocol_suite.ts";

protocolSuite("deno run", checkout);
