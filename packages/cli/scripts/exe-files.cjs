"use strict";
// Stands for "node:sea" while the executable is made: assets are files of a folder.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const folder = process.env.GANTRY_EXE_FILES;
exports.getAsset = (name, encoding) => readFileSync(join(folder, name), encoding);
exports.getRawAsset = (name) => readFileSync(join(folder, name));
