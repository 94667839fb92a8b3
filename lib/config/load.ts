/** init.yaml → {@linkcode Configuration}. */
import { dirname, isAbsolute, resolve } from "node:path";
import { type ConfigurationBounds, configurationBounds } from "./bounds.ts";
import { type Check, readFields } from "./sections/fields.ts";
import { readFile } from "./sections/file.ts";
import { Diagnostics } from "./diagnostics.ts";
import { readNetwork } from "./sections/network.ts";
import { describe, isNothing, type YamlNode } from "./yaml/nodes.ts";
import type { ScriptReference } from "./sections/rpcs.ts";
import { checkScripts } from "./sections/scripts.ts";
import { readServices, readSharedRpcs } from "./sections/services.ts";
import { SourceText } from "./source.ts";
import { readYaml } from "./yaml/yaml.ts";
import type { Diagnostic } from "../errors/mod.ts";
import type { Configuration, SourcePosition } from "./model.ts";

/** How a file is loaded. */
export interface LoadOptions {
  /**
   * `check`, the default, reports missing scripts. `ignore` does not look for scripts: for a caller, which needs only
   * the file.
   */
  readonly scripts?: "check" | "ignore";
  /**
   * Finds the mistakes in scripts that exist. Used only if the file itself has mistakes, so that one run reports all of
   * them. Default: scripts are not checked here.
   */
  readonly findInScripts?: FindInScripts;
  /** The text of the file, if it was read already; the path then only names it. */
  readonly text?: string;
  /** Other bounds than {@linkcode configurationBounds}. */
  readonly bounds?: Partial<ConfigurationBounds>;
}

/** An rpc's script, and where the file names it. */
export interface NamedScript {
  /** Absolute. */
  readonly source: string;
  readonly rpc: string;
  readonly position: SourcePosition & { readonly file: string };
}

/** Finds the mistakes in scripts; never throws. `folder` is that of the init.yaml. */
export type FindInScripts = (
  scripts: readonly NamedScript[],
  options: { readonly folder: string },
) => Promise<readonly Diagnostic[]>;

/** How a text is parsed. */
export interface ParseOptions {
  /** The file's name in mistakes, e.g. `init.yaml`. */
  readonly file: string;
  /** The absolute base folder of relative script paths. */
  readonly folder: string;
  /** Other bounds than {@linkcode configurationBounds}. */
  readonly bounds?: Partial<ConfigurationBounds>;
}

/**
 * Reads and checks an init.yaml, and by default that every script it names exists.
 *
 * @param path The file; a relative one starts from the working directory.
 * @throws {InvalidConfiguration} The file cannot be read (then its one mistake is at line 1, column 1,
 * and has no source line), or has mistakes: all of them, in the order of the file.
 */
export async function loadConfiguration(
  path: string,
  options: LoadOptions = {},
): Promise<Configuration> {
  const bounds = { ...configurationBounds, ...options.bounds };
  const text = options.text ?? await readFile(path, bounds.fileBytesMax);
  const folder = dirname(resolve(path));
  const { check, scripts, configuration } = checkText(text, { file: path, folder, bounds });
  const { findings } = check;
  if (options.scripts === "ignore") findings.throwIfAny();
  else {
    const existing = await checkScripts(check, [...scripts]);
    const { findInScripts } = options;
    const inScripts = findings.count > 0 && findInScripts !== undefined
      ? await findInScripts(
        existing.map(({ path: source, rpc, offset }) => {
          return { source, rpc, position: { file: path, ...findings.positionOf(offset) } };
        }),
        { folder },
      )
      : [];
    findings.throwIfAny(inScripts);
  }
  return configuration;
}

/**
 * Checks the text of an init.yaml. Pure: does not look at files, not even the scripts.
 *
 * @throws {InvalidConfiguration} Every mistake in the text, in the order of the text.
 * @throws {TypeError} `folder` is not absolute.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const text = `
 * network:
 *   servers: { s1: { ip: 127.0.0.1, port: 8181 } }
 *   clients: { c1: { ip: 127.0.0.1 } }
 * services:
 *   math:
 *     providers: s1
 *     tenants: c1
 *     rpcs:
 *       add: { args: [int, int], returns: int, src: add.ts }
 * `;
 * const { services } = parseConfiguration(text, { file: "init.yaml", folder: "/srv" });
 * assert.equal(services.get("math")!.rpcs.get("add")!.overloads[0]?.source, "/srv/add.ts");
 * ```
 */
export function parseConfiguration(text: string, options: ParseOptions): Configuration {
  if (!isAbsolute(options.folder)) {
    throw new TypeError(`expected an absolute folder, got "${options.folder}"`);
  }
  const bounds = { ...configurationBounds, ...options.bounds };
  const checked = checkText(text, { file: options.file, folder: options.folder, bounds });
  checked.check.findings.throwIfAny();
  return checked.configuration;
}

interface Checked {
  readonly check: Check;
  readonly scripts: Iterable<ScriptReference>;
  /** Valid only without mistakes. */
  readonly configuration: Configuration;
}

function checkText(
  text: string,
  { file, folder, bounds }: { file: string; folder: string; bounds: ConfigurationBounds },
): Checked {
  const source = new SourceText(text);
  const findings = new Diagnostics(source, { file, mistakesMax: bounds.mistakesMax });
  const check: Check = { findings, bounds, folder };
  const empty: Checked = {
    check,
    scripts: [],
    configuration: { file, folder, servers: new Map(), clients: new Map(), services: new Map() },
  };
  if (new TextEncoder().encode(text).length > bounds.fileBytesMax) {
    findings.add({ at: 0, message: `larger than ${bounds.fileBytesMax} bytes` });
    return empty;
  }
  const root = readYaml(findings, bounds);
  if (root === undefined) return empty;
  return checkRoot(check, root, empty);
}

function checkRoot(check: Check, root: YamlNode, empty: Checked): Checked {
  const { findings } = check;
  const hint = "begin with network: and below it, indented, servers: and clients:";
  if (isNothing(root)) {
    const message = "the file is empty, expected network and services";
    findings.add({ at: 0, message, hint });
    return empty;
  }
  if (root.kind === "scalar") {
    const message = `expected network and services as a map, got ${describe(root)}`;
    findings.add({ at: root, message, hint });
    return empty;
  }
  const sections = readFields(check, root, {
    what: "the file",
    section: "file",
    sample: "network: and services:",
  });
  if (sections === undefined) return empty;
  const [networkSection, servicesSection] = [sections.get("network"), sections.get("services")];
  if (networkSection === undefined) {
    const hint = "write network: and below it, indented, servers: and clients:";
    findings.add({ at: 0, message: 'the section "network" is missing', hint });
  }
  if (servicesSection === undefined) {
    const hint =
      "write services: and below it, indented, their names; or services: {} if there are none";
    findings.add({ at: 0, message: 'the section "services" is missing', hint });
  }
  const network = readNetwork(check, networkSection);
  const sharedRpcs = readSharedRpcs(check, sections.get("rpc"));
  const read = servicesSection && readServices(check, servicesSection, { network, sharedRpcs });
  return {
    check,
    scripts: read?.scripts ?? [],
    configuration: {
      ...empty.configuration,
      ...(network.nats && { nats: network.nats }),
      servers: network.servers,
      clients: network.clients,
      services: read?.services ?? new Map(),
    },
  };
}
