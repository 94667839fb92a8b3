import { unavailableSuite } from "../cli/unavailable_suite.ts";
import { executable } from "./_executable.ts";

unavailableSuite("compiled", executable);
