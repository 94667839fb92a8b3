/** The deployment that a node runs, whenever it is up. */
import { NodeConnection, proveLocal } from "../../lib/client/mod.ts";

const patienceMs = 30_000;

/** The ids of the scripts that a node runs; retries until it replies. */
export async function scriptsRunBy(port: number): Promise<string[]> {
  const untilMs = performance.now() + patienceMs;
  while (true) {
    try {
      const connection = await NodeConnection.open({ host: "127.0.0.1", port });
      try {
        await proveLocal(connection);
        const request = { op: "observe", scripts: [] } as const;
        const { manifest } = await connection.request(request, { timeoutMs: 10_000 });
        return (manifest?.services ?? []).flatMap(({ overloads }) =>
          overloads.map(({ script }) => script)
        );
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
