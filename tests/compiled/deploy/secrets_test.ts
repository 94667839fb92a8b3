import { secretsSuite } from "../../cli/deploy/secrets_suite.ts";
import { executable } from "../_executable.ts";

secretsSuite("compiled", executable);
