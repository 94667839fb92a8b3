import { initTroubleSuite } from "../cli/init_trouble_suite.ts";
import { executable } from "./_executable.ts";

initTroubleSuite("compiled", executable);
