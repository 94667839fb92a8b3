/** What all executors of one node share. */
import type { Turns } from "../../channel/mod.ts";
import { makeTemporaryFolder } from "../../files/mod.ts";
import { RootUnreadable } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import { findOsSandbox, type OsSandbox } from "../system/os_sandbox.ts";
import { ProcessWatch } from "../system/process_watch.ts";
import { Descriptors } from "../system/descriptors.ts";
import { ExecutorRoom } from "./executor_room.ts";
import { SocketOwners } from "../system/socket_owners.ts";

/** The system's bound on the path of a Unix socket is 108 bytes (104 on macOS), the end included. */
const socketPathBytesMax = 100;

const socketFolderMode = 0o700;
/** Nothing is ever in it. */
const workingFolderMode = 0o500;

/** Maps script locations in texts to source locations. */
export interface LocationMapper {
  /** Maps a text; synchronously if the source maps are cached. */
  mapped(text: string): string | Promise<string>;
}

/** What a host takes from its node. */
export interface HostParts {
  /** The folder that scripts lie in. */
  readonly servicesFolder: string;
  /** Says which of these scripts are not there, or not what their ids say, any more. */
  readonly recheck: (scripts: readonly ScriptId[]) => Promise<readonly ScriptId[]>;
  readonly log: Log;
  /** Names places in texts of scripts by their sources. Default: as they are. */
  readonly places?: LocationMapper;
  readonly bounds: Limits;
  /** The memory of the machine, or of what the node may have of it, in bytes; undefined if unknown. */
  readonly systemBytes?: number;
  /** Schedules the reading of answers beside that of calls. */
  readonly turns: Turns;
}

/** Where executors find scripts and sockets, and how many may start at once. */
export class ExecutorHost {
  /** What its executors keep to, besides the limits of their services. */
  readonly bounds: Limits;
  readonly servicesFolder: string;
  readonly recheck: HostParts["recheck"];
  readonly log: Log;
  readonly places: LocationMapper;
  readonly turns: Turns;
  /** How the operating system holds executors here. */
  readonly confinement: OsSandbox;
  /** What the node's process may have open. */
  readonly descriptors: Descriptors;
  /** How many executors there may be at once. */
  readonly room: ExecutorRoom;
  /** Looks after the executors. */
  readonly watch: ProcessWatch;
  /** Tells connections that executors made from others. */
  readonly socketOwners: SocketOwners;
  /** Of the node's user. */
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
   * @param root The node's folder. Sockets lie in `<root>/run`, or in a private folder of the system's
   * for temporary files where that path is too long for a socket.
   * @throws {RootUnreadable} If executors could not be given the root, by the path that it has.
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

  /** The empty folder that executors work in. */
  get workingFolder(): string {
    return `${this.#socketFolder}/empty`;
  }

  /**
   * Makes the folders of sockets again if something has removed them: cleaners of temporary folders do.
   *
   * @throws What the system says, if it does not let it; or that what lies there is not the node's own.
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

  /** A path that no other executor's socket has. */
  newSocketPath(): string {
    this.#sockets += 1;
    return `${this.#socketFolder}/${this.#sockets}`;
  }

  /**
   * Starts an executor once fewer than `executorStartsAtOnceMax` others do.
   *
   * @throws {ExecutorStartError} If there are too few descriptors for it.
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

  /** Ends the watch and removes what it made in the file system; executors must have ended. */
  async close(): Promise<void> {
    this.room.close();
    await this.watch.close();
    if (this.#isSocketFolderOurs) {
      await Deno.remove(this.#socketFolder, { recursive: true }).catch(() => {});
    }
  }
}

/** How many executors there may be: as many as the node's bounds say, or as there are memory and descriptors for. */
function executorsMaxOf(
  { systemBytes = Infinity, bounds }: HostParts,
  descriptors: Descriptors,
): number {
  if (bounds.executorsMax !== Infinity) return bounds.executorsMax;
  const forMemory = systemBytes * bounds.executorsMemoryShare / bounds.executorCostBytes;
  return Math.max(1, Math.floor(Math.min(forMemory, descriptors.executorsMax)));
}

/** Why executors' sockets cannot lie in a folder; undefined where they can. */
function whyNoSockets(folder: string): string | undefined {
  const { length } = new TextEncoder().encode(`${folder}/99999999`);
  if (length > socketPathBytesMax) {
    return `its path is too long, a socket's has ${socketPathBytesMax} bytes at most and would have ${length}`;
  }
  // As a root's would be; see open.
  if (!Deno.build.standalone && folder.includes(",")) return "its path has a comma";
  return undefined;
}

/** @param whyNeeded Why the root itself cannot be used. @throws {RootUnreadable} If no folder can be used. */
async function temporarySocketFolder(whyNeeded: string, { log }: HostParts): Promise<string> {
  const { path, refusals } = await makeTemporaryFolder("farcall-", { whyNot: whyNoSockets });
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
