/** Couples an endpoint of the engine with a socket, the clock and one timer. */
import { limits } from "../../limits/mod.ts";
import { crc32 } from "./_crc32.ts";
import {
  type Connection,
  type ConnectOptions,
  createEndpoint,
  createMemory,
  type Endpoint,
  type PacketBatch,
  packetBatch,
  type Path,
  rawIpCarrier,
  udpCarrier,
} from "./engine/mod.ts";
import {
  errnos,
  nextTurn,
  type PacketHandler,
  PacketSocket,
  type ReceivedPacket,
  routeTo,
  udpProtocol,
} from "./socket/mod.ts";

/** The addresses of an endpoint. */
export interface DriverOptions {
  /** The IP header's protocol number; UDP's for UDP packets. */
  readonly protocol: number;
  readonly localHost: number;
  /** 0 for any free port. */
  readonly localPort: number;
  /** The node to connect to; undefined for a listener. */
  readonly remote?: { readonly host: number; readonly port: number };
  readonly onConnection?: (connection: Connection) => void;
}

/** Shared by all endpoints of the process. */
const memory = createMemory();
const secret = crypto.getRandomValues(new Uint8Array(16));

/** The batch for flushes; undefined while one waits for the socket to become writable. */
let sharedBatch: PacketBatch | undefined;

/** A socket and its connections. It ends by itself once it is closed and its last connection is over. */
export class EndpointDriver {
  readonly #socket: PacketSocket;
  readonly #endpoint: Endpoint;
  readonly #remoteHost: number | undefined;
  readonly carrier: "ip" | "udp";
  #isWorkDue = false;
  #isWorkScheduled = false;
  #isClosing = false;
  /** Packets that the system had no room for, from `first` on. */
  #blocked: { readonly batch: PacketBatch; readonly first: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;
  #path: Path = { remoteAddress: 0, remotePort: 0, localAddress: 0 };
  #batchMs: number | undefined;
  /** The last error that the system reported for packets to a peer. */
  lastErrno: number | undefined;

  /** @throws The errors of `PacketSocket`. */
  constructor(options: DriverOptions) {
    const { protocol, localHost, localPort, remote, onConnection } = options;
    const isUdp = protocol === udpProtocol;
    this.carrier = isUdp ? "udp" : "ip";
    this.#remoteHost = remote?.host;
    const handler: PacketHandler = {
      onPacket: (packet) => this.#onPacket(packet),
      onBatch: () => this.#onBatch(),
      onWritable: () => this.#onWritable(),
      coalesceMs: () => this.#endpoint.coalesceMs,
      onError: ({ errno, remoteHost = this.#remoteHost }) => this.#onError(errno, remoteHost),
    };
    this.#socket = new PacketSocket({ protocol, localHost, localPort, remote }, handler);
    this.#endpoint = createEndpoint({
      carrier: isUdp ? udpCarrier : rawIpCarrier(protocol),
      localPort: this.#socket.localPort,
      secret,
      random: (target) => crypto.getRandomValues(target as Uint8Array<ArrayBuffer>),
      crc32,
      startMs: performance.now(),
      memory,
      onConnection,
      onWork: () => this.#scheduleWork(),
      routeMtu: mtuOf,
      datagramMax: Math.floor(this.#socket.receiveBufferBytes / 8),
      fragments: !isUdp,
    });
  }

  get localHost(): number {
    return this.#socket.localHost;
  }

  get localPort(): number {
    return this.#socket.localPort;
  }

  /** Connects to the remote node. */
  connect(
    { host, port }: { readonly host: number; readonly port: number },
    options: Pick<ConnectOptions, "timeoutMs" | "silentMs" | "events">,
  ): Connection {
    const localAddress = this.#socket.localHost;
    const path = { remoteAddress: host, remotePort: port, localAddress };
    const connection = this.#endpoint.connect({ ...path, ...options }, performance.now());
    this.work();
    return connection;
  }

  /** Accepts no more connections; existing ones continue, and the socket closes after the last of them. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#endpoint.refuseConnections();
    this.work();
  }

  /** Flushes packets that are due. */
  work(): void {
    this.#isWorkDue = false;
    if (this.#blocked !== undefined) return;
    const batch = sharedBatch ?? packetBatch();
    sharedBatch = undefined;
    let isMore = true;
    for (let count = 0; isMore && count < limits.packetBatchesPerTurn; count++) {
      batch.count = 0;
      isMore = this.#endpoint.flush(performance.now(), batch);
      if (!isMore) break;
      const first = this.#socket.send(batch);
      if (first < batch.count) {
        this.#blocked = { batch, first };
        return;
      }
    }
    sharedBatch = batch;
    // Yield to the rest of the program.
    if (isMore) nextTurn().then(() => this.work());
    this.#setTimer();
    this.#endIfDone();
  }

  #scheduleWork(): void {
    this.#isWorkDue = true;
    if (this.#isWorkScheduled || this.#batchMs !== undefined) return;
    this.#isWorkScheduled = true;
    queueMicrotask(() => {
      this.#isWorkScheduled = false;
      if (this.#isWorkDue) this.work();
    });
  }

  #onPacket({ bytes, host, port, localHost }: ReceivedPacket): void {
    const path = this.#path;
    if (
      path.remoteAddress !== host || path.remotePort !== port || path.localAddress !== localHost
    ) {
      this.#path = { remoteAddress: host, remotePort: port, localAddress: localHost };
    }
    this.#batchMs ??= performance.now();
    this.#endpoint.receive(bytes, this.#path, this.#batchMs);
  }

  #onBatch(): void {
    this.#endpoint.endTurn(this.#batchMs ?? performance.now());
    this.#batchMs = undefined;
    this.work();
  }

  #onWritable(): void {
    const blocked = this.#blocked;
    if (blocked === undefined) return;
    const first = this.#socket.send(blocked.batch, blocked.first);
    if (first < blocked.batch.count) {
      this.#blocked = { ...blocked, first };
      return;
    }
    this.#blocked = undefined;
    sharedBatch ??= blocked.batch;
    this.work();
  }

  #onError(errno: number, remoteHost: number | undefined): void {
    if (remoteHost === undefined) return;
    const nowMs = performance.now();
    if (errno === errnos.EMSGSIZE) this.#endpoint.limitMtu(remoteHost, mtuOf(remoteHost), nowMs);
    else {
      this.lastErrno = errno;
      this.#endpoint.unreachable(remoteHost, nowMs);
    }
    this.#scheduleWork();
  }

  /** One timer, rearmed only for an earlier deadline: setting it takes longer than handling a packet. */
  #setTimer(): void {
    const dueMs = this.#endpoint.deadline;
    if (dueMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    const waitMs = Math.max(0, Math.ceil(dueMs - performance.now()));
    this.#timer = setTimeout(() => this.#onTimer(), waitMs);
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerMs = Infinity;
    this.#endpoint.onTimer(performance.now());
    this.work();
  }

  #endIfDone(): void {
    if (!this.#isClosing || this.#endpoint.connectionCount > 0) return;
    clearTimeout(this.#timer);
    this.#timerMs = -Infinity;
    this.#socket.close();
  }
}

/** The MTU of the interface towards an address; Ethernet's if unknown. */
function mtuOf(host: number): number {
  try {
    return routeTo(host).mtu;
  } catch {
    return 1500;
  }
}
