//! What an ArtifactGenerator copies together: the files of an ExternalArtifact, and where each comes from.
//!
//! Source: fluxcd/source-watcher `internal/builder/builder.go` (globs as Go's `fs.Glob`, in which `**` spans one level;
//! a folder that matches is copied whole; `dir/**` loses the folder, every other glob keeps its path; a folder named
//! without a glob keeps its own name, as with `cp -r`).

use hashbrown::HashMap;
use std::sync::Arc;

use super::kustomization::SourceKey;
use crate::build::object::Object;
use crate::source::{Assembled, Entry, FileSystem, Glob, Span, file_name, normalize};
use crate::yaml::Node;

/// Why an artifact cannot be put together.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A part of it is not known here.
    Unknown(String),
    /// The controller fails, and says so.
    Refused {
        /// What is wrong.
        message: String,
        /// Where.
        place: Span,
    },
}

/// An entry of `spec.artifacts[].copy`.
struct Copy<'n> {
    alias: &'n str,
    from: &'n str,
    to: &'n str,
    optional: bool,
    exclude: Vec<&'n str>,
    merges: bool,
    place: Span,
}

/// The artifacts of a generator: their sources' names, and their entries. Those of a path pattern are not listed.
pub fn artifacts(generator: &Object) -> impl Iterator<Item = (SourceKey, &Node)> {
    let listed = match generator.dig("spec.pathPattern") {
        Some(pattern) if !pattern.is_null() => &[],
        _ => generator.dig("spec.artifacts").map(Node::items).unwrap_or_default(),
    };
    listed.iter().filter_map(|artifact| {
        let name = artifact.get("name").and_then(Node::as_str)?.to_owned();
        let namespace = generator.namespace().to_owned();
        Some((SourceKey { kind: "ExternalArtifact".to_owned(), namespace, name }, artifact))
    })
}

/// The sources of a generator by alias.
pub fn sources(generator: &Object) -> HashMap<String, SourceKey> {
    let items = generator.dig("spec.sources").map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|source| {
            let text = |key: &str| source.get(key).and_then(Node::as_str).map(ToOwned::to_owned);
            let namespace = text("namespace").unwrap_or_else(|| generator.namespace().to_owned());
            Some((text("alias")?, SourceKey { kind: text("kind")?, namespace, name: text("name")? }))
        })
        .collect()
}

/// The files of a source.
pub type Tree = Arc<dyn FileSystem>;

/// Copies an artifact together. `tree` gives the files of an alias.
///
/// # Errors
/// [`Failure`] where a source is not known, files would be merged or unpacked, or the controller fails.
pub fn assemble(artifact: &Node, tree: &mut dyn FnMut(&str) -> Result<Tree, Failure>) -> Result<Assembled, Failure> {
    let mut assembled = Assembled::default();
    for entry in artifact.get("copy").map(Node::items).unwrap_or_default() {
        let copy = read(entry)?;
        let system = tree(copy.alias)?;
        apply(&copy, &system, &mut assembled)?;
    }
    Ok(assembled)
}

fn read(entry: &Node) -> Result<Copy<'_>, Failure> {
    let field = |key: &str| entry.get(key).and_then(Node::as_str);
    let place = entry.get("from").unwrap_or(entry).span();
    let refused = |message: &str| Failure::Refused { message: message.to_owned(), place };
    if entry.holds_unknown() {
        return Err(Failure::Unknown("an entry of its `copy` holds a variable that is not known".to_owned()));
    }
    let strategy = field("strategy").unwrap_or("Overwrite");
    if strategy == "Extract" {
        return Err(Failure::Unknown("it unpacks an archive".to_owned()));
    }
    let from = field("from").and_then(|from| from.strip_prefix('@')).and_then(|from| from.split_once('/'));
    let (alias, from) = from.ok_or_else(|| refused("`from` must have the form `@alias/path`"))?;
    let to = field("to").and_then(|to| to.strip_prefix("@artifact/"));
    let to = to.ok_or_else(|| refused("`to` must begin with `@artifact/`"))?;
    if to.split('/').any(|part| part == "..") || to.starts_with('/') {
        return Err(refused("`to` must stay within the artifact"));
    }
    Ok(Copy {
        alias,
        from,
        to,
        optional: entry.get("optional").and_then(Node::as_bool) == Some(true),
        exclude: entry.get("exclude").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect(),
        merges: strategy == "Merge",
        place,
    })
}

