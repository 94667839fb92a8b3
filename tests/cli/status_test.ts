import { checkout } from "../_support/cli.ts";
import { statusSuite } from "./status_suite.ts";

statusSuite("deno run", checkout);
