import { consoleSuite } from "../../cli/commands/console_suite.ts";
import { executable } from "../_executable.ts";

consoleSuite("compiled", executable);