fn apply(copy: &Copy<'_>, system: &Arc<dyn FileSystem>, assembled: &mut Assembled) -> Result<(), Failure> {
    let folder = normalize(copy.to);
    if !copy.from.contains(['*', '?', '[', ']']) {
        let from = normalize(copy.from);
        return match system.entry(&from) {
            Ok(Entry::Directory) => {
                let target = below(&folder, file_name(&from));
                Transfer { copy, system, base: &from }.folder(&from, &target, assembled)
            }
            Ok(Entry::File) => {
                let into_folder = copy.to.is_empty() || copy.to.ends_with('/') || assembled.holds_folder(&folder);
                let target = if into_folder { below(&folder, file_name(&from)) } else { folder };
                Transfer { copy, system, base: "" }.file(&from, &target, assembled)
            }
            Err(_) if copy.optional => Ok(()),
            Err(error) => Err(Failure::Refused {
                message: format!("`{}` of source `{}` cannot be copied: {error}", copy.from, copy.alias),
                place: copy.place,
            }),
        };
    }
    let refused = |message: String| Failure::Refused { message, place: copy.place };
    let matches = expand(system.as_ref(), copy.from)
        .ok_or_else(|| refused(format!("`{}` is no pattern that Go reads", copy.from)))?;
    let base =
        copy.from.split('/').take_while(|part| !part.contains(['*', '?', '[', ']'])).collect::<Vec<_>>().join("/");
    let transfer = Transfer { copy, system, base: &base };
    let matches: Vec<String> = matches.into_iter().filter(|path| !transfer.is_excluded(path)).collect();
    if matches.is_empty() && !copy.optional {
        return Err(refused(format!("nothing in source `{}` matches `{}`", copy.alias, copy.from)));
    }
    let stripped = copy.from.strip_suffix("/**");
    for path in matches {
        let kept = stripped.and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/')).unwrap_or(&path);
        let target = below(&folder, kept);
        match system.entry(&path) {
            Ok(Entry::Directory) => transfer.folder(&path, &target, assembled)?,
            _ => transfer.file(&path, &target, assembled)?,
        }
    }
    Ok(())
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Paths that match, level by level; `None` for a pattern that Go refuses.
fn expand(system: &dyn FileSystem, pattern: &str) -> Option<Vec<String>> {
    let mut paths = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let glob = Glob::new(part).ok()?;
        let mut next = Vec::new();
        for path in paths {
            if part.contains(['*', '?', '[', '\\']) {
                let names = system.list(&path).into_iter().filter(|(name, _)| glob.matches(name));
                next.extend(names.map(|(name, _)| below(&path, &name)));
            } else if system.entry(&below(&path, part)).is_ok() {
                next.push(below(&path, part));
            }
        }
        paths = next;
    }
    Some(paths)
}

/// One entry while its files are copied.
struct Transfer<'c> {
    copy: &'c Copy<'c>,
    system: &'c Arc<dyn FileSystem>,
    // Exclusions count for the path from here too.
    base: &'c str,
}

impl Transfer<'_> {
    fn folder(&self, from: &str, to: &str, assembled: &mut Assembled) -> Result<(), Failure> {
        for (name, entry) in self.system.list(from) {
            let path = below(from, &name);
            if self.is_excluded(&path) {
                continue;
            }
            let target = below(to, &name);
            match entry {
                Entry::Directory => self.folder(&path, &target, assembled)?,
                Entry::File => self.place(&path, &target, assembled)?,
            }
        }
        Ok(())
    }

    fn file(&self, from: &str, to: &str, assembled: &mut Assembled) -> Result<(), Failure> {
        if self.is_excluded(from) { Ok(()) } else { self.place(from, to, assembled) }
    }

    fn place(&self, from: &str, to: &str, assembled: &mut Assembled) -> Result<(), Failure> {
        if self.copy.merges && assembled.holds(to) {
            return Err(Failure::Unknown(format!("it merges YAML files into `{to}`")));
        }
        assembled.insert(to, self.system, from);
        Ok(())
    }

    fn is_excluded(&self, path: &str) -> bool {
        let inside = path.strip_prefix(self.base).and_then(|rest| rest.strip_prefix('/'));
        self.copy.exclude.iter().any(|pattern| {
            alternatives(pattern).iter().any(|pattern| {
                let by_name = !pattern.contains('/') && spans(pattern, file_name(path));
                by_name || spans(pattern, path) || inside.is_some_and(|inside| spans(pattern, inside))
            })
        })
    }
}

