import { udpProtocol } from "../../../lib/transport/raw_ip/socket/mod.ts";
import { socketCases } from "./socket_cases.ts";

if (Deno.build.os === "linux") socketCases("udp socket", udpProtocol);
