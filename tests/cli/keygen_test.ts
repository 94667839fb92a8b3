import { checkout } from "../_support/cli.ts";
import { keygenSuite } from "./keygen_suite.ts";

keygenSuite("deno run", checkout);