/// The texts that `{a,b}` stands for; groups beyond the first few stay as they are.
fn alternatives(pattern: &str) -> Vec<String> {
    const MOST: usize = 64;
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(text) = open.pop() {
        let group = text.find('{').and_then(|start| Some((start, start + text.get(start..)?.find('}')?)));
        match group {
            Some((start, end)) if done.len() + open.len() < MOST => {
                let (head, tail) = (text.get(..start).unwrap_or_default(), text.get(end + 1..).unwrap_or_default());
                let inside = text.get(start + 1..end).unwrap_or_default();
                open.extend(inside.split(',').map(|part| format!("{head}{part}{tail}")));
            }
            _ => done.push(text),
        }
    }
    done
}

/// Whether a pattern in which `**` spans any number of folders matches a path.
fn spans(pattern: &str, path: &str) -> bool {
    fn from(parts: &[&str], names: &[&str]) -> bool {
        match (parts.split_first(), names.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), _) => (0..=names.len()).any(|skip| from(rest, names.get(skip..).unwrap_or_default())),
            (Some((part, rest)), Some((name, after))) => {
                Glob::new(part).is_ok_and(|glob| glob.matches(name)) && from(rest, after)
            }
            _ => false,
        }
    }
    from(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources};
    use crate::yaml::{self, Content, Mode};

    fn node(text: &str) -> Node {
        let sources = Sources::new(Memory::default());
        let id = sources.add("generator.yaml", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        yaml::resolve(&tree, tree.documents.first().unwrap(), text, &content, Mode::V3).unwrap().root
    }

    fn copied(entries: &str) -> Result<Vec<String>, Failure> {
        let mut files = Memory::default();
        for path in ["apps/base/a.yaml", "apps/base/sub/b.yaml", "apps/prod/c.yaml", "top.yaml", "apps/base/notes.md"] {
            files.insert(path, "");
        }
        let system: Arc<dyn FileSystem> = Arc::new(files);
        let artifact = node(&format!("copy: [{entries}]"));
        assemble(&artifact, &mut |_| Ok(system.clone())).map(|assembled| assembled.walk())
    }

    #[test]
    fn two_stars_lose_their_folder_and_a_plain_folder_keeps_its_name() {
        assert_eq!(
            copied("{from: '@repo/apps/base/**', to: '@artifact/x/'}").unwrap(),
            ["x/a.yaml", "x/notes.md", "x/sub/b.yaml"]
        );
        assert_eq!(
            copied("{from: '@repo/apps/base/', to: '@artifact/'}").unwrap(),
            ["base/a.yaml", "base/notes.md", "base/sub/b.yaml"]
        );
        assert_eq!(copied("{from: '@repo/apps/*', to: '@artifact/x'}").unwrap().len(), 4);
        assert_eq!(
            copied("{from: '@repo/apps/**/*.yaml', to: '@artifact/'}").unwrap(),
            ["apps/base/a.yaml", "apps/prod/c.yaml"],
            "two stars span one level"
        );
    }

    #[test]
    fn a_file_takes_the_name_or_goes_into_the_folder() {
        assert_eq!(copied("{from: '@repo/top.yaml', to: '@artifact/new.yaml'}").unwrap(), ["new.yaml"]);
        assert_eq!(copied("{from: '@repo/top.yaml', to: '@artifact/dir/'}").unwrap(), ["dir/top.yaml"]);
        assert_eq!(copied("{from: '@repo/top.yaml', to: '@artifact/'}").unwrap(), ["top.yaml"]);
    }

    #[test]
    fn exclusions_count_for_names_and_for_paths() {
        let excluded = |pattern: &str| {
            copied(&format!("{{from: '@repo/apps/**', to: '@artifact/', exclude: ['{pattern}']}}")).unwrap().len()
        };
        assert_eq!(
            (excluded("*.md"), excluded("base/**"), excluded("apps/prod/*"), excluded("*.{md,yaml}")),
            (3, 1, 3, 0)
        );
    }

    #[test]
    fn what_matches_nothing_fails_unless_it_is_optional() {
        assert!(matches!(copied("{from: '@repo/none/**', to: '@artifact/'}"), Err(Failure::Refused { .. })));
        assert!(matches!(copied("{from: '@repo/none', to: '@artifact/'}"), Err(Failure::Refused { .. })));
        assert!(copied("{from: '@repo/none', to: '@artifact/', optional: true}").unwrap().is_empty());
        let merged =
            "{from: '@repo/top.yaml', to: '@artifact/a'}, {from: '@repo/top.yaml', to: '@artifact/a', strategy: Merge}";
        assert!(matches!(copied(merged), Err(Failure::Unknown(_))));
    }
}
