import { checkout } from "../_support/cli.ts";
import { scriptPlacesSuite } from "./script_places_suite.ts";

scriptPlacesSuite("deno run", checkout);
