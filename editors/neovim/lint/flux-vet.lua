-- nvim-lint: put this file into `lua/` of your configuration, then `require('flux-vet')`. It checks the text on the
-- screen in the tree around it. With a language server (`lsp/flux-vet.lua`) it is not needed.

local lint = require('lint')
local severity = vim.diagnostic.severity

lint.linters['flux-vet'] = function()
  local name = vim.api.nvim_buf_get_name(0)
  return {
    name = 'flux-vet',
    cmd = 'flux-vet',
    cwd = vim.fs.root(0, '.git'),
    stdin = true,
    args = { 'check', '--stdin-filename', name, '--output', 'concise', '--quiet', '-' },
    -- 1 is what findings end with.
    ignore_exitcode = true,
    parser = require('lint.parser').from_pattern(
      '^(.+):(%d+):(%d+): (%a+)%[([^%]]+)%]: (.*)$',
      { 'file', 'lnum', 'col', 'severity', 'code', 'message' },
      { error = severity.ERROR, warning = severity.WARN, info = severity.INFO },
      { source = 'flux-vet' }
    ),
  }
end

lint.linters_by_ft.yaml = vim.list_extend(lint.linters_by_ft.yaml or {}, { 'flux-vet' })
