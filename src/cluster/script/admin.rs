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

#[cfg(test)]
mod tests {
    use super::super::{Variable, facts};
    use super::*;

    fn access(script: &str) -> Vec<String> {
        let env = |name: &str| if name == "URL" { Variable::Known("http://s".to_owned()) } else { Variable::Unknown };
        let shown = |named: &Named| named.text.clone().unwrap_or_else(|| format!("${}", named.source));
        let line = |fact: &AccessFact| match fact {
            AccessFact::User { name, secret, .. } => format!("user {} {}", shown(name), shown(secret)),
            AccessFact::Policy { name, document, .. } => {
                let text = document.as_ref().map(|(text, _)| text.split_whitespace().collect::<String>());
                format!("policy {} {}", shown(name), text.unwrap_or_default())
            }
            AccessFact::Grant { policies, user, .. } => {
                let policies: Vec<String> = policies.iter().map(shown).collect();
                format!("grant {} {}", policies.join(","), user.as_ref().map(shown).unwrap_or_default())
            }
        };
        facts(script, &env).access.iter().map(line).collect()
    }

    #[test]
    fn users_policies_and_grants_are_read_with_the_texts_of_files() {
        let script = "mc alias set m $URL a b\nmc admin user add m loki \"$SECRET\"\n\
                      cat > /tmp/p.json << 'EOF'\n{\"a\": \"$x\"}\nEOF\nmc admin policy create m p /tmp/p.json\n\
                      mc admin policy attach m p --user loki || true\n";
        assert_eq!(access(script), ["user loki $SECRET", "policy p {\"a\":\"$x\"}", "grant p loki"]);
        let script = "f() { cat > /tmp/$1.json <<EOF\n{\"$2\": \\$1}\nEOF\nrc admin policy create m $1 /tmp/$1.json; }\n\
                      f one two\nrc admin user add m \"$KEY\" \"$SECRET\"\nrc admin policy attach m one --user \"$KEY\"";
        assert_eq!(access(script), ["policy one {\"two\":$1}", "user $KEY $SECRET", "grant one $KEY"]);
    }

    #[test]
    fn what_only_a_run_tells_stays_unknown() {
        let made = "mc admin policy create m p /tmp/p.json";
        assert_eq!(access(&format!("curl -o /tmp/p.json x\n{made}")), ["policy p "]);
        assert_eq!(access(&format!("echo '{{}}' > /tmp/p.json\necho x >> /tmp/p.json\n{made}")), ["policy p "]);
        assert_eq!(
            access(&format!("if a; then echo 1 > /tmp/p.json; else echo 2 > /tmp/p.json; fi\n{made}")),
            ["policy p "]
        );
        assert_eq!(access(&format!("echo '{{}}' > /tmp/p.json\n{made}")), ["policy p {}"]);
        assert_eq!(
            access("mc admin policy attach m p q --group g\nmc admin policy set m p user=u"),
            ["grant p,q ", "grant p u"]
        );
    }
}
