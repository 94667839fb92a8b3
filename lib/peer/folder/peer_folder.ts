/** A peer's folder: received and partial files, and the journal of messages. One process holds it. */
import { join, resolve } from "node:path";
import { FarcallError, InvalidConfiguration, messageOf } from "../../errors/mod.ts";
import { RootLock } from "../../files/root_lock.ts";
import type { Log } from "../../log/mod.ts";
import { Journal } from "./journal.ts";
import { Space, type SpaceBounds } from "./space.ts";

/** The default folder of peers. */
export const defaultFolder = ".farcall/peer";

/** The layout of a peer's folder. */
export interface FolderPaths {
  /** Complete files. */
  readonly received: string;
  /** Partial files. */
  readonly incoming: string;
  readonly messages: string;
}

/** The paths in a folder, which need not exist. */
export function pathsIn(folder: string): FolderPaths {
  const root = resolve(folder);
  return {
    received: join(root, "received"),
    incoming: join(root, "incoming"),
    messages: join(root, "messages"),
  };
}

/** A folder held by this process. */
export class PeerFolder {
  readonly paths: FolderPaths;
  readonly space: Space;
  readonly journal: Journal;
  readonly #lock: RootLock;

  private constructor(paths: FolderPaths, space: Space, journal: Journal, lock: RootLock) {
    this.paths = paths;
    this.space = space;
    this.journal = journal;
    this.#lock = lock;
  }

  /**
   * Opens a folder and takes its lock; creates it if missing.
   *
   * @throws {RootInUse} If another process holds it.
   * @throws {InvalidConfiguration} If it cannot be used.
   */
  static async open(folder: string, bounds: SpaceBounds & { log: Log }): Promise<PeerFolder> {
    const paths = pathsIn(folder);
    let lock: RootLock | undefined;
    try {
      for (const path of Object.values(paths)) {
        await Deno.mkdir(path, { recursive: true, mode: 0o700 });
      }
      const words = { what: "folder", option: "--folder" };
      lock = await RootLock.take(join(resolve(folder), "lock"), folder, { words });
      await lock.describe(undefined);
      const space = await Space.of(resolve(folder), bounds);
      return new PeerFolder(paths, space, await Journal.open(paths.messages, bounds.log), lock);
    } catch (error) {
      await lock?.release();
      if (!isOfSystem(error)) throw error;
      throw new InvalidConfiguration(
        `cannot use the folder "${folder}": ${messageOf(error)}; choose another with --folder`,
        [],
        { cause: error },
      );
    }
  }

  /** Releases the folder. */
  async close(): Promise<void> {
    await this.journal.close();
    await this.#lock.release();
  }
}

/** Whether an error comes from the operating system. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && !(error instanceof FarcallError) &&
    (typeof (error as { code?: unknown }).code === "string" ||
      Object.values(Deno.errors).some((each) => error instanceof each));
}
