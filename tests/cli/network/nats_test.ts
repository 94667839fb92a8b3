import { checkout } from "../../_support/checkout.ts";
import { natsSuite } from "./nats_suite.ts";

natsSuite("deno run", checkout);
