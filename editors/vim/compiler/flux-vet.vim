" Vim compiler file: `:compiler flux-vet`, then `:make`, in the root of the repository.

if exists('current_compiler')
  finish
endif
let current_compiler = 'flux-vet'

let s:save_cpo = &cpo
set cpo&vim

CompilerSet makeprg=flux-vet\ check\ --output\ concise
" The summary and every other line that is no finding is left out.
CompilerSet errorformat=%f:%l:%c:\ %t%*[^[][%*[^]]]:\ %m,%-G%.%#

let &cpo = s:save_cpo
unlet s:save_cpo
