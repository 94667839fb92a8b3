/** The bounds of traces that are exported. Part of `limits`. */
const second = 1000;

export const traceBounds = {
  /** Characters of a tracestate: what W3C Trace Context wants passed on at least. A longer one is left out. */
  tracestateLengthMax: 512,
  /** Spans that wait for their export, about half a kilobyte each; of more, the newest are dropped and counted. */
  spansQueuedMax: 16_384,
  /** Spans in one request to the collector: some 300 KB, written in a few milliseconds. */
  spansPerExportMax: 512,
  /** Characters of a collector's answer that are read. */
  spansAnswerLengthMax: 64 * 1024,
  /** Spans wait so long for others to be sent with. */
  spansDelayMs: 2 * second,
  /** A collector has so long to answer. */
  spansExportTimeoutMs: 10 * second,
  /** After a failure, the pause doubles from the first to the last. */
  spansRetryMsFirst: second,
  spansRetryMsMax: 30 * second,
  /** A program that ends waits so long for its last spans to be sent. */
  spansFlushTimeoutMs: 2 * second,
  /** Characters of a text of a span. */
  spanTextLengthMax: 1024,
  /** Headers and attributes that the environment adds. */
  traceSettingsMax: 64,
} as const;
