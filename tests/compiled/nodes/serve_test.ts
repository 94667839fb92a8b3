import { serveSuite } from "../../cli/nodes/serve_suite.ts";
import { executable } from "../_executable.ts";

serveSuite("compiled", executable);
