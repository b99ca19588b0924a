-- Neovim 0.11 and later: put this file into `lsp/` of your configuration, then `vim.lsp.enable('flux-vet')`.

---@type vim.lsp.Config
return {
  cmd = { 'flux-vet', 'lsp' },
  filetypes = { 'yaml', 'json', 'toml', 'dotenv', 'sh', 'dosini', 'conf' },
  -- The configuration marks a root of its own; else it is the repository.
  root_markers = { '.flux-vet.yaml', '.sops.yaml', '.git' },
}
