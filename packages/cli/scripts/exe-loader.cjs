"use strict";
// The first program of the single executable, and of its threads. The modules of the bundle and V8's code caches for
// them are assets; a module is loaded when it is asked for.
const { getAsset, getRawAsset } = require("node:sea");
const { constants, Script } = require("node:vm");

const loaded = new Map();

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const cachedData = Buffer.from(getRawAsset(`${name}.cache`));
  const script = new Script(getAsset(name, "utf8"), {
    filename: name,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData.length > 0 ? { cachedData } : {}),
  });
  const module = { exports: {} };
  loaded.set(name, { module, script });
  const local = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id));
  script.runInThisContext()(module.exports, local, module, process.execPath);
  return module.exports;
}

load("main.cjs");
