//! Which object-store buckets a shell script makes, and on which endpoint, without running it.
//!
//! Three steps: `parse` reads the grammar, `walk` follows values, branches, loops and calls, and this file knows what
//! the command lines of `mc`, `rc`, `aws` and `s3cmd` mean. A value that only a run could tell stays unknown, and a
//! command that makes a bucket of an unknown name is reported as such, so that nobody takes silence for absence.

mod admin;
mod container;
mod parse;
mod swallowed;
#[cfg(test)]
mod tests;
mod variables;
mod visit;
mod walk;

use std::ops::Range;

use admin::Admin;
pub use admin::{AccessFact, Named};
pub use container::of_container;
use parse::{Plain, ShellParser};
pub use swallowed::swallowed;
pub use variables::Variables;
use walk::{Field, Value};

/// A value as far as it can be known without running anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Known {
    /// The text itself.
    Text(String),
    /// Only a run would tell.
    Unknown,
}

/// What the surrounding container tells about an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Variable {
    /// Set to this text.
    Known(String),
    /// Set, but not readable, such as one from a Secret.
    Unknown,
    /// Not set by the container. The image may still set it, so that only `${X:-default}` takes this for an answer.
    Unset,
}

/// What a script tells about buckets, in the order in which it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptFacts {
    /// The buckets it makes, each once for a command, a place of the name and a store.
    pub buckets: Vec<BucketMade>,
    /// The commands that make buckets of names that cannot be known.
    pub open: Vec<OpenMaking>,
    /// The users and policies it makes, and who gets which.
    pub access: Vec<AccessFact>,
    /// Why the script could not be read; then nothing else is known about it.
    pub problem: Option<ScriptProblem>,
}

/// One bucket that the script makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketMade {
    /// The name, without alias and prefix.
    pub name: String,
    /// The bytes of the script that give the name: part of a word of the command, of a loop's list, of an argument of a
    /// call, or of an assignment. Where several pieces make up the name, the part of the word that joins them.
    pub at: Range<usize>,
    /// Where the bucket is made.
    pub store: StoreRef,
    /// The command that makes it.
    pub command: Range<usize>,
}

/// The store that a command talks to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreRef {
    /// The script or the environment states the endpoint.
    Endpoint {
        /// The URL without credentials and as written: with or without a scheme.
        url: Known,
        /// Where the script states it, never over credentials; the command's own words where the container states it.
        at: Range<usize>,
    },
    /// An alias that this script never sets.
    Alias {
        /// The name of the alias.
        name: String,
    },
    /// No endpoint is given: AWS itself, or what the environment says.
    Default,
    /// Cannot be known.
    Unknown,
}

/// A command that makes buckets whose names cannot be known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpenMaking {
    /// The command.
    pub command: Range<usize>,
    /// Where the buckets are made.
    pub store: StoreRef,
    /// Why the names are not known, as a clause.
    pub why: String,
}

/// Why a script could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptProblem {
    /// What was found.
    pub message: String,
    /// The byte at which reading stopped.
    pub at: usize,
}

/// Whether a text is worth parsing at all: a cheap test that knows no grammar and errs on the side of yes.
pub fn mentions_buckets(script: &str) -> bool {
    let ends_word = |c: char| !c.is_alphanumeric() && !"_-./:".contains(c);
    let commands = ["create-bucket", "create_bucket", "make-bucket", "make_bucket"];
    commands.into_iter().any(|command| script.contains(command))
        || script.match_indices("mb").any(|(at, mb)| {
            let before = script.get(..at).unwrap_or_default();
            let after = script.get(at + mb.len()..).unwrap_or_default();
            before.chars().next_back().is_none_or(ends_word) && after.chars().next().is_none_or(ends_word)
        })
        || script.match_indices("bucket").any(|(at, bucket)| {
            let after = script.get(at + bucket.len()..).unwrap_or_default();
            let next = after.trim_start_matches(ends_word);
            next.len() < after.len() && next.starts_with("create")
        })
}

/// Whether a text may make buckets, users or policies: as cheap as the test for buckets.
pub fn mentions_storage(script: &str) -> bool {
    mentions_buckets(script) || ["admin user", "admin policy"].iter().any(|command| script.contains(command))
}

