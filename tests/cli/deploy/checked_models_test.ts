import { checkout } from "../../_support/checkout.ts";
import { checkedModelsSuite } from "./checked_models_suite.ts";

checkedModelsSuite("deno run", checkout);
