/** Deployments that a call can distinguish. */
import type { TestDeployment } from "../../_support/nodes/node.ts";

/** One service, whose rpc returns its version, and waits first on request. */
export function version(name: string, service = "who"): TestDeployment {
  return {
    services: {
      [service]: {
        rpcs: {
          who: { returns: ["str"], source: `export const who = () => "${name}";` },
          wait: {
            args: ["int"],
            returns: ["str"],
            source: `export const wait = (ms) =>
              new Promise((done) => setTimeout(() => done("${name}"), ms));`,
          },
        },
      },
    },
  };
}

/** The result of `who`. */
export const text = { returns: ["str"] };

/** A service of the node s1, for c1 on loopback, whose rpc returns its version. */
export function versionOfS1(name: string): TestDeployment {
  const source = `export const who = () => ${JSON.stringify(name)};`;
  return {
    node: "s1",
    clients: [{ name: "c1", ip: "127.0.0.1" }],
    services: { open: { rpcs: { who: { ...text, source } } } },
  };
}
