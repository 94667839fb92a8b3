import { initTroubleSuite } from "../../cli/deploy/init_trouble_suite.ts";
import { executable } from "../_executable.ts";

initTroubleSuite("compiled", executable);
