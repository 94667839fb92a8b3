import { temporaryFilesSuite } from "../../cli/deploy/temporary_files_suite.ts";
import { executable } from "../_executable.ts";

temporaryFilesSuite("compiled", executable);
