import { checkout } from "../../_support/checkout.ts";
import { doctorSuite } from "./doctor_suite.ts";

doctorSuite("deno run", checkout);
