import { checkout } from "../../_support/checkout.ts";
import { executorBudgetSuite } from "./executor_budget_suite.ts";

executorBudgetSuite("deno run", checkout);
