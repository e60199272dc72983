#!/usr/bin/env node
// Starts Sluice on a Node that can run it: this one if it is new enough, else the one pinned in node_modules.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const main = join(root, 'dist', 'main.js');
const needed = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
const fresh = major > needed[0] || (major === needed[0] && minor >= needed[1]);

function fail(message) {
  process.stderr.write(`sluice: ${message}\n`);
  process.exit(1);
}

/** The folder of a package, here or in a folder above (where sluice is itself a dependency). */
function packageFolder(name) {
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

if (!existsSync(main)) fail(`${main} is missing: run 'npm run build' in ${root}`);
if (fresh) {
  await import(pathToFileURL(main).href);
} else {
  const folder = packageFolder('node');
  const pinned = folder && join(folder, 'bin', 'node');
  if (!pinned || !existsSync(pinned)) {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    fail(`needs Node ${engines.node}, and this is ${process.versions.node}: install a newer Node, or run 'npm ci' in ${root} for the pinned one`);
  }
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${pinned} does not start (${error.code ?? error.message}): run 'npm ci' in ${root}`));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code ?? 1;
    }
  });
}
