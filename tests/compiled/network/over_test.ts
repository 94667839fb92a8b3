import { overSuite } from "../../cli/network/over_suite.ts";
import { executable } from "../_executable.ts";

overSuite("compiled", executable);
