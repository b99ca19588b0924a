//! The users of the stores and what their policies reach.

use super::container::{Container, Script};
use super::policy::Document;
use super::tenants::Tenant;
use crate::cluster::Cluster;
use crate::cluster::release::Release;
use crate::cluster::script::{AccessFact, Named, StoreRef};
use crate::finding::ObjectRef;
use crate::source::Span;
use crate::yaml::Node;

/// A user of a store.
#[derive(Clone, Debug)]
pub struct User {
    /// The store; `None` where that is not known.
    pub store: Option<String>,
    /// Its name, which is its access key; `None` where only a run would tell.
    pub name: Option<String>,
    /// The name of the variable that holds its name, where a script is given one.
    pub source: String,
    /// Where it is made.
    pub span: Span,
    /// The object that makes it.
    pub by: ObjectRef,
    /// The key of a Secret that its secret key comes from.
    pub secret: Option<SecretKey>,
    /// Its policies; `None` where they are not all known.
    pub policies: Option<Vec<Policy>>,
}

/// A key of a Secret that a container is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// Namespace of the Secret.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The key.
    pub key: String,
    /// Where the key is named.
    pub span: Span,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it reaches.
    pub document: Document,
    /// Where it is written, or named.
    pub span: Span,
}

impl User {
    /// What to call it.
    pub fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("user `{name}`"),
            None => format!("the user of `{}`", self.source),
        }
    }
}

/// The policies that every MinIO has.
fn built_in(name: &str, span: Span) -> Option<Policy> {
    let is_one = matches!(name, "consoleAdmin" | "readwrite" | "readonly" | "writeonly");
    is_one.then(|| Policy { name: name.to_owned(), document: Document::of_everything(), span })
}

/// What scripts do for the users of one store each, in the order in which they run.
#[derive(Default)]
pub struct Access {
    users: Vec<(User, Named)>,
    policies: Vec<Written>,
    grants: Vec<Grant>,
}

/// A policy that a script makes.
struct Written {
    store: Option<String>,
    name: String,
    /// `None` where its text is not known.
    document: Option<Document>,
    span: Span,
}

/// Policies that a script gives.
struct Grant {
    store: Option<String>,
    policies: Vec<Named>,
    /// `None` for a group.
    user: Option<Named>,
    span: Span,
}

impl Access {
    /// Adds what a script does. `store_of` knows the stores.
    pub fn add(
        &mut self,
        cluster: &Cluster<'_>,
        container: &Container<'_>,
        script: &Script,
        facts: &[AccessFact],
        store_of: &mut dyn FnMut(&StoreRef) -> Option<String>,
    ) {
        let place = |at: &std::ops::Range<usize>| script.span(at).unwrap_or_else(|| container.object.place());
        for fact in facts {
            match fact {
                AccessFact::User { store, name, secret } => {
                    let user = User {
                        store: store_of(store),
                        name: name.text.clone(),
                        source: name.source.clone(),
                        span: place(&name.at),
                        by: container.object.reference(),
                        secret: container.secret_key(cluster, &secret.source),
                        policies: None,
                    };
                    self.users.push((user, name.clone()));
                }
                AccessFact::Policy { store, name, document } => {
                    let Some(called) = &name.text else { continue };
                    let read = document.as_ref().and_then(|(text, _)| Document::parse(text));
                    let span = place(
                        &document.as_ref().and_then(|(text, at)| first_resource(text, at)).unwrap_or(name.at.clone()),
                    );
                    let (store, name) = (store_of(store), called.clone());
                    self.policies.push(Written { store, name, document: read, span });
                }
                AccessFact::Grant { store, policies, user, command } => {
                    let (store, span) = (store_of(store), place(command));
                    self.grants.push(Grant { store, policies: policies.clone(), user: user.clone(), span });
                }
            }
        }
    }

