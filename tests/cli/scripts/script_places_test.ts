import { checkout } from "../../_support/checkout.ts";
import { scriptPlacesSuite } from "./script_places_suite.ts";

scriptPlacesSuite("deno run", checkout);
