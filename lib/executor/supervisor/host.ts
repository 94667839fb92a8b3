/** Shared by all executors of one node. */
import type { Turns } from "../../channel/mod.ts";
import { makeTemporaryFolder, whyClosed } from "../../files/mod.ts";
import { RootUnreadable } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import { findOsSandbox, type OsSandbox } from "../system/os_sandbox.ts";
import { ProcessWatch } from "../system/process_watch.ts";
import { Descriptors } from "../system/descriptors.ts";
import { ExecutorRoom } from "./executor_room.ts";
import { SocketOwners } from "../system/socket_owners.ts";

/** The system limits a Unix socket's path to 108 bytes (104 on macOS), including its terminator. */
const socketPathBytesMax = 100;

const socketFolderMode = 0o700;
/** Always empty. */
const workingFolderMode = 0o500;

/** Maps script locations in texts to source locations. */
export interface LocationMapper {
  /** Maps a text; synchronously if the source maps are cached. */
  mapped(text: string): string | Promise<string>;
}

/** Dependencies on the node. */
export interface HostParts {
  /** The folder of scripts. */
  readonly servicesFolder: string;
  /** Which of these scripts are missing, or no longer match their ids. */
  readonly recheck: (scripts: readonly ScriptId[]) => Promise<readonly ScriptId[]>;
  readonly log: Log;
  /** Maps script locations to sources. Default: unchanged. */
  readonly places?: LocationMapper;
  readonly bounds: Limits;
  /** The machine's memory, or the node's share of it, in bytes; undefined if unknown. */
  readonly systemBytes?: number;
  /** Schedules reading replies against reading calls. */
  readonly turns: Turns;
}

