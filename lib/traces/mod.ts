/**
 * Spans of calls, and their export to an OpenTelemetry collector (OTLP over HTTP, in JSON). Loaded only if the
 * environment names one. This room must never know how calls travel, or what runs them.
 *
 * @module
 */
import type { Log } from "../log/mod.ts";
import { SpanExporter } from "./exporter.ts";
import { traceSettings } from "./settings.ts";
import { Tracer } from "./tracer.ts";

export type { SpanCounts } from "./exporter.ts";
export type { AttemptSpan, MadeCall } from "./made_call.ts";
export type { ServedCall } from "./served_call.ts";
export type { Tracer } from "./tracer.ts";

let opened: { readonly key: string; readonly tracer: Tracer | undefined } | undefined;

/**
 * The tracer of this program, shared as long as its environment does not change.
 *
 * @param log Receives a node's problems.
 * @returns Undefined if the environment configures none.
 */
export function openTracer(log?: Log): Tracer | undefined {
  const settings = traceSettings((name) => Deno.env.get(name));
  const key = JSON.stringify(settings) ?? "";
  if (opened?.key !== key) {
    const isUsable = settings !== undefined && settings.problems.length === 0;
    opened = {
      key,
      tracer: isUsable ? new Tracer(settings, new SpanExporter(settings)) : undefined,
    };
  }
  // Each node has its own log.
  for (const message of settings?.problems ?? []) log?.error("traces.off", { message });
  for (const message of settings?.warnings ?? []) log?.warn("traces.settings", { message });
  const { tracer } = opened;
  if (tracer !== undefined && log !== undefined) tracer.exporter.log = log;
  return tracer;
}

/** Problems with the environment's settings, for programs without a log. */
export function traceProblems(): readonly string[] {
  const settings = traceSettings((name) => Deno.env.get(name));
  return settings === undefined ? [] : [...settings.problems, ...settings.warnings];
}
