/**
 * Deployers of a node without deploy keys: its own user on its own machine. A connection from this machine proves
 * nothing: other users are there, and the node's own scripts, if they may connect. So deployers prove that they can
 * read a file in the node's root, which is private to its user and never granted to a script.
 */
import { Unauthenticated } from "../../errors/mod.ts";
import { localProof, localSecretName, newChallenge } from "../../identity/mod.ts";
import type { Request, Responses } from "../../protocol/mod.ts";
import type { NodeIdentity } from "./identity.ts";

/** The file's content; new at each start. */
export class LocalSecret {
  /** The file's absolute path. */
  readonly path: string;
  readonly #secret = newChallenge();

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes it into a root.
   *
   * @throws The operating system's error.
   */
  static async write(root: string): Promise<LocalSecret> {
    const local = new LocalSecret(`${root}/${localSecretName}`);
    await LocalSecret.remove(root);
    await Deno.writeTextFile(local.path, local.#secret, { createNew: true, mode: 0o600 });
    return local;
  }

  /**
   * Ensures that the file exists: its root may have been removed, or restored from a backup.
   *
   * @param reclaim Recreates the root, or throws if it is no longer the node's.
   * @throws The errors of `reclaim`, or the operating system's.
   */
  async restore(reclaim: () => Promise<void>): Promise<void> {
    const found = await Deno.readTextFile(this.path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (found === this.#secret) return;
    await reclaim();
    await Deno.remove(this.path).catch(() => {});
    await Deno.writeTextFile(this.path, this.#secret, { createNew: true, mode: 0o600 });
  }

  /** Removes it from a root where it would be useless. */
  static async remove(root: string): Promise<void> {
    await Deno.remove(`${root}/${localSecretName}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Whether this is the proof for its challenge. */
  async isProvedBy(proof: string, claim: { challenge: string; to: string }): Promise<boolean> {
    const expected = await localProof({ secret: this.#secret, ...claim });
    let difference = proof.length ^ expected.length;
    for (let index = 0; index < expected.length; index++) {
      difference |= expected.charCodeAt(index) ^ proof.charCodeAt(index);
    }
    return difference === 0;
  }
}

/** The proof's state on one connection. */
export class LocalTrust {
  #challenge: string | undefined;
  #isProved = false;

  /** Whether it is the node's own user, on its own machine. */
  get isProved(): boolean {
    return this.#isProved;
  }

  /**
   * Issues a challenge, or verifies the proof.
   *
   * @throws {Unauthenticated} If it is invalid here.
   */
  async take(
    { to, proof }: Request & { op: "local" },
    { secret, here }: { secret: LocalSecret; here: NodeIdentity },
  ): Promise<Responses["local"]> {
    if (to === undefined || proof === undefined) {
      this.#challenge ??= newChallenge();
      return { file: secret.path, challenge: this.#challenge };
    }
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (challenge === undefined) throw new Unauthenticated("ask for the challenge first");
    if (!here.isReachedAt(to)) {
      throw new Unauthenticated(`the proof is for the node at ${to}, and this is another`);
    }
    if (!await secret.isProvedBy(proof, { challenge, to })) {
      throw new Unauthenticated(
        `the proof is not made with what stands in "${secret.path}" now; try again`,
      );
    }
    this.#isProved = true;
    return {};
  }
}
