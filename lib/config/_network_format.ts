/** The sections about servers and clients. */
import { description, type SectionFormat, type SectionName } from "./_key_format.ts";

const ipWords = ["host", "hostname", "address", "addr"];
const inBoth = "in a server or a client";

export const networkFormat = {
  network: {
    title: "`network`",
    where: "in network",
    keys: {
      servers: {
        description: "the nodes, by their names",
        value: { mapOf: "server" },
        spellings: ["server"],
        words: ["nodes", "hosts"],
      },
      clients: {
        description: "the named callers; {} if nobody may call",
        value: { mapOf: "client" },
        spellings: ["client"],
        isRequired: true,
      },
      nats: {
        description: "the NATS server that relays to servers with `nats`",
        value: { section: "nats" },
        words: ["broker", "relay"],
      },
    },
  },
  nats: {
    title: "`nats` of the network",
    where: "in the nats of the network",
    keys: {
      url: {
        description: "nats://HOST:PORT or tls://HOST:PORT, or several with commas",
        value: "text",
        words: ["address"],
        isRequired: true,
      },
      fleet: {
        description: "the fleet's name, the same for its nodes and its callers",
        value: "text",
        isRequired: true,
      },
      ca: {
        description: "a PEM file of certificates to trust for its TLS, besides the runtime's",
        value: "text",
        where: "everywhere",
      },
    },
  },
  server: {
    title: "A server",
    where: "in a server",
    keys: {
      ip: {
        description: "the address or the host name at which callers reach it",
        value: "text",
        words: ipWords,
        where: inBoth,
      },
      port: { description: "its port", value: "port", where: inBoth },
      nats: {
        description:
          "true: callers reach it through the network's nats if it has no ip or does not answer there",
        value: "boolean",
        where: "in a server or in network",
      },
      key: {
        description: "with nats: the only key that its node may prove there",
        value: "key",
        where: "everywhere",
      },
      tls: {
        description: "how callers verify its certificate; true trusts the runtime's authorities",
        value: { section: "tls", or: "boolean" },
      },
      over: {
        description: "what carries connections to it instead of TCP",
        value: { oneOf: ["tcp", "udp", "ip"] },
      },
      protocol: { description: "with over: ip, the number in the IP header", value: "protocol" },
      description,
    },
  },
  tls: {
    title: "`tls` of a server",
    where: "in the tls of a server",
    keys: {
      ca: {
        description: "a PEM file of trusted certificates: the server's own, or authorities'",
        value: "text",
      },
      "server-name": {
        description: "the name or address in the certificate, if it is not the server's ip",
        value: "text",
      },
      fingerprint: {
        description: "the SHA-256 of the one trusted certificate, from farcall keygen --tls",
        value: "text",
      },
    },
  },
  client: {
    title: "A client",
    where: "in a client",
    keys: {
      ip: {
        description: "the address or network that it calls from",
        value: "text",
        words: ipWords,
        where: inBoth,
      },
      port: { description: "the only port that it calls from", value: "port", where: inBoth },
      key: {
        description: "the public key that it must prove, as printed by farcall keygen",
        value: "key",
        where: "in a client, or in a server with nats",
      },
      rate: { description: "how often it may call each node: 100/s, 30/m, 5/h", value: "rate" },
      burst: {
        description: "how many calls may arrive at once after a pause",
        value: { quantity: "count" },
      },
      "allow-logs": {
        description: "the client may read the nodes' logs, with farcall logs",
        value: "boolean",
      },
      description,
    },
  },
} satisfies Partial<Record<SectionName, SectionFormat>>;
