import { checkout } from "../_support/cli.ts";
import { patienceSuite } from "./patience_suite.ts";

patienceSuite("deno run", checkout);
