import { natsSuite } from "../cli/nats_suite.ts";
import { executable } from "./_executable.ts";

natsSuite("compiled", executable);
