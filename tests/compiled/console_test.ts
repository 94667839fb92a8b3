import { consoleSuite } from "../cli/console_suite.ts";
import { executable } from "./_executable.ts";

consoleSuite("compiled", executable);
