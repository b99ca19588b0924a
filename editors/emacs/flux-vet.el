;;; flux-vet.el --- Flux repositories, checked the way Flux would apply them -*- lexical-binding: t -*-

;;; Commentary:

;; Load this file, then `M-x eglot' in a YAML buffer, or `M-x compile' with `flux-vet check --output concise'.

;;; Code:

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((yaml-mode yaml-ts-mode) . ("flux-vet" "lsp"))))

(with-eval-after-load 'compile
  (add-to-list 'compilation-error-regexp-alist-alist
               '(flux-vet
                 "^\\([^ \n].*?\\):\\([0-9]+\\):\\([0-9]+\\): \\(?:error\\|\\(warning\\)\\|\\(info\\)\\)\\[[^]\n]+\\]: "
                 1 2 3 (4 . 5)))
  (add-to-list 'compilation-error-regexp-alist 'flux-vet))

(provide 'flux-vet)

;;; flux-vet.el ends here
