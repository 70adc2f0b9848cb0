// Entry point of `npm start`, `npm test` and the other root commands. Plain JavaScript without dependencies that runs on
// any Node >= 18: it fetches the pinned pnpm, installs the workspace exactly as the lockfile says (which brings Node 24
// along as a package) and runs the named workspace script, or `node <file>`, under that Node.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isWindows = process.platform === 'win32'
const words = process.argv.slice(2)
const needsDashboard = words[0] === 'dashboard'
const [script, ...rest] = needsDashboard ? words.slice(1) : words
if (!script && !needsDashboard)
  fail('usage: node scripts/up.mjs [dashboard] [<workspace script> | node <file> [arguments]]')

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager ?? '')?.[1]
if (!version) fail('package.json must pin pnpm in "packageManager", for example "pnpm@12.21.0"')

const home = join(root, '.tools', `pnpm-${version}`)
const bin = join(home, 'node_modules', '.bin')
const pnpm = join(bin, isWindows ? 'pnpm.cmd' : 'pnpm')
const stampFile = join(root, 'node_modules', '.bighub-installed')
const stamp = manifestDigest()

if (!existsSync(pnpm)) await fetchPnpm()
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) await install()
if (needsDashboard) await buildDashboard()
if (script === 'node') {
  // No shell and no pnpm in between, so that a signal sent to this process reaches the program.
  await run(join(root, 'node_modules', '.bin', 'node'), ['--conditions=bighub-source', ...rest])
} else if (script) await run(pnpm, ['--silent', 'run', script, ...rest])

async function fetchPnpm() {
  console.error(`fetching pnpm ${version} …`)
  // Installed beside and then renamed, so that two first runs do not collide. A package.json of its own keeps npm inside
  // the folder; --prefix would make it forget the machine-wide npmrc (mirror, proxy, CA file).
  const fresh = `${home}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n')
  const quiet = [
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=error',
  ]
  await run('npm', ['install', ...quiet, `pnpm@${version}`], fresh)
  if (existsSync(pnpm)) rmSync(fresh, { recursive: true, force: true })
  else renameSync(fresh, home)
}

async function install() {
  console.error('installing the workspace …')
  // --trust-lockfile skips a second look at every locked package that would download about 100 MB of metadata.
  await run(pnpm, ['install', '--frozen-lockfile', '--trust-lockfile', '--reporter=append-only', '--loglevel=warn'])
  writeFileSync(stampFile, stamp)
}

/** Builds the pages that the server serves, unless they were built from the same sources before. Takes less than a second. */
async function buildDashboard() {
  const page = join(root, 'packages', 'server', 'assets', 'index.html')
  const digestFile = join(root, 'node_modules', '.bighub-dashboard')
  const hash = createHash('sha256').update(stamp)
  for (const source of ['packages/dashboard', 'packages/core/src']) digestFolder(hash, join(root, source))
  const digest = hash.digest('hex')
  if (existsSync(page) && existsSync(digestFile) && readFileSync(digestFile, 'utf8') === digest) return
  console.error('building the dashboard …')
  const home = join(root, 'packages', 'dashboard')
  await run(join(home, 'node_modules', '.bin', 'vite'), ['build', '--logLevel', 'warn'], home)
  writeFileSync(digestFile, digest)
}

function digestFolder(hash, folder) {
  const entries = readdirSync(folder, { withFileTypes: true })
  // Node 18, on which this file runs, has no toSorted.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1)) // oxlint-disable-line unicorn/no-array-sort
  for (const entry of entries) {
    if (entry.name === 'node_modules' || entry.name === 'test') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) digestFolder(hash, path)
    else hash.update(`${entry.name}\n`).update(readFileSync(path))
  }
}

/** Changes with the lockfile and every manifest, so that a second run skips the installation. */
function manifestDigest() {
  const hash = createHash('sha256').update(version)
  for (const file of [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...manifests('packages'),
    ...manifests('examples'),
  ])
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function manifests(folder) {
  const names = readdirSync(join(root, folder))
  // Node 18, on which this file runs, has no toSorted.
  names.sort() // oxlint-disable-line unicorn/no-array-sort
  return names.map((name) => join(folder, name, 'package.json')).filter((file) => existsSync(join(root, file)))
}

function run(command, args, cwd = root) {
  const PATH = [join(root, 'node_modules', '.bin'), bin, process.env.PATH].join(delimiter)
  // Node keeps the JavaScript that it makes of the TypeScript sources: a start takes half the time.
  const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'node')
  const env = { NODE_COMPILE_CACHE, ...process.env, PATH }
  const child = spawn(command, args, { cwd, env, stdio: 'inherit', shell: isWindows })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`${command}: ${error.message}`))
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      if (signal) process.kill(process.pid, signal)
      else if (code === 0) resolve()
      else process.exit(code ?? 1)
    })
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
