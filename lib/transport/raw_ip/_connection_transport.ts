import { ConnectionLost } from "../../errors/mod.ts";
import { formatAddress, type Transport } from "../mod.ts";
import { WriteQueue } from "../write_queue.ts";
import type { EndpointDriver } from "./_endpoint_driver.ts";
import { explainFailure } from "./_problems.ts";
import type { Connection } from "./engine/mod.ts";
import { formatIpv4 } from "./socket/mod.ts";

/** An engine connection as a {@linkcode Transport}. */
export class ConnectionTransport implements Transport {
  readonly remote: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  readonly carrier: "ip" | "udp";
  readonly #connection: Connection;
  readonly #driver: EndpointDriver;
  #isClosed = false;
  #isEnded = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  readonly #writes = new WriteQueue((bytes) => this.#writeWhole(bytes));

  constructor(connection: Connection, driver: EndpointDriver, onClosed?: () => void) {
    this.#connection = connection;
    this.#driver = driver;
    this.remoteHost = formatIpv4(connection.remoteAddress);
    this.remotePort = connection.remotePort;
    this.remote = formatAddress(this.remoteHost, this.remotePort);
    this.localHost = formatIpv4(connection.localAddress);
    this.localPort = driver.localPort;
    this.carrier = driver.carrier;
    connection.events = {
      onReadable: () => this.#wakeReader?.(),
      onWritable: () => this.#wakeWriter?.(),
      onClosed: () => {
        this.#wakeReader?.();
        this.#wakeWriter?.();
        onClosed?.();
      },
    };
  }

  async read(target: Uint8Array): Promise<number | null> {
    const connection = this.#connection;
    for (;;) {
      if (this.#isClosed) throw closed();
      const count = connection.read(target);
      if (count > 0 || target.length === 0) return count;
      if (connection.isReadEnded) return null;
      if (connection.isClosed) throw this.#lost();
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
      this.#wakeReader = undefined;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writes.write(bytes);
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    const connection = this.#connection;
    let written = 0;
    for (;;) {
      if (this.#isClosed || this.#isEnded) throw closed();
      if (connection.isClosed) throw this.#lost();
      written += connection.write(written === 0 ? bytes : bytes.subarray(written));
      if (written === bytes.length) return;
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
      this.#wakeWriter = undefined;
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed) throw closed();
    if (this.#connection.isClosed) throw this.#lost();
    await this.#writes.settled();
    this.#isEnded = true;
    this.#connection.end();
  }

  close(): void {
    if (!this.#isClosed) this.#leave(() => this.#connection.close());
  }

  reset(): void {
    this.#leave(() => this.#connection.reset());
  }

  #leave(end: () => void): void {
    this.#isClosed = true;
    end();
    // Not deferred: the program may be about to exit.
    this.#driver.work();
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  #lost(): Error {
    const { failure } = this.#connection;
    if (failure === undefined) return closed();
    return new ConnectionLost(
      `the connection to ${this.remote} is lost: ${
        explainFailure(failure, { errno: this.#driver.lastErrno })
      }`,
      { node: this.remote },
    );
  }
}

function closed(): Error {
  return new Error("the connection is closed");
}
