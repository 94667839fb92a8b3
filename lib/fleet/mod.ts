/**
 * Fleets whose nodes come and go: presence, labels, and the desired state that each node follows. Uses a connection to
 * NATS to publish, subscribe and store; must not know of sessions, or how a node deploys.
 *
 * @module
 */
export {
  contentIn,
  encodeContent,
  type FleetContent,
  type FleetService,
  manifestFor,
} from "./content.ts";
export {
  type FetchedScript,
  Follower,
  type FollowingNode,
  NodeIsBusy,
  type ReachedState,
} from "./follower.ts";
export { type FleetMembers, FleetView, withoutAbsentNodes } from "./fleet_view.ts";
export { type FleetLink, nodeInbox } from "./link.ts";
export { FleetMember, type MemberNode } from "./member.ts";
export {
  fleetSubjects,
  type Presence,
  type PresenceFacts,
  readPresence,
  signPresence,
} from "./presence.ts";
export { type PastState, StatePublisher } from "./publisher.ts";
export {
  type Absence,
  holderOf,
  readAbsences,
  readRoster,
  type RefusedPresence,
  type Roster,
  rosterOf,
} from "./roster.ts";
export { isWellSigned, type SignedState } from "./signed_state.ts";
export { withPresentNodes } from "./resolve.ts";
export { type WatchedConfiguration, watchNodes } from "./roster_watch.ts";