/** The folders of scripts and sockets, and the bound on concurrent starts. */
export class ExecutorHost {
  /** Bounds of its executors, besides the limits of their services. */
  readonly bounds: Limits;
  readonly servicesFolder: string;
  readonly recheck: HostParts["recheck"];
  readonly log: Log;
  readonly places: LocationMapper;
  readonly turns: Turns;
  /** How the operating system confines executors here. */
  readonly confinement: OsSandbox;
  /** The descriptors of the node's process. */
  readonly descriptors: Descriptors;
  /** Bounds the number of executors. */
  readonly room: ExecutorRoom;
  /** Watches the executors. */
  readonly watch: ProcessWatch;
  /** Distinguishes executors' connections from others. */
  readonly socketOwners: SocketOwners;
  /** The node's user id. */
  readonly #uid: number | null;
  readonly #socketFolder: string;
  readonly #isSocketFolderOurs: boolean;
  #sockets = 0;
  #starting = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(
    parts: HostParts,
    options: {
      uid: number | null;
      socketFolder: string;
      isSocketFolderOurs: boolean;
      confinement: OsSandbox;
      descriptors: Descriptors;
    },
  ) {
    this.bounds = parts.bounds;
    this.servicesFolder = parts.servicesFolder;
    this.recheck = parts.recheck;
    this.log = parts.log;
    this.places = parts.places ?? { mapped: (text) => text };
    this.turns = parts.turns;
    this.watch = new ProcessWatch(parts.log, parts.bounds);
    this.socketOwners = new SocketOwners(parts.log);
    this.confinement = options.confinement;
    this.descriptors = options.descriptors;
    this.room = new ExecutorRoom(executorsMaxOf(parts, options.descriptors), parts.bounds);
    this.#uid = options.uid;
    this.#socketFolder = options.socketFolder;
    this.#isSocketFolderOurs = options.isSocketFolderOurs;
  }

  /**
   * @param root The node's folder. Sockets are in `<root>/run`, or in a private temporary folder if that path is too
   *   long for a socket.
   * @throws {RootUnreadable} If executors cannot be given access to the root by its path.
   */
  static async open(root: string, parts: HostParts): Promise<ExecutorHost> {
    if (!Deno.build.standalone && root.includes(",")) {
      throw new RootUnreadable(
        `the root "${root}" has a comma in its path, which a permission of the runtime cannot name; ` +
          "choose another --root",
      );
    }
    const [confinement, descriptors] = await Promise.all([findOsSandbox(), Descriptors.find()]);
    parts.log.info("executors.confined", { by: confinement.description });
    const inRoot = `${root}/run`;
    const whyNot = whyNoSockets(inRoot);
    if (whyNot === undefined) {
      await Deno.remove(inRoot, { recursive: true }).catch(() => {});
      await Deno.mkdir(inRoot, { mode: socketFolderMode });
    }
    const socketFolder = whyNot === undefined ? inRoot : await temporarySocketFolder(
      `the root "${root}" cannot have sockets in it: ${whyNot}`,
      parts,
    );
    await Deno.mkdir(`${socketFolder}/empty`, { mode: workingFolderMode });
    const { uid } = await Deno.lstat(socketFolder);
    return new ExecutorHost(parts, {
      uid,
      socketFolder,
      isSocketFolderOurs: whyNot !== undefined,
      confinement,
      descriptors,
    });
  }

  /** The empty working folder of executors. */
  get workingFolder(): string {
    return `${this.#socketFolder}/empty`;
  }

  /**
   * Recreates socket folders that were removed, e.g. by cleaners of temporary folders.
   *
   * @throws The system's error; or one that says the folder is not the node's own.
   */
  async restoreFolders(): Promise<void> {
    await this.#restore(this.#socketFolder, socketFolderMode);
    await this.#restore(this.workingFolder, workingFolderMode);
  }

  async #restore(path: string, mode: number): Promise<void> {
    try {
      await Deno.mkdir(path, { mode });
      this.log.warn("executors.folder-restored", { path });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      const { isDirectory, uid } = await Deno.lstat(path);
      if (isDirectory && uid === this.#uid) return;
      throw new Error(`${path} is not this node's folder any more; remove it`);
    }
  }

  /** An unused path for an executor's socket. */
  newSocketPath(): string {
    this.#sockets += 1;
    return `${this.#socketFolder}/${this.#sockets}`;
  }

  /**
   * Starts an executor once fewer than `executorStartsAtOnceMax` others are starting.
   *
   * @throws {ExecutorStartError} If there are too few descriptors.
   */
  async whenStartIsFree<T extends { readonly ended: Promise<unknown> }>(
    start: () => Promise<T>,
  ): Promise<T> {
    while (this.#starting >= this.bounds.executorStartsAtOnceMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#starting += 1;
    try {
      return await this.descriptors.hold(start);
    } finally {
      this.#starting -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Stops watching and removes its files; executors must have ended. */
  async close(): Promise<void> {
    this.room.close();
    await this.watch.close();
    if (this.#isSocketFolderOurs) {
      await Deno.remove(this.#socketFolder, { recursive: true }).catch(() => {});
    }
  }
}

/** The maximum number of executors: the node's bound, or as many as memory and descriptors permit. */
function executorsMaxOf(
  { systemBytes = Infinity, bounds }: HostParts,
  descriptors: Descriptors,
): number {
  if (bounds.executorsMax !== Infinity) return bounds.executorsMax;
  const forMemory = systemBytes * bounds.executorsMemoryShare / bounds.executorCostBytes;
  return Math.max(1, Math.floor(Math.min(forMemory, descriptors.executorsMax)));
}

/** Why executors' sockets cannot be in a folder; undefined if they can. */
function whyNoSockets(folder: string): string | undefined {
  const { length } = new TextEncoder().encode(`${folder}/99999999`);
  if (length > socketPathBytesMax) {
    return `its path is too long, a socket's has ${socketPathBytesMax} bytes at most and would have ${length}`;
  }
  // With the permissions that a root has; see open.
  if (!Deno.build.standalone && folder.includes(",")) return "its path has a comma";
  return undefined;
}

/** Why executors can open no files in a folder; undefined if they can. */
async function whyNoFiles(folder: string): Promise<string | undefined> {
  const why = await whyClosed(folder);
  return why && `it ${why}`;
}

/** @param whyNeeded Why the root itself cannot be used. @throws {RootUnreadable} If no folder can be used. */
async function temporarySocketFolder(whyNeeded: string, { log }: HostParts): Promise<string> {
  const { path, refusals } = await makeTemporaryFolder("farcall-", {
    whyNot: async (folder) => whyNoSockets(folder) ?? await whyNoFiles(folder),
  });
  if (path === undefined) {
    throw new RootUnreadable(
      `${whyNeeded}; nor can a folder for temporary files: ${
        refusals.join("; ")
      }; choose a shorter ` +
        "--root, or name a folder in TMPDIR",
    );
  }
  if (refusals.length > 0) {
    log.warn("executors.temporary-folder", { path, insteadOf: refusals.join("; ") });
  }
  return path;
}