/// The buckets, users and policies that `script` makes, where `env` answers for the environment of its container.
///
/// A script that mentions none is not read, so that it has no problem either.
pub fn facts(script: &str, env: &dyn Fn(&str) -> Variable) -> ScriptFacts {
    if !mentions_storage(script) {
        return ScriptFacts::default();
    }
    match Plain.parse(script) {
        Ok(parsed) => walk::follow(script, &parsed, env),
        Err(_) if !mentions_buckets(script) => ScriptFacts::default(),
        Err(problem) => ScriptFacts { problem: Some(problem), ..ScriptFacts::default() },
    }
}

/// A program whose command lines are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tool {
    /// The client of `MinIO`.
    Mc,
    /// The client of `RustFS`.
    Rc,
    Aws,
    S3cmd,
}

impl Tool {
    fn named(program: &str) -> Option<Self> {
        match program {
            "mc" | "mcli" => Some(Self::Mc),
            "rc" => Some(Self::Rc),
            "aws" => Some(Self::Aws),
            "s3cmd" => Some(Self::S3cmd),
            _ => None,
        }
    }

    /// The options that take the next word as their value.
    fn valued_options(self) -> &'static [&'static str] {
        match self {
            Self::Mc | Self::Rc => &[
                "--region",
                "--config-dir",
                "--config-folder",
                "-C",
                "--resolve",
                "--limit-upload",
                "--limit-download",
                "--custom-header",
                "-H",
                "--api",
                "--path",
                "--format",
                "--output",
                "-o",
                "--user",
                "-u",
                "--group",
                "-g",
            ],
            Self::Aws => &[
                "--endpoint-url",
                "--region",
                "--profile",
                "--output",
                "--query",
                "--ca-bundle",
                "--color",
                "--cli-read-timeout",
                "--cli-connect-timeout",
                "--cli-binary-format",
                "--bucket",
                "--acl",
                "--create-bucket-configuration",
                "--object-ownership",
                "--cli-input-json",
                "--cli-input-yaml",
            ],
            Self::S3cmd => &[
                "--host",
                "--host-bucket",
                "--access_key",
                "--secret_key",
                "--access_token",
                "--region",
                "--bucket-location",
                "-c",
                "--config",
                "--ca-certs",
                "--signature-v2",
            ],
        }
    }
}

/// What a command line does.
enum Meaning {
    /// Nothing to do with making buckets, as far as its words are known.
    Other,
    /// Gives a name to an endpoint.
    Alias {
        name: Value,
        url: Value,
    },
    Makes(Vec<Target>),
    /// Makes users and policies.
    Admin(Admin),
    /// Its command word is not known.
    Unclear(String),
}

/// A bucket to make. The name may have unknown parts.
struct Target {
    name: Value,
    store: Stated,
}

/// How a command line states the store.
#[derive(Clone)]
enum Stated {
    Alias(Value),
    Endpoint(Value),
    /// The environment of the command has the last word.
    Environment,
    Default,
    Unknown,
}

/// The command line's own words and options, apart.
struct Arguments<'a> {
    words: Vec<&'a Field>,
    options: Vec<(&'a str, Value)>,
    /// An unknown word may hide further options.
    open: bool,
}

impl<'a> Arguments<'a> {
    fn new(fields: &'a [Field], valued: &[&str]) -> Self {
        let mut arguments = Self { words: Vec::new(), options: Vec::new(), open: false };
        let mut fields = fields.iter();
        while let Some(field) = fields.next() {
            let text = field.value.text();
            if text == "--" {
                arguments.words.extend(fields);
                break;
            }
            if !text.starts_with('-') || text == "-" {
                arguments.open |= field.open && field.value.starts_unknown();
                arguments.words.push(field);
            } else if let Some((option, value)) = text.split_once('=') {
                arguments.options.push((option, field.value.sub(text.len() - value.len()..text.len())));
            } else if valued.contains(&text) {
                arguments.options.extend(fields.next().map(|value| (text, value.value.clone())));
            }
        }
        arguments
    }

    fn option(&self, names: &[&str]) -> Option<&Value> {
        self.options.iter().rev().find(|(name, _)| names.contains(name)).map(|(_, value)| value)
    }
}

