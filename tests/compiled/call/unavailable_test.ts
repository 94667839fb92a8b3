import { unavailableSuite } from "../../cli/call/unavailable_suite.ts";
import { executable } from "../_executable.ts";

unavailableSuite("compiled", executable);
