/** Our side of the original protocol on the virtual network, with a store in memory that is slow or full on demand. */
import { silentLog } from "../../lib/log/mod.ts";
import { Engine, type EngineOptions, type MessageToKeep } from "../../lib/peer/original/engine.ts";
import type { Introduction } from "../../lib/peer/original/packet.ts";
import type { VirtualNetwork } from "./_virtual_network.ts";

export class VirtualFarcall {
  readonly engine: Engine;
  readonly messages: MessageToKeep[] = [];
  /** Complete files, by id. */
  readonly files = new Map<string, Uint8Array>();
  readonly introductions: [string, Introduction][] = [];
  /** The duration of storing, and whether it succeeds. */
  storeMs = 0;
  isDiskFull = false;
  readonly #network: VirtualNetwork;
  readonly #chunks = new Map<string, Map<number, Uint8Array>>();
  #armedMs: number | undefined;

  constructor(
    network: VirtualNetwork,
    address: string,
    options: Partial<EngineOptions> & { readonly machineId: string },
  ) {
    this.#network = network;
    this.engine = new Engine({
      log: silentLog,
      introduction: () => ({ name: address, files: [] }),
      world: {
        transmit: ({ protocol, to, from = address, bytes }) => {
          network.transmit({ protocol, from, to, payload: bytes });
        },
        keepMessage: (message, done) =>
          this.#store(done, () => {
            this.messages.push(message);
          }),
        keepChunk: ({ file, index, data }, done) => {
          const copy = data.slice();
          this.#store(done, () => {
            file.add(index, copy.length);
            const chunks = this.#chunks.get(file.fileId) ?? new Map<number, Uint8Array>();
            this.#chunks.set(file.fileId, chunks.set(index, copy));
            if (!file.isWhole) return;
            const parts = Array.from({ length: file.total }, (_, part) => chunks.get(part)!);
            this.files.set(
              file.fileId,
              Uint8Array.from(parts.flatMap((part) => [...part])),
            );
            this.engine.incoming.finish(file, network.nowMs);
          });
        },
        introduced: (from, introduction) => this.introductions.push([from, introduction]),
        heard: () => {},
      },
      ...options,
    });
    network.attach(address, ({ protocol, from, to, payload }) => {
      this.engine.receive({ protocol, from, to, payload }, network.nowMs);
      this.arm();
    });
  }

  /** Sends a message. @returns Its outcome, once known. */
  send(to: string, content: string, timestamp: string): { delivery?: string; attempts?: number } {
    const outcome: { delivery?: string; attempts?: number } = {};
    this.engine.sendMessage(
      to,
      { content, sender: "anonymous", channel: "general", timestamp },
      {
        nowMs: this.#network.nowMs,
        settled: (delivery, attempts) => Object.assign(outcome, { delivery, attempts }),
      },
    );
    this.arm();
    return outcome;
  }

  /**
   * Sends a file in chunks, as many concurrently as permitted.
   *
   * @returns The numbers of acknowledged and of lost ones.
   */
  sendFile(
    to: string,
    { id, name, bytes }: { id: string; name: string; bytes: Uint8Array },
    chunkBytes = 840,
  ): { acknowledged: number; failed: number; total: number } {
    const total = Math.ceil(bytes.length / chunkBytes);
    const outcome = { acknowledged: 0, failed: 0, total };
    for (let index = 0; index < total; index++) {
      this.engine.sendChunk(to, {
        data: bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
        chunk: { fileId: id, fileName: name, index, total, channel: "general", sender: "me" },
        nowMs: this.#network.nowMs,
        settled: (delivery) => {
          if (delivery === "acknowledged") outcome.acknowledged++;
          else outcome.failed++;
        },
      });
    }
    this.arm();
    return outcome;
  }

  /** Advances the engine when it asks for that. */
  arm(): void {
    const due = this.engine.nextDueMs;
    if (due === undefined || this.#armedMs !== undefined && this.#armedMs <= due) return;
    this.#armedMs = due;
    this.#network.after(Math.max(0, due - this.#network.nowMs), () => {
      this.#armedMs = undefined;
      this.engine.advance(this.#network.nowMs);
      this.arm();
    });
  }

  #store(done: (isSafe: boolean) => void, work: () => void): void {
    const store = (): void => {
      if (this.isDiskFull) return done(false);
      work();
      done(true);
    };
    if (this.storeMs === 0) store();
    else this.#network.after(this.storeMs, store);
  }
}
