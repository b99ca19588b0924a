//! As which user of a store a client logs in.

use crate::cluster::storage::{Consumer, Key, Storage, User};
use crate::finding::Confidence;

/// A user that a client logs in as.
pub struct Login<'s> {
    /// The user.
    pub user: &'s User,
    /// How sure that is: by its name alone it is a guess.
    pub sure: Confidence,
}

/// The store of a client, where it is one of the tree.
pub fn store(storage: &Storage, consumer: &Consumer) -> Option<String> {
    let endpoint = consumer.endpoint.as_ref()?.endpoint()?;
    storage.services.store(&storage.host(&endpoint, &consumer.namespace))
}

/// The user of a client on its store; `None` where that is not known.
pub fn login<'s>(storage: &'s Storage, consumer: &Consumer, store: &str) -> Option<Login<'s>> {
    let Key::Set { user, variable, .. } = &consumer.client.access_key else { return None };
    let users = || storage.users.iter().filter(|user| user.store.as_deref() == Some(store));
    if let Some(name) = user {
        let user = users().find(|user| user.name.as_ref() == Some(name))?;
        return Some(Login { user, sure: Confidence::Medium });
    }
    if let Some(variable) = variable
        && let Some(user) = users().find(|user| user.name.is_none() && user.source == *variable)
    {
        return Some(Login { user, sure: Confidence::Medium });
    }
    let wanted = words(&consumer.object.name);
    let mut called = users().filter(|user| {
        let own = words(user.name.as_deref().unwrap_or(&user.source));
        own.windows(wanted.len()).any(|window| window == wanted)
    });
    let user = called.next()?;
    called.next().is_none().then_some(Login { user, sure: Confidence::Low })
}

fn words(name: &str) -> Vec<String> {
    let lower = name.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}
