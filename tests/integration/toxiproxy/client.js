// The public client library as a process: one JSON list [CALL, ARGUMENT…] a line in, one
// {"value": …} or {"error": …} a line out.
"use strict";
const readline = require("node:readline");
const { Toxiproxy } = require("toxiproxy-node-client");

const toxiproxy = new Toxiproxy(process.argv[2]);
const calls = {
  version: () => toxiproxy.getVersion(),
  create: async (proxy) => (await toxiproxy.createProxy(proxy)).toJson(),
  populate: async (proxies) => Object.keys(await toxiproxy.populate(proxies)),
  all: async () => Object.keys(await toxiproxy.getAll()),
  enable: async (name, enabled) =>
    (await (await toxiproxy.get(name)).update({ enabled })).toJson(),
  add: async (name, toxic) => (await (await toxiproxy.get(name)).addToxic(toxic)).toJson(),
  change: async (name, toxic, attributes) =>
    (await (await (await toxiproxy.get(name)).getToxic(toxic)).update({ attributes })).toJson(),
  remove: async (name, toxic) => (await (await toxiproxy.get(name)).getToxic(toxic)).remove(),
  reset: () => toxiproxy.reset(),
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [call, ...args] = JSON.parse(line);
    try {
      console.log(JSON.stringify({ value: (await calls[call](...args)) ?? null }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }
  }
})();
