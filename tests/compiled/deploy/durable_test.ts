import { durableSuite } from "../../cli/deploy/durable_suite.ts";
import { executable } from "../_executable.ts";

durableSuite("compiled", executable);
