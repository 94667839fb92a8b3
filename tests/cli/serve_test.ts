import { checkout } from "../_support/cli.ts";
import { serveSuite } from "./serve_suite.ts";

serveSuite("deno run", checkout);
