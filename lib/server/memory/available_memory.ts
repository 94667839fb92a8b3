/** The default bound on the memory that a node holds for its callers: a share of what is available. */
import { type Limits, limits } from "../../limits/mod.ts";

/**
 * Prints the bounds of the process's control group and of its ancestors (versions 2 and 1), in bytes or as `max`, one
 * per line. Deno reads `/proc` and `/sys` only with all permissions, so a shell does, with its built-ins only. Its
 * argument is the root of the file system.
 */
const script = `bounds() {
  path=\${1%/}
  while :; do
    read -r bytes < "$2$path/$3" && echo "$bytes"
    [ -n "$path" ] || break
    path=\${path%/*}
  done
}
while IFS=: read -r number controllers path; do
  case ",$controllers," in
    ,,) bounds "$path" "$1/sys/fs/cgroup" memory.max ;;
    *,memory,*) bounds "$path" "$1/sys/fs/cgroup/memory" memory.limit_in_bytes ;;
  esac
done < "$1/proc/self/cgroup"
:`;

/** The available memory, in bytes; undefined if the system does not tell. */
export interface MemoryThere {
  /** The machine's, or the control group's if that is less. */
  readonly systemBytes: number | undefined;
  /** Of V8's heap. */
  readonly heapBytes: number | undefined;
}

/** The share that a node may hold for its callers. */
export function shareOf({ systemBytes, heapBytes }: MemoryThere): number {
  const { nodeMemoryShare, nodeMemoryHeapShare, nodeMemoryBytesMin } = limits;
  const shares = [
    ...(systemBytes === undefined ? [] : [systemBytes * nodeMemoryShare]),
    ...(heapBytes === undefined ? [] : [heapBytes * nodeMemoryHeapShare]),
  ];
  if (shares.length === 0) return limits.nodeMemoryBytesDefault;
  return Math.max(nodeMemoryBytesMin, Math.floor(Math.min(...shares)));
}

/** The bound on what a node holds for its callers: the given one, or its share. */
export function memoryBytesMaxOf({ nodeMemoryBytesMax }: Limits, there: MemoryThere): number {
  return nodeMemoryBytesMax === Infinity ? shareOf(there) : nodeMemoryBytesMax;
}

/** The available memory. Asks a shell if permitted; never fails, and never prompts for a permission. */
export async function memoryThere(): Promise<MemoryThere> {
  const [heapBytes, groupBytes] = await Promise.all([heapLimit(), controlGroupLimit()]);
  const known = [machineMemory(), groupBytes].filter((bytes) => bytes !== undefined);
  return { systemBytes: known.length === 0 ? undefined : Math.min(...known), heapBytes };
}

/** The lowest bound of the process's control groups, if any is known. */
export async function controlGroupLimit(root = ""): Promise<number | undefined> {
  if (Deno.build.os !== "linux" || !isGranted({ name: "run", command: "/bin/sh" })) {
    return undefined;
  }
  try {
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", root],
      clearEnv: true,
      cwd: "/",
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(limits.memoryReadTimeoutMs),
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n");
    const bounds = lines.filter((line) => /^\d+$/.test(line)).map(Number);
    return bounds.length === 0 ? undefined : Math.min(...bounds);
  } catch {
    return undefined;
  }
}

function machineMemory(): number | undefined {
  if (!isGranted({ name: "sys", kind: "systemMemoryInfo" })) return undefined;
  return Deno.systemMemoryInfo().total;
}

async function heapLimit(): Promise<number | undefined> {
  const { getHeapStatistics } = await import("node:v8");
  return getHeapStatistics().heap_size_limit;
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
