import { deployKeysSuite } from "../../cli/deploy/deploy_keys_suite.ts";
import { executable } from "../_executable.ts";

deployKeysSuite("compiled", executable);
