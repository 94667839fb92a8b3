import { checkout } from "../../_support/checkout.ts";
import { tlsSuite } from "./tls_suite.ts";

tlsSuite("deno run", checkout);
