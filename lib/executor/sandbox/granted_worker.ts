/**
 * The executor of a service with grants, in a compiled executable. There the process has every kind of permission in
 * full, and a full permission can be dropped but not narrowed (measured); a worker can be started with exactly the
 * grants. Under `deno run` the process itself is started so, and this is not used.
 */
import { grantedApi } from "./_granted_api.ts";
import { runExecutor } from "./child.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(exitCode: number): void;
}

const scope = globalThis as unknown as WorkerScope;
const postMessage = scope.postMessage.bind(scope);

scope.onmessage = ({ data: socketPath }) => {
  scope.onmessage = null;
  runExecutor(socketPath, { exitBy: postMessage, grantedApi });
};
