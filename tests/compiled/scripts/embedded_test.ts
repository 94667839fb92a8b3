import { embeddedSuite } from "../../cli/scripts/embedded_suite.ts";
import { executable } from "../_executable.ts";

embeddedSuite("compiled", executable);
