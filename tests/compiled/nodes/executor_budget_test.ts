import { executorBudgetSuite } from "../../cli/nodes/executor_budget_suite.ts";
import { executable } from "../_executable.ts";

executorBudgetSuite("compiled", executable);
