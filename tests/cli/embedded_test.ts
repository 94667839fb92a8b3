import { checkout } from "../_support/cli.ts";
import { embeddedSuite } from "./embedded_suite.ts";

embeddedSuite("deno run", checkout);
