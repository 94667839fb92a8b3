/** `this.farcall` of scripts whose service may call others. */
import { freezeClasses } from "./frozen_classes.ts";

/** Makes the calls of one call's script. */
export interface ServiceCalls {
  readonly services: readonly string[];
  /** Undefined if the script may call no rpc of the service. */
  rpcsOf(service: string): readonly string[] | undefined;
  /** @throws If the call cannot be made. */
  call(service: string, rpc: string, values: readonly unknown[]): Promise<unknown>;
}

/** The functions of a service, by name. */
type ServiceFunctions = Readonly<Record<string, (...values: unknown[]) => Promise<unknown>>>;

/** The callable services. */
export class Services {
  readonly #calls: ServiceCalls;

  constructor(calls: ServiceCalls) {
    this.#calls = calls;
  }

  /**
   * The callable functions of a service: an object without a prototype and without any other property, whatever their
   * names.
   */
  service(name: string): ServiceFunctions {
    const calls = this.#calls;
    const rpcs = typeof name === "string" ? calls.rpcsOf(name) : undefined;
    if (rpcs === undefined) {
      const shown = typeof name === "string"
        ? `"${name.slice(0, 64)}"`
        : "with a name that is not a string";
      throw new TypeError(
        `the scripts of this service may not call service ${shown}, only ${
          calls.services.join(", ")
        }; grant it in init.yaml, under calls: of this service`,
      );
    }
    const functions: ServiceFunctions = Object.create(null);
    for (const rpc of rpcs) {
      const value = Object.freeze(async (...values: unknown[]) => {
        return await calls.call(name, rpc, values);
      });
      Object.defineProperty(functions, rpc, { value, enumerable: true });
    }
    return Object.freeze(functions);
  }
}

freezeClasses(Services);
