/** Environment variables. */

/** Variables that set options. */
export const variables = {
  config: "FARCALL_CONFIG",
  server: "FARCALL_SERVER",
  as: "FARCALL_AS",
  key: "FARCALL_KEY",
  timeout: "FARCALL_TIMEOUT",
} as const;

/** An option that a variable can set. */
export type SettingName = keyof typeof variables;

/** Every variable, for the manual. */
export const variableTexts: readonly { readonly name: string; readonly text: string }[] = [
  { name: variables.config, text: "the init.yaml of every command that reads one" },
  { name: variables.server, text: "--server of call, explain, types and status" },
  { name: variables.as, text: "--as of call, explain and types" },
  { name: variables.key, text: "--key of every command that has it" },
  { name: variables.timeout, text: "--timeout of call and explain" },
  {
    name: "FARCALL_NATS_CREDS",
    text: "a file with the credentials for NATS: .creds, an NKey's seed, or USER:PASSWORD",
  },
  {
    name: "TRACEPARENT",
    text: "the trace that the calls of call belong to (W3C Trace Context), with TRACESTATE",
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    text: "the collector that call and serve export traces to; see operations.md for its like",
  },
  { name: "NO_COLOR", text: "no colours, unless it is empty" },
  {
    name: "FORCE_COLOR",
    text: "colours even in a pipe, unless it is 0 or false; overrides NO_COLOR",
  },
];
