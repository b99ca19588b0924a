" ALE: copy this file into `ale_linters/yaml/` of your configuration. The text on the screen is checked in the tree
" around it, saved or not.

call ale#Set('yaml_flux_vet_executable', 'flux-vet')

" The repository around the file: paths are told from there.
function! ale_linters#yaml#flux_vet#Root(buffer) abort
  let l:folder = expand('#' . a:buffer . ':p:h')
  let l:git = finddir('.git', l:folder . ';')
  return empty(l:git) ? l:folder : fnamemodify(l:git, ':p:h:h')
endfunction

function! ale_linters#yaml#flux_vet#Handle(buffer, lines) abort
  let l:pattern = '\v^(.{-1,}):(\d+):(\d+): (error|warning|info)\[([^\]]+)\]: (.*)$'
  let l:root = ale_linters#yaml#flux_vet#Root(a:buffer)
  let l:found = []
  for l:match in ale#util#GetMatches(a:lines, l:pattern)
    call add(l:found, {
    \ 'filename': l:root . '/' . l:match[1],
    \ 'lnum': str2nr(l:match[2]),
    \ 'col': str2nr(l:match[3]),
    \ 'type': toupper(l:match[4][0]),
    \ 'code': l:match[5],
    \ 'text': l:match[6],
    \})
  endfor
  return l:found
endfunction

call ale#linter#Define('yaml', {
\ 'name': 'flux_vet',
\ 'executable': {buffer -> ale#Var(buffer, 'yaml_flux_vet_executable')},
\ 'cwd': function('ale_linters#yaml#flux_vet#Root'),
\ 'command': '%e check --stdin-filename %s --output concise --quiet -',
\ 'callback': 'ale_linters#yaml#flux_vet#Handle',
\})
