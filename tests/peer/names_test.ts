import assert from "node:assert/strict";
import { numberedName, safeFileName } from "../../lib/peer/folder/names.ts";

Deno.test("a received file's name is a plain name in one folder, whatever its sender wrote", () => {
  const cases: [given: string, name: string][] = [
    ["photo.jpg", "photo.jpg"],
    ["../../etc/passwd", "passwd"],
    ["/etc/passwd", "passwd"],
    ["..\\..\\boot.ini", "boot.ini"],
    ["C:\\x\\y.txt", "y.txt"],
    ["..", "_"],
    [".", "_"],
    ["", "file"],
    ["a/", "file"],
    ["/", "file"],
    [".bashrc", "_bashrc"],
    ["...x", "_x"],
    ["a\0b.txt", "ab.txt"],
    ["a\nb\u202egpj.exe", "abgpj.exe"],
    ["x\ud800y", "xy"],
    ["gr\u00fc\u00dfe \u2603.txt", "gr\u00fc\u00dfe \u2603.txt"],
    ["u\u0308.txt", "\u00fc.txt"],
    ["con.txt", "_con.txt"],
    ["NUL", "_NUL"],
    ['a<b>c:d|e?f*g"h', "a_b_c_d_e_f_g_h"],
    ["name. . ", "name"],
    ["--flag", "--flag"],
  ];
  for (const [given, name] of cases) assert.equal(safeFileName(given), name, JSON.stringify(given));
});

Deno.test("a long name is shortened, and keeps its extension", () => {
  const long = safeFileName(`${"\u2603".repeat(300)}.tar`);
  assert.ok(new TextEncoder().encode(long).length <= 200);
  assert.match(long, /^\u2603+\.tar$/);
  assert.ok(safeFileName(`x.${"y".repeat(5000)}`).length <= 200);
});

Deno.test("a taken name gets a number before its extension", () => {
  assert.deepEqual(
    [0, 1, 12].map((number) => numberedName("x.tar.gz", number)),
    ["x.tar.gz", "x.tar_1.gz", "x.tar_12.gz"],
  );
  assert.equal(numberedName("x", 1), "x_1");
});
