import { connectionCases } from "./connection_cases.ts";

if (Deno.build.os === "linux") connectionCases("udp", 17);
