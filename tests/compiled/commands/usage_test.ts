import { usageSuite } from "../../cli/commands/usage_suite.ts";
import { executable } from "../_executable.ts";

usageSuite("compiled", executable);
