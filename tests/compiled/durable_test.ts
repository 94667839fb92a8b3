import { durableSuite } from "../cli/durable_suite.ts";
import { executable } from "./_executable.ts";

durableSuite("compiled", executable);
