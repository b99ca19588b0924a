// Runs the built extension against the real binary, with as much of the module `vscode` as it asks for:
// `FLUX_VET=…/flux-vet node test/run.js`. There is no editor: what the editor would be told is looked at.

const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL, fileURLToPath } = require("node:url");

const binary = process.env.FLUX_VET ?? "flux-vet";
const root = fs.mkdtempSync(path.join(os.tmpdir(), "flux-vet-vscode-"));
fs.cpSync(path.join(__dirname, "../../../fixtures/trees/renamed-bucket"), root, { recursive: true });
fs.mkdirSync(path.join(root, ".git"));

class Disposable {
  constructor(dispose) {
    this.dispose = dispose ?? (() => {});
  }
  static from(...all) {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
}

class EventEmitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener) => {
      this.listeners.add(listener);
      return new Disposable(() => this.listeners.delete(listener));
    };
  }
  fire(value) {
    this.listeners.forEach((listener) => listener(value));
  }
  dispose() {}
}

class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = text.split(":")[0];
    this.fsPath = this.scheme === "file" ? fileURLToPath(text) : text;
    this.path = this.fsPath;
  }
  static parse(text) {
    return new Uri(text);
  }
  static file(name) {
    return new Uri(pathToFileURL(name).href);
  }
  toString() {
    return this.text;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, line, character) {
    this.start = typeof start === "number" ? new Position(start, end) : start;
    this.end = typeof start === "number" ? new Position(line, character) : end;
  }
}

class CancellationTokenSource {
  constructor() {
    this.token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  }
  cancel() {}
  dispose() {}
}

class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value === "" ? part : `${this.value}.${part}`);
  }
}
CodeActionKind.Empty = new CodeActionKind("");

/** What is not written down is a class and a function without content, whose static members are that as well. */
function anything(name) {
  const known = {};
  return new Proxy(function () {}, {
    get(target, key) {
      if (key in target || typeof key === "symbol") {
        return target[key];
      }
      known[key] ??= anything(`${name}.${key}`);
      return known[key];
    },
  });
}

/** An object of which what is not written down is an event or a registration. */
function registry(members) {
  return new Proxy(members, {
    get: (target, key) => (key in target ? target[key] : () => new Disposable()),
  });
}

const folder = { uri: Uri.file(root), name: "tree", index: 0 };
const shown = new Map();
const changed = new EventEmitter();
const commands = new Map();
const panels = [];
const messages = [];
const settings = { executablePath: binary, enable: true };
const log = registry({ name: "flux-vet", append: () => {}, appendLine: () => {}, logLevel: 0 });

const vscode = {
  Disposable,
  EventEmitter,
  Uri,
  Position,
  Range,
  CancellationTokenSource,
  CodeActionKind,
  ViewColumn: { Beside: -2 },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  version: "1.91.0",
  Diagnostic: class {
    constructor(range, message, severity) {
      Object.assign(this, { range, message, severity });
    }
  },
  env: registry({ appName: "test", language: "en", isTelemetryEnabled: false }),
  window: registry({
    createOutputChannel: () => log,
    activeTextEditor: undefined,
    visibleTextEditors: [],
    tabGroups: registry({ all: [] }),
    createWebviewPanel: (_, title) => {
      const panel = { title, webview: { html: "" } };
      panels.push(panel);
      return panel;
    },
    showErrorMessage: async (message) => void messages.push(message),
  }),
  workspace: registry({
    workspaceFolders: [folder],
    textDocuments: [],
    notebookDocuments: [],
    getConfiguration: () => ({ get: (name, otherwise) => settings[name] ?? otherwise, inspect: () => undefined }),
    getWorkspaceFolder: () => folder,
    createFileSystemWatcher: () => registry({}),
    onDidChangeConfiguration: changed.event,
  }),
  languages: registry({
    createDiagnosticCollection: () => ({
      set: (uri, diagnostics) => shown.set(path.relative(root, uri.fsPath), diagnostics),
      delete: (uri) => shown.delete(path.relative(root, uri.fsPath)),
      clear: () => shown.clear(),
      dispose: () => shown.clear(),
    }),
    match: () => 1,
  }),
  commands: {
    registerCommand: (name, run) => {
      assert(!commands.has(name), `${name} is registered twice`);
      commands.set(name, run);
      return new Disposable(() => commands.delete(name));
    },
    executeCommand: async (name, ...given) => commands.get(name)?.(...given),
  },
};

const load = Module._load;
const others = anything("vscode");
Module._load = (name, ...rest) =>
  name === "vscode" ? new Proxy(vscode, { get: (target, key) => (key in target ? target[key] : others[key]) }) : load(name, ...rest);

async function until(what, is) {
  for (const end = Date.now() + 60_000; !is(); await new Promise((next) => setTimeout(next, 20))) {
    assert(Date.now() < end, `never: ${what}\n${messages.join("\n")}`);
  }
}

const LOKI = path.join("apps", "monitoring", "loki.yaml");

async function main() {
  const extension = require("../dist/extension.js");
  const subscriptions = [];
  await extension.activate({ subscriptions });
  await until("a finding", () => (shown.get(LOKI) ?? []).length > 0);
  const [finding] = shown.get(LOKI);
  assert.equal(finding.code?.value ?? finding.code, "bucket-not-provisioned");
  assert.equal(finding.range.start.line, 25);
  console.log("ok: the finding stands at its line");

  await commands.get("flux-vet.showGraph")();
  assert.deepEqual(messages, []);
  assert.match(panels[0].webview.html, /Content-Security-Policy.*<svg/s);
  console.log("ok: the graph is shown");

  // Another configuration: the settings change, and the server starts again.
  assert.equal(finding.severity, vscode.DiagnosticSeverity.Error);
  fs.writeFileSync(path.join(root, "other.yaml"), "rules: {bucket-not-provisioned: info}\n");
  settings.config = "other.yaml";
  changed.fire({ affectsConfiguration: (name) => name === "flux-vet.config" });
  await until("an info", () => shown.get(LOKI)?.[0]?.severity === vscode.DiagnosticSeverity.Information);
  console.log("ok: the configuration of the settings is read");

  await extension.deactivate();
  await commands.get("flux-vet.showGraph")();
  assert.match(messages[0], /does not run/);
  console.log("ok: a server that does not run is told");
  subscriptions.forEach((one) => one.dispose());
}

main().then(
  () => fs.rmSync(root, { recursive: true }),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
).finally(() => process.exit());
