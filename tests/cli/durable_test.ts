import { checkout } from "../_support/cli.ts";
import { durableSuite } from "./durable_suite.ts";

durableSuite("deno run", checkout);
