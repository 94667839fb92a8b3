import { checkout } from "../_support/checkout.ts";
import { protocolSuite } from "./protocol_suite.ts";

protocolSuite("deno run", checkout);
