import { checkout } from "../_support/cli.ts";
import { unavailableSuite } from "./unavailable_suite.ts";

unavailableSuite("deno run", checkout);
