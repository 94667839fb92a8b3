import assert from "node:assert/strict";
import { AddressRange, canonicalAddress } from "../../lib/identity/ip_address.ts";

Deno.test("an address has one spelling, and anything else is not an address", () => {
  const spellings: [string, string | undefined][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::FFFF:7f00:1", "127.0.0.1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["FD00::0001", "fd00::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["1.2.3", undefined],
    ["256.1.1.1", undefined],
    ["010.0.0.1", undefined],
    ["0x7f.1", undefined],
    ["2130706433", undefined],
    ["[::1]", undefined],
    ["fe80::1%eth0", undefined],
    [":::", undefined],
    ["localhost", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of spellings) assert.equal(canonicalAddress(text), expected, text);
});

Deno.test("a network contains exactly its addresses", () => {
  const cases: [range: string, text: string, holds: string[], not: string[]][] = [
    ["10.0.0.1", "10.0.0.1", ["10.0.0.1", "::ffff:10.0.0.1"], ["10.0.0.2", "::a00:1", "x", ""]],
    ["10.0.0.0/8", "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.9.9.9"], [
      "9.255.255.255",
      "11.0.0.0",
      "::a00:0",
      "10.0.0.0/8 ",
      "10.0.0",
    ]],
    ["10.1.2.3/8", "10.0.0.0/8", ["10.200.0.1"], []],
    ["192.168.7.129/25", "192.168.7.128/25", ["192.168.7.255"], ["192.168.7.127"]],
    ["10.0.0.4/31", "10.0.0.4/31", ["10.0.0.4", "10.0.0.5"], ["10.0.0.3", "10.0.0.6"]],
    ["10.0.0.4/32", "10.0.0.4", ["10.0.0.4"], ["10.0.0.5"]],
    ["0.0.0.0/0", "0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "fd00::1"]],
    ["::/0", "::/0", ["::1", "fd00::1"], ["1.2.3.4", "::ffff:1.2.3.4"]],
    ["FD00::1/8", "fd00::/8", ["fd00::1", "FDFF:0::1"], ["fe00::1", "253.0.0.1"]],
    ["2001:db8::/33", "2001:db8::/33", ["2001:db8:7fff::"], ["2001:db8:8000::"]],
    ["::1/128", "::1", ["::1", "0::1"], ["::2"]],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8", ["10.2.3.4"], ["11.0.0.0"]],
  ];
  for (const [range, text, holds, not] of cases) {
    const parsed = AddressRange.parse(range);
    assert.equal(parsed?.text, text, range);
    for (const address of holds) assert.ok(parsed.holds(address), `${range} holds ${address}`);
    for (const address of not) assert.ok(!parsed.holds(address), `${range} holds no ${address}`);
  }
});

Deno.test("malformed networks are refused", () => {
  for (
    const text of ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "/8", "10/8"]
      .concat(["::ffff:10.0.0.0/95", "10.0.0.0/8/8", "*", "example.com", "10.0.0.0/1e0"])
  ) {
    assert.equal(AddressRange.parse(text), undefined, text);
  }
  assert.ok(AddressRange.of("example.com").holds("example.com"));
  assert.ok(!AddressRange.of("example.com").holds("1.2.3.4"));
});
