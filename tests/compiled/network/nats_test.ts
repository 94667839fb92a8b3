import { natsSuite } from "../../cli/network/nats_suite.ts";
import { executable } from "../_executable.ts";

natsSuite("compiled", executable);
