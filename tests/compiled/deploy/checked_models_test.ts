import { checkedModelsSuite } from "../../cli/deploy/checked_models_suite.ts";
import { executable } from "../_executable.ts";

checkedModelsSuite("compiled", executable);
