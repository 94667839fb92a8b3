/** Reads OpenTelemetry's environment variables. Pure. */
import { limits } from "../limits/mod.ts";

/** Reads a variable. */
export type Environment = (name: string) => string | undefined;

/** The export settings. */
export interface TraceSettings {
  /** The collector's URL. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Attributes of all spans: `service.name` and others. */
  readonly resource: Readonly<Record<string, string>>;
  /** Whether a call's incoming trace decides on recording. */
  readonly isParentBased: boolean;
  /** The recorded share of traces that begin here. */
  readonly ratio: number;
  /** Problems that prevent any export, and warnings. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** @returns Undefined if nothing is to be exported. */
export function traceSettings(env: Environment): TraceSettings | undefined {
  if (env("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true") return undefined;
  const exporters = env("OTEL_TRACES_EXPORTER") || "otlp";
  if (!exporters.split(",").some((name) => name.trim() === "otlp")) return undefined;
  const endpoint = endpointOf(env);
  if (endpoint === undefined) return undefined;
  const problems: string[] = [];
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : "")) {
    problems.push(
      `"${endpoint}" is not the URL of a collector; set OTEL_EXPORTER_OTLP_ENDPOINT to one such as ` +
        "http://127.0.0.1:4318",
    );
  }
  const protocol = of(env, "PROTOCOL") ?? "http/json";
  if (protocol === "grpc") {
    problems.push(
      'farcall exports traces over HTTP, not over gRPC; set OTEL_EXPORTER_OTLP_PROTOCOL to "http/json", and ' +
        "the collector's port for HTTP, usually 4318",
    );
  }
  const warnings: string[] = [];
  const sampler = samplerOf(env, warnings);
  return {
    endpoint,
    headers: pairs(of(env, "HEADERS")),
    timeoutMs: milliseconds(of(env, "TIMEOUT")) ?? limits.spansExportTimeoutMs,
    resource: resourceOf(env),
    ...sampler,
    problems,
    warnings,
  };
}

function endpointOf(env: Environment): string | undefined {
  const own = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (own) return own;
  const base = env("OTEL_EXPORTER_OTLP_ENDPOINT");
  return base ? `${base.endsWith("/") ? base.slice(0, -1) : base}/v1/traces` : undefined;
}

/** An exporter's variable; the one for traces takes precedence. */
function of(env: Environment, name: string): string | undefined {
  return env(`OTEL_EXPORTER_OTLP_TRACES_${name}`) || env(`OTEL_EXPORTER_OTLP_${name}`) || undefined;
}

function samplerOf(
  env: Environment,
  warnings: string[],
): Pick<TraceSettings, "isParentBased" | "ratio"> {
  const name = env("OTEL_TRACES_SAMPLER") || "parentbased_always_on";
  const isParentBased = name.startsWith("parentbased_");
  switch (isParentBased ? name.slice("parentbased_".length) : name) {
    case "always_on":
      return { isParentBased, ratio: 1 };
    case "always_off":
      return { isParentBased, ratio: 0 };
    case "traceidratio": {
      const ratio = Number(env("OTEL_TRACES_SAMPLER_ARG") || 1);
      if (ratio >= 0 && ratio <= 1) return { isParentBased, ratio };
      warnings.push("OTEL_TRACES_SAMPLER_ARG takes a share from 0 to 1; all traces are recorded");
      return { isParentBased, ratio: 1 };
    }
    default:
      warnings.push(
        `OTEL_TRACES_SAMPLER "${name}" is not known here; write always_on, always_off or traceidratio, ` +
          "each also behind parentbased_; all traces are recorded, unless their callers say otherwise",
      );
      return { isParentBased: true, ratio: 1 };
  }
}

function resourceOf(env: Environment): Record<string, string> {
  const given = pairs(env("OTEL_RESOURCE_ATTRIBUTES"));
  const name = env("OTEL_SERVICE_NAME") || given["service.name"] || "farcall";
  return { ...given, "service.name": name };
}

/** Parses `name=value,name=value`, with values encoded as in URLs. */
function pairs(text = ""): Record<string, string> {
  const found: [string, string][] = [];
  for (const pair of text.split(",").slice(0, limits.traceSettingsMax)) {
    const [name, ...rest] = pair.split("=");
    const value = rest.join("=").trim();
    if (name === undefined || name.trim() === "" || rest.length === 0) continue;
    found.push([name.trim(), decoded(value)]);
  }
  return Object.fromEntries(found);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function milliseconds(text: string | undefined): number | undefined {
  const ms = Number(text);
  return text !== undefined && ms >= 1 && ms <= 600_000 ? ms : undefined;
}
