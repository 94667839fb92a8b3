import { checkout } from "../_support/cli.ts";
import { keysSuite } from "./keys_suite.ts";

keysSuite("deno run", checkout);
