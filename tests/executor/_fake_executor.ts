/** An executor scripted by a test: it sends its node whatever the test wants. */
import { Channel } from "../../lib/channel/mod.ts";
import type { CallOut, CallSink, StreamSink } from "../../lib/executor/call.ts";
import { pongRoute } from "../../lib/executor/link.ts";
import { ExecutorProcess } from "../../lib/executor/supervisor/process.ts";
import type { ExecutorEnd } from "../../lib/executor/supervisor/process_options.ts";
import { ProgressReader, ProgressWriter } from "../../lib/executor/progress.ts";
import { type LimitChanges, limitsWith } from "../../lib/limits/mod.ts";
import { MemoryListener } from "../../lib/transport/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { fullLimits, type ServiceLimits } from "../../lib/manifest/mod.ts";
import { temporaryFolder, until } from "../_support/nodes/node.ts";

/** Frames from the node. */
export interface Heard {
  readonly kind: number;
  readonly route: number;
  readonly number: number;
}

/** How a call ended, e.g. `result 3` (bytes) or the exception's type and message. */
export interface FakeCall {
  readonly number: number;
  readonly outcomes: string[];
  readonly streamed: string[];
}

const overloads = [0, 1].map((index) => ({
  rpc: `rpc${index}`,
  args: [],
  returns: [],
  script: "0".repeat(64) as never,
  url: "file:///none",
}));

/** A node's end of an executor's link, and the other end. */
export class FakeExecutor implements AsyncDisposable {
  readonly process: ExecutorProcess;
  readonly channel: Channel;
  readonly writer: ProgressWriter;
  readonly heard: Heard[] = [];
  readonly lines: string[] = [];
  /** Calls that can run elsewhere. */
  notBegun = 0;
  /** Its processor time, as the system reports it; undefined if unknown. */
  processorMs: number | undefined = 0;
  end: ExecutorEnd | undefined;
  /** Its replies to pings; by default those of an idle executor. */
  onPing: (number: number) => void = (number) => this.pong(number);
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: { process: ExecutorProcess; channel: Channel; writer: ProgressWriter },
    stack: AsyncDisposableStack,
  ) {
    this.process = parts.process;
    this.channel = parts.channel;
    this.writer = parts.writer;
    this.#stack = stack;
  }

  static async start(
    options: { limits?: ServiceLimits; bounds?: LimitChanges; isReady?: boolean } = {},
  ): Promise<FakeExecutor> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    const progress = new ProgressReader(`${folder.path}/socket`);
    const writer = new ProgressWriter(`${folder.path}/socket`);
    const listener = new MemoryListener();
    const [transport, far] = await Promise.all([listener.accept(), listener.connect()]);
    const { promise: status, resolve } = Promise.withResolvers<Deno.CommandStatus>();
    const channel = new Channel(far, { queuedBytesMax: Infinity });
    // deno-lint-ignore prefer-const -- callbacks refer to it before it is assigned
    let fake: FakeExecutor;
    const process = new ExecutorProcess(
      {
        pid: 1,
        status,
        kill: () => {
          channel.close();
          resolve({ success: false, code: 137, signal: "SIGKILL" });
        },
      },
      transport!,
      {
        progress,
        watch: {
          hurry: () => {},
          remove: () => {},
          processorMsOf: () => Promise.resolve(fake.processorMs),
        },
        events: {
          console: ({ text }) => {
            fake.lines.push(text);
            return undefined;
          },
          callOver: () => {},
          notBegun: () => fake.notBegun += 1,
          recovered: () => {},
        },
        stderrTail: Promise.resolve(""),
        limits: fullLimits(options.limits),
        bounds: limitsWith(options.bounds),
        overloadCount: overloads.length,
        targetCount: 2,
      },
    );
    fake = new FakeExecutor({ process, channel, writer }, stack.move());
    channel.run((kind, route, number) => {
      fake.heard.push({ kind, route, number });
      if (kind === FrameKind.ping) fake.onPing(number);
    }).catch(() => {});
    process.ended.then((end) => fake.end = end);
    if (options.isReady !== false) {
      const ready = process.load({ service: "fake", overloads, servicesFolder: "/" });
      fake.say(FrameKind.ready, 0, 0, { problems: [] });
      await ready;
    }
    return fake;
  }

  /** Sends a frame; a body that is neither bytes nor undefined is sent as JSON. */
  say(kind: number, route: number, number: number, body: unknown = new Uint8Array(0)): void {
    this.channel.send(
      kind,
      route,
      number,
      body instanceof Uint8Array ? body : encodeJson(body as object),
    );
  }

  pong(number: number, route: keyof typeof pongRoute = "read"): void {
    this.say(FrameKind.pong, pongRoute[route], number);
  }

  /** The node sends it a call. */
  call(options: { deadlineMs?: number; streams?: boolean; callOut?: CallOut } = {}): FakeCall {
    const outcomes: string[] = [];
    const streamed: string[] = [];
    const streams: StreamSink = {
      open: () => streamed.push("open"),
      item: (payload) => streamed.push(`item ${payload.length}`),
      credit: (stream, bytes) => streamed.push(`credit ${stream} ${bytes}`),
    };
    const sink: CallSink = {
      result: (payload) => outcomes.push(`result ${payload.length}`),
      exception: (type, message) => outcomes.push(`${type}: ${message}`),
      ...(options.streams && { streams }),
      callOut: options.callOut,
    };
    const deadlineMs = performance.now() + (options.deadlineMs ?? 60_000);
    const call = { left: () => {}, overload: 0, deadlineMs, isLimitOfService: false, sink };
    return { number: this.process.call(call, new Uint8Array(3)), outcomes, streamed };
  }

  /** Waits until the node has read everything sent so far. */
  async settled(): Promise<void> {
    await this.channel.flushed();
    await until("what was said is heard", () =>
      this.end !== undefined || this.channel.isClosed ||
      this.channel.queuedBytes === 0);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("the test is over");
    await this.process.ended;
    await this.#stack.disposeAsync();
  }
}
