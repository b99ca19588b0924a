//! ConfigMaps, Secrets and ExternalSecrets.

use super::Template;
use super::items::{Item, Type, items};
use super::metadata::Head;
use crate::build::charts::draft::{Draft, made_of};
use crate::build::charts::go::{given, given_at, merged};
use crate::yaml::Node;

impl Template<'_> {
    pub fn config_maps(&self) -> Vec<Node> {
        let make = |item: &Item| {
            let draft = Draft::at(item.place);
            let head = Head::new(&draft, "v1", "ConfigMap", item.name.as_deref()?);
            let fields = ["data", "binaryData"].map(|key| (key, given(&item.values, key).cloned()));
            Some(self.object(&draft, &item.values, head, fields))
        };
        self.items(Type::ConfigMap).iter().filter_map(make).collect()
    }

    /// The items of `secrets`, and one for each account with a token.
    pub fn secrets(&self) -> Vec<Item> {
        let mut all = items(self.root, Type::Secret.path(), Type::Secret.kinds(), self.remarks);
        if self.version.major < 4 {
            // Every account that is made gets a token, whose name differs between these versions.
            if !self.items(Type::Account).is_empty() {
                self.remarks.gap(Type::Secret.kinds(), "the name of the token of its account is not known");
            }
            return all;
        }
        for account in self.items(Type::Account).iter().filter(|item| given(&item.values, "staticToken").is_some()) {
            let draft = Draft::at(account.place);
            let id = format!("{}-sa-token", account.id);
            let annotations = account
                .name
                .as_deref()
                .map(|name| draft.map([("kubernetes.io/service-account.name", Some(draft.text(name)))]));
            let values = draft.map([
                ("suffix", Some(draft.text(id.as_str()))),
                ("type", Some(draft.text("kubernetes.io/service-account-token"))),
                ("annotations", annotations),
            ]);
            all.push(Item { id: id.into(), place: account.place, values, name: None });
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    pub fn secret_objects(&self) -> Vec<Node> {
        let make = |item: &Item| {
            let draft = Draft::at(item.place);
            let head = Head::new(&draft, "v1", "Secret", item.name.as_deref()?);
            let fields = ["type", "stringData"].map(|key| (key, given(&item.values, key).cloned()));
            Some(self.object(&draft, &item.values, head, fields))
        };
        self.items(Type::Secret).iter().filter_map(make).collect()
    }

    pub fn external_secrets(&self) -> Vec<Node> {
        self.items(Type::ExternalSecret).iter().filter_map(|item| self.external_secret(item)).collect()
    }

    fn external_secret(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let head = Head::new(&draft, "external-secrets.io/v1", "ExternalSecret", item.name.as_deref()?);
        let own = given(values, "secretStoreRef");
        let store = match (self.option(&["defaultExternalSecretStoreRef"]), own) {
            (Some(default), Some(own)) => Some(merged(default, own)),
            (default, own) => own.or(default).cloned(),
        };
        let target = draft.map([("deletionPolicy", Some(draft.text("Delete")))]);
        let spec = draft.map([
            ("refreshPolicy", given(values, "refreshPolicy").cloned()),
            ("refreshInterval", given(values, "refreshInterval").cloned()),
            ("secretStoreRef", store),
            ("syncWindows", given(values, "syncWindows").cloned()),
            ("target", Some(given(values, "target").map_or_else(|| target.clone(), |own| merged(&target, own)))),
            ("data", given(values, "data").cloned()),
            ("dataFrom", given(values, "dataFrom").cloned()),
        ]);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    /// The name of the object that an identifier stands for, as a text made of the reference.
    pub fn named(&self, of: Type, reference: &Node) -> Option<Option<Node>> {
        let item = self.item(of, reference.as_str()?)?;
        let name = match of {
            Type::ExternalSecret => match given_at(&item.values, &["target", "name"]) {
                Some(name) => name.scalar_text().map(|text| text.into_owned()),
                None => item.name.clone(),
            },
            _ => item.name.clone(),
        };
        Some(name.map(|name| made_of(reference, name)))
    }
}