/// What the command line of `tool` with these arguments does.
fn meaning(tool: Tool, fields: &[Field]) -> Meaning {
    let mut arguments = Arguments::new(fields, tool.valued_options());
    // An unquoted variable before the command word is most often a set of options, so the first known word decides.
    if let Some(first) = arguments.words.iter().position(|word| !word.open) {
        arguments.words.drain(..first);
    }
    let words: Vec<&Value> = arguments.words.iter().map(|word| &word.value).collect();
    let texts: Vec<Option<&str>> = words.iter().map(|word| word.known()).collect();
    let after = |count: usize| words.get(count..).unwrap_or_default();
    let makes = |targets: &[&Value], read: &dyn Fn(&Value) -> Option<Target>| {
        Meaning::Makes(targets.iter().filter_map(|target| read(target)).collect())
    };
    match (tool, texts.as_slice()) {
        (_, [None, ..]) => Meaning::Unclear(words.first().map(|word| word.why()).unwrap_or_default()),
        (Tool::Mc | Tool::Rc, [Some("mb"), ..]) => makes(after(1), &alias_target),
        (Tool::Mc | Tool::Rc, [Some("bucket"), Some("create" | "mb"), ..]) => makes(after(2), &alias_target),
        (Tool::Mc | Tool::Rc, [Some("alias"), Some("set" | "s" | "add"), ..]) => alias(after(2)),
        (Tool::Mc | Tool::Rc, [Some("admin"), ..]) => admin::meaning(
            after(1),
            arguments.option(&["--user", "-u"]),
            arguments.option(&["--group", "-g"]).is_some(),
        )
        .map_or(Meaning::Other, Meaning::Admin),
        (Tool::Mc, [Some("config"), Some("host"), Some("add" | "a"), ..]) => alias(after(3)),
        (Tool::Aws, [Some("s3"), Some("mb"), ..]) => {
            let store = aws_store(&arguments);
            makes(after(2), &|value| s3_target(value, &store))
        }
        (Tool::Aws, [Some("s3api"), Some("create-bucket"), ..]) => {
            let name = arguments.option(&["--bucket"]).cloned();
            let store = aws_store(&arguments);
            Meaning::Makes(name.into_iter().map(|name| Target { name, store: store.clone() }).collect())
        }
        (Tool::S3cmd, [Some("mb"), ..]) => {
            let store = match arguments.option(&["--host"]) {
                Some(host) => Stated::Endpoint(host.clone()),
                None if arguments.open || arguments.option(&["-c", "--config"]).is_some() => Stated::Unknown,
                None => Stated::Default,
            };
            makes(after(1), &|value| s3_target(value, &store))
        }
        _ => Meaning::Other,
    }
}

fn alias(words: &[&Value]) -> Meaning {
    match words {
        [name, url, ..] => {
            let end = name.text().trim_end_matches('/').len();
            Meaning::Alias { name: name.sub(0..end), url: (*url).clone() }
        }
        _ => Meaning::Other,
    }
}

/// `ALIAS/BUCKET`, with or without a prefix behind it. Anything else is a folder on the disk.
fn alias_target(value: &Value) -> Option<Target> {
    let text = value.text();
    let Some(slash) = text.find('/') else {
        return value.known().is_none().then(|| Target { name: value.clone(), store: Stated::Unknown });
    };
    let alias = value.sub(0..slash);
    if matches!(alias.text(), "" | "." | "..") {
        return None;
    }
    Some(Target { name: first_component(value, slash + 1), store: Stated::Alias(alias) })
}

/// `s3://BUCKET`.
fn s3_target(value: &Value, store: &Stated) -> Option<Target> {
    let store = store.clone();
    match value.text().strip_prefix("s3://") {
        Some(rest) => Some(Target { name: first_component(value, value.text().len() - rest.len()), store }),
        None => value.known().is_none().then(|| Target { name: value.clone(), store }),
    }
}

/// The part of `value` from `start` to the next slash.
fn first_component(value: &Value, start: usize) -> Value {
    let rest = value.text().get(start..).unwrap_or_default();
    let end = start + rest.find('/').unwrap_or(rest.len());
    value.sub(start..end)
}

fn aws_store(arguments: &Arguments<'_>) -> Stated {
    match arguments.option(&["--endpoint-url"]) {
        Some(url) => Stated::Endpoint(url.clone()),
        // A profile may name an endpoint in a file.
        None if arguments.open || arguments.option(&["--profile"]).is_some() => Stated::Unknown,
        None => Stated::Environment,
    }
}
