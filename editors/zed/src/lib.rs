//! Starts `flux-vet lsp`: the executable of the settings, else the one on the `PATH`.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, Extension, LanguageServerId, Result, Worktree};

struct FluxVet;

impl Extension for FluxVet {
    fn new() -> Self {
        FluxVet
    }

    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let (path, arguments) = binary.map(|binary| (binary.path, binary.arguments)).unwrap_or_default();
        let command = path
            .or_else(|| worktree.which("flux-vet"))
            .ok_or("flux-vet is not on the PATH; name it in `lsp.flux-vet.binary.path`")?;
        Ok(Command {
            command,
            args: arguments.unwrap_or_else(|| vec!["lsp".to_owned()]),
            env: worktree.shell_env(),
        })
    }
}

zed::register_extension!(FluxVet);
