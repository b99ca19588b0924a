//! Looking values up by the paths of a profile.

use crate::yaml::Node;

/// Values to look things up in.
#[derive(Clone)]
pub struct Values<'n> {
    /// All of them.
    pub root: &'n Node,
    /// The item of a list.
    pub item: Option<&'n Node>,
    /// Why an absent value may be set elsewhere.
    pub open: Option<String>,
}

/// The answer to a look-up.
pub enum Look<'n> {
    /// It is there.
    Found(&'n Node),
    /// It is not there, so the default holds.
    Absent,
    /// It cannot be known, and why.
    Open(String),
}

impl<'n> Values<'n> {
    /// Looks for the first of several paths, written `a.b | c.d`; `@.` begins at the item of a list.
    pub fn look(&self, paths: &str) -> Look<'n> {
        for path in paths.split(" | ") {
            let (mut node, path) = match (path.strip_prefix("@."), self.item) {
                (Some(path), Some(item)) => (item, path),
                (Some(_), None) => continue,
                (None, _) => (self.root, path),
            };
            let mut complete = true;
            for key in path.split('.') {
                if node.is_unknown() {
                    return Look::Open(format!("`{}` is not known", node.shown().unwrap_or_default()));
                }
                match node.get(key) {
                    Some(next) => node = next,
                    None => {
                        complete = false;
                        break;
                    }
                }
            }
            if complete {
                return Look::Found(node);
            }
        }
        match &self.open {
            Some(why) => Look::Open(why.clone()),
            None => Look::Absent,
        }
    }
}