    /// The users with their policies.
    pub fn users(self) -> Vec<User> {
        let Access { users, policies, grants } = self;
        let named = |store: &Option<String>, name: &Named, span: Span| -> Option<Policy> {
            let called = name.text.as_deref()?;
            match policies.iter().find(|own| own.store == *store && own.name == called) {
                Some(own) => Some(Policy { name: own.name.clone(), document: own.document.clone()?, span: own.span }),
                None => built_in(called, span),
            }
        };
        let of = |user: &User, name: &Named| -> Option<Vec<Policy>> {
            let mut found = Vec::new();
            for grant in grants.iter().filter(|grant| grant.store == user.store) {
                // What a group is given may be for anybody.
                if grant.user.as_ref()?.is_same(name) {
                    for policy in &grant.policies {
                        found.push(named(&user.store, policy, grant.span)?);
                    }
                }
            }
            // Without any it would be of no use: somebody gives it one by hand.
            (!found.is_empty()).then_some(found)
        };
        users
            .iter()
            .map(|(user, name)| User { policies: user.store.as_ref().and_then(|_| of(user, name)), ..user.clone() })
            .collect()
    }
}

/// Where the first resource of a policy stands, if its text is that of the script.
fn first_resource(text: &str, at: &std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
    let start = text.find("arn:").filter(|_| text.len() == at.len())?;
    let length = text.get(start..)?.find('"')?;
    Some(at.start + start..at.start + start + length)
}

/// The users in the values of MinIO's own chart. Source: minio/minio `helm/minio/values.yaml` (`policies`, `users`).
pub fn of_chart(release: &Release<'_>, store: &str) -> Vec<User> {
    let items = |key: &str| release.values.get(key).map(Node::items).unwrap_or_default();
    let policies: Vec<Policy> = items("policies").iter().filter_map(policy_of_chart).collect();
    let users = items("users").iter().filter_map(|item| {
        let access = item.get("accessKey")?;
        let given = item.get("policy");
        let named = given.and_then(Node::as_str).and_then(|name| {
            let own = policies.iter().find(|policy| policy.name == name).cloned();
            own.or_else(|| built_in(name, given.map_or_else(|| access.span(), Node::span)))
        });
        Some(User {
            store: Some(store.to_owned()),
            name: access.as_str().map(ToOwned::to_owned),
            source: String::new(),
            span: access.span(),
            by: release.object.reference(),
            secret: secret_of_chart(release, item),
            policies: named.map(|policy| vec![policy]),
        })
    });
    users.collect()
}

fn policy_of_chart(item: &Node) -> Option<Policy> {
    let name = item.get("name")?;
    let mut document = Document::default();
    for statement in item.get("statements").map(Node::items).unwrap_or_default() {
        let effect = statement.get("effect").and_then(Node::as_str).unwrap_or("Allow");
        let resources = statement.get("resources").map(Node::items).unwrap_or_default();
        document.add(Some(effect), resources.iter().filter_map(Node::as_str));
        document.is_unclear |= statement.get("conditions").is_some() || statement.holds_unknown();
    }
    Some(Policy { name: name.as_str()?.to_owned(), document, span: name.span() })
}

fn secret_of_chart(release: &Release<'_>, item: &Node) -> Option<SecretKey> {
    let key = item.get("existingSecretKey")?;
    Some(SecretKey {
        namespace: release.namespace.clone(),
        name: item.get("existingSecret")?.as_str()?.to_owned(),
        key: key.as_str()?.to_owned(),
        span: key.span(),
    })
}

/// The users in the list of a Tenant: the operator gives each of them everything.
/// Source: minio/operator `pkg/apis/minio.min.io/v2/helper.go` (`CreateUsers`).
pub fn of_tenant(tenant: &Tenant<'_>) -> Vec<User> {
    let Some(name) = tenant.name() else { return Vec::new() };
    let store = format!("Tenant {}/{name}", tenant.namespace());
    let users = tenant.field("users").map(Node::items).unwrap_or_default().iter();
    users
        .filter_map(|item| {
            let secret = item.get("name")?;
            Some(User {
                store: Some(store.clone()),
                name: None,
                source: secret.as_str()?.to_owned(),
                span: secret.span(),
                by: tenant.object.reference(),
                secret: None,
                policies: built_in("consoleAdmin", secret.span()).map(|policy| vec![policy]),
            })
        })
        .collect()
}
