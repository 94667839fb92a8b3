import { checkout } from "../../_support/checkout.ts";
import { keygenSuite } from "./keygen_suite.ts";

keygenSuite("deno run", checkout);
