import { checkout } from "../../_support/checkout.ts";
import { initTroubleSuite } from "./init_trouble_suite.ts";

initTroubleSuite("deno run", checkout);
