//! What the command lines of `mc admin` and `rc admin` mean: users, policies, and who gets which.

use std::ops::Range;

use super::StoreRef;
use super::walk::Value;

/// A name or a text that a command is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// The text; `None` where only a run would tell.
    pub text: Option<String>,
    /// What stands there in the script: the name of a variable where the text is one.
    pub source: String,
    /// Where.
    pub at: Range<usize>,
}

impl Named {
    /// Whether both certainly are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.text, &other.text) {
            (Some(one), Some(other)) => one == other,
            (None, None) => !self.source.is_empty() && self.source == other.source,
            _ => false,
        }
    }
}

/// What a command does for access to a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccessFact {
    /// Makes a user.
    User {
        /// Where.
        store: StoreRef,
        /// Its name, which is its access key.
        name: Named,
        /// Its secret key.
        secret: Named,
    },
    /// Makes a policy.
    Policy {
        /// Where.
        store: StoreRef,
        /// Its name.
        name: Named,
        /// Its text and where that stands, if it is known.
        document: Option<(String, Range<usize>)>,
    },
    /// Gives policies to a user, or to a group.
    Grant {
        /// Where.
        store: StoreRef,
        /// The names of the policies.
        policies: Vec<Named>,
        /// The user; `None` for a group or where that is not known.
        user: Option<Named>,
        /// The command.
        command: Range<usize>,
    },
}

/// The same before the store is looked up.
pub(super) enum Admin {
    User { alias: Value, name: Value, secret: Value },
    Policy { alias: Value, name: Value, file: Value },
    Grant { alias: Value, policies: Vec<Value>, user: Option<Value> },
}

/// Reads the words behind `admin` and the options `--user` and `--group`.
/// Source: minio/mc `cmd/admin-user-add.go`, `admin-policy-create.go`, `admin-policy-attach.go`, and the older
/// `admin-policy-add.go`, `admin-policy-set.go`.
pub(super) fn meaning(words: &[&Value], user: Option<&Value>, has_group: bool) -> Option<Admin> {
    let texts: Vec<Option<&str>> = words.iter().map(|word| word.known()).collect();
    let alias = |value: &Value| value.sub(0..value.text().trim_end_matches('/').len());
    match (texts.as_slice(), words) {
        ([Some("user"), Some("add"), ..], [_, _, store, name, secret, ..]) => {
            Some(Admin::User { alias: alias(store), name: (*name).clone(), secret: (*secret).clone() })
        }
        ([Some("policy"), Some("create" | "add"), ..], [_, _, store, name, file, ..]) => {
            Some(Admin::Policy { alias: alias(store), name: (*name).clone(), file: (*file).clone() })
        }
        ([Some("policy"), Some("attach"), ..], [_, _, store, policies @ ..]) => Some(Admin::Grant {
            alias: alias(store),
            policies: policies.iter().map(|policy| (*policy).clone()).collect(),
            user: user.filter(|_| !has_group).cloned(),
        }),
        ([Some("policy"), Some("set"), ..], [_, _, store, policy, whom, ..]) => {
            let name = whom.text().strip_prefix("user=").map(|name| whom.text().len() - name.len());
            let user = name.map(|start| whom.sub(start..whom.text().len()));
            Some(Admin::Grant { alias: alias(store), policies: vec![(*policy).clone()], user })
        }
        _ => None,
    }
}
