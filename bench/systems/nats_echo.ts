/** Echoes bare NATS requests: `deno run --allow-all bench/systems/nats_echo.ts URL`. */
import { NatsLink } from "../../lib/transport/nats/mod.ts";

const { connection } = await NatsLink.open({ url: Deno.args[0]! });
connection.subscribe("echo", {
  callback: (_, { reply, data }) => connection.publish(reply!, data),
});
await connection.flush();
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
Deno.stdout.writeSync(new TextEncoder().encode(":1\n"));
