import { statusSuite } from "../../cli/nodes/status_suite.ts";
import { executable } from "../_executable.ts";

statusSuite("compiled", executable);
