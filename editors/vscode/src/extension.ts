// Starts `flux-vet lsp` and keeps it as the settings say.

import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";

const SECTION = "flux-vet";

/** Files that the server reads, and that its actions and completions are for. */
const DOCUMENTS = [
  { scheme: "file", language: "yaml" },
  { scheme: "file", language: "json" },
  { scheme: "file", pattern: "**/*.{yml,yaml,json,env,toml,properties,conf,ini,sh}" },
];

let client: LanguageClient | undefined;
let output: vscode.LogOutputChannel;
// Starts and stops follow each other, whoever asks.
let queue: Promise<void> = Promise.resolve();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel("flux-vet", { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("flux-vet.restart", () => restart()),
    vscode.commands.registerCommand("flux-vet.showOutput", () => output.show()),
    vscode.commands.registerCommand("flux-vet.showGraph", () => showGraph()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const settings = ["enable", "executablePath", "config"].map((name) => `${SECTION}.${name}`);
      if (settings.some((name) => event.affectsConfiguration(name))) {
        void restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart()),
  );
  await restart();
}

export async function deactivate(): Promise<void> {
  await queue;
  await stop();
}

function restart(): Promise<void> {
  queue = queue.then(stop).then(start);
  return queue;
}

async function stop(): Promise<void> {
  const stopped = client;
  client = undefined;
  if (stopped !== undefined && stopped.state !== State.Stopped) {
    await stopped.stop().catch((error: unknown) => output.warn(`stop: ${String(error)}`));
  }
}

async function start(): Promise<void> {
  const settings = vscode.workspace.getConfiguration(SECTION);
  if (!settings.get<boolean>("enable", true)) {
    return;
  }
  const command = executable(settings);
  const started = new LanguageClient(
    SECTION,
    "flux-vet",
    { command, args: ["lsp"] },
    {
      documentSelector: DOCUMENTS,
      outputChannel: output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { config: settings.get<string>("config", "").trim() },
    },
  );
  try {
    await started.start();
    client = started;
  } catch (error) {
    output.error(`${command}: ${String(error)}`);
    // Not awaited: the message stands until somebody reads it, and a restart must not wait for that.
    void offer(command);
  }
}

/** Shows what the Flux objects of the repository depend on, as the server draws it. */
async function showGraph(): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const argument = { format: "svg", uri: uri?.scheme === "file" ? uri.toString() : undefined };
  try {
    if (client === undefined) {
      throw new Error("the server does not run");
    }
    const picture: { text: string } = await client.sendRequest("workspace/executeCommand", {
      command: "flux-vet.graph",
      arguments: [argument],
    });
    const panel = vscode.window.createWebviewPanel("flux-vet.graph", "flux-vet: graph", vscode.ViewColumn.Beside);
    // The picture is drawn on white, and nothing in it may run.
    panel.webview.html =
      `<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` +
      `style-src 'unsafe-inline'"></head><body style="background: white">${picture.text}</body></html>`;
  } catch (error) {
    void vscode.window.showErrorMessage(`flux-vet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function offer(command: string): Promise<void> {
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(`flux-vet: cannot start \`${command}\`.`, settings, "Show Output");
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.executablePath`);
  } else if (chosen !== undefined) {
    output.show();
  }
}

function executable(settings: vscode.WorkspaceConfiguration): string {
  const path = settings.get<string>("executablePath", "").trim() || "flux-vet";
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  return path.replaceAll("${workspaceFolder}", folder);
}
