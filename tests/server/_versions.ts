/** Deployments that can be told apart by a call. */
import type { TestDeployment } from "../_support/node.ts";

/** One service, whose rpc says who it is, and waits first when asked to. */
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

/** What `who` returns. */
export const text = { returns: ["str"] };
