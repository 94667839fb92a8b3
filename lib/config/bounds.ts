/** The bounds of a configuration. */
import { limits } from "../limits/mod.ts";

/** Every bound of reading a configuration. */
export interface ConfigurationBounds {
  /** Bytes of the file. */
  readonly fileBytesMax: number;
  /** Nesting of the YAML; a legal file needs about ten. */
  readonly depthMax: number;
  /** Total YAML nodes that aliases may expand to: stops a "billion laughs" file. */
  readonly aliasNodesMax: number;
  /** Mistakes that are reported; nobody reads more. */
  readonly mistakesMax: number;
  /** Script paths that are looked up on disk concurrently. */
  readonly lookupsAtOnceMax: number;
  /** Services in the file. */
  readonly servicesMax: number;
  /** Overloads of one service. */
  readonly overloadsPerServiceMax: number;
  /** Clients in the file. */
  readonly clientsMax: number;
  /** Characters of a name. */
  readonly nameLengthMax: number;
}

/** The defaults: the bounds of a manifest, and of a sane file. */
export const configurationBounds: ConfigurationBounds = {
  fileBytesMax: limits.configurationBytesMax,
  depthMax: limits.yamlDepthMax,
  aliasNodesMax: limits.yamlAliasNodesMax,
  mistakesMax: limits.mistakesMax,
  lookupsAtOnceMax: limits.filesAtOnceMax,
  servicesMax: limits.servicesMax,
  overloadsPerServiceMax: limits.overloadsPerServiceMax,
  clientsMax: limits.clientsMax,
  nameLengthMax: limits.nameLengthMax,
};
