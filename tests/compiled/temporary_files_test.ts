import { temporaryFilesSuite } from "../cli/temporary_files_suite.ts";
import { executable } from "./_executable.ts";

temporaryFilesSuite("compiled", executable);
