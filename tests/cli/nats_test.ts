import { checkout } from "../_support/cli.ts";
import { natsSuite } from "./nats_suite.ts";

natsSuite("deno run", checkout);
