//! Service accounts, roles and bindings.

use super::Template;
use super::items::{Item, Type, items};
use super::metadata::Head;
use crate::build::charts::draft::{Draft, made_of, unknown_of};
use crate::build::charts::go::{given, is_true};
use crate::build::charts::made::Trouble;
use crate::yaml::{Node, Value};

const API: &str = "rbac.authorization.k8s.io/v1";

impl Template<'_> {
    /// The accounts that count, in the shape of this version.
    pub fn accounts(&self) -> Vec<Item> {
        let written = self.root.get(Type::Account.path());
        match self.version.major {
            5.. if written.is_none() => self.default_account().into_iter().collect(),
            4.. => items(self.root, Type::Account.path(), Type::Account.kinds(), self.remarks),
            _ => written.map(|written| self.early_accounts(written)).unwrap_or_default(),
        }
    }

    /// From 5.0 on a release has an account of its own where it names none.
    fn default_account(&self) -> Option<Item> {
        let switch = self.root.dig("global.createDefaultServiceAccount");
        if switch.is_some_and(Node::is_unknown) {
            self.remarks.gap(Type::Account.kinds(), "`global.createDefaultServiceAccount` is not known");
        }
        let place = self.release.place;
        let values = Draft::at(place).map([]);
        switch.is_none_or(is_true).then(|| Item { id: self.release_name.into(), place, values, name: None })
    }

    /// Before 4.0 the account of the release stands by itself, and others below `extraServiceAccounts`.
    fn early_accounts(&self, written: &Node) -> Vec<Item> {
        let mut accounts = Vec::new();
        if let Some(switch) = given(written, "create") {
            accounts.push(Item { id: "default".into(), place: switch.span(), values: written.clone(), name: None });
        }
        let others = written.get("extraServiceAccounts").into_iter().flat_map(Node::entries);
        for entry in others.filter(|_| self.version.major == 3) {
            if entry.value.as_map().is_some() && entry.value.get("create").is_none_or(is_true) {
                let (id, place, values) = (entry.key.clone(), entry.key_span, entry.value.clone());
                accounts.push(Item { id, place, values, name: None });
            }
        }
        accounts
    }

    pub fn service_accounts(&self) -> Vec<Node> {
        let make = |item: &Item| {
            let draft = Draft::at(item.place);
            let head = Head::new(&draft, "v1", "ServiceAccount", item.name.as_deref()?);
            let token = given(&item.values, "staticToken").filter(|_| self.version.major >= 4).and_then(|switch| {
                let secret = self.item(Type::Secret, &format!("{}-sa-token", item.id))?;
                Some(draft.list(vec![draft.map([("name", Some(made_of(switch, secret.name.as_deref()?)))])]))
            });
            let automount = item.values.get("automountServiceAccountToken").cloned();
            Some(self.object(
                &draft,
                &item.values,
                head,
                [("automountServiceAccountToken", automount), ("secrets", token)],
            ))
        };
        self.items(Type::Account).iter().filter_map(make).collect()
    }

    /// `serviceAccountName` of the pods of a controller.
    pub fn account_name(&self, draft: &Draft, controller: &Item) -> Node {
        let own = controller.values.get("serviceAccount").filter(|own| is_true(own));
        let path = format!("controllers.{}.serviceAccount", controller.id);
        if let Some(reference) = own.and_then(|own| own.get("identifier")) {
            if reference.is_unknown() {
                return reference.clone();
            }
            return match self.account_of(reference) {
                Some(Some(name)) => made_of(reference, name),
                Some(None) => unknown_of(reference, "${ACCOUNT}"),
                None => {
                    self.no_such(Type::Account, reference, format!("{path}.identifier"));
                    reference.clone()
                }
            };
        }
        if let Some(name) = own.and_then(|own| own.get("name")).filter(|_| self.version.major >= 3) {
            return name.clone();
        }
        match self.version.major {
            4.. => self.account_by_default(draft, controller),
            _ => match self.root.get("serviceAccount") {
                Some(written) if given(written, "create").is_some() || given(written, "name").is_some() => {
                    match given(written, "name") {
                        Some(name) => name.clone(),
                        None => draft.text(self.names.full_name.as_str()),
                    }
                }
                _ => draft.text("default"),
            },
        }
    }

    fn account_of(&self, reference: &Node) -> Option<Option<String>> {
        self.item(Type::Account, reference.as_str()?).map(|item| item.name.clone())
    }

    fn account_by_default(&self, draft: &Draft, controller: &Item) -> Node {
        let accounts = self.items(Type::Account);
        if !self.version.is_at_least(4, 1) {
            return draft.text("default");
        }
        let [only] = accounts else {
            if accounts.len() > 1 && controller.values.get("serviceAccount").is_none() {
                self.missing(controller.place, format!("controllers.{}.serviceAccount", controller.id));
            }
            return draft.text("default");
        };
        // Up to 5.0 the identifier is taken for the name; which later version takes the name is not known.
        let made = Draft::at(only.place);
        let is_same = only.name.as_deref() == Some(&*only.id);
        if is_same || !self.version.is_at_least(5, 1) {
            made.text(only.id.clone())
        } else {
            made.unknown(only.id.clone())
        }
    }

    pub fn roles(&self) -> Vec<Node> {
        self.unverified(Type::Role);
        let make = |item: &Item| {
            let draft = Draft::at(item.place);
            let path = format!("rbac.roles.{}", item.id);
            let kind = self.kind_of(item, &["Role", "ClusterRole"], &path)?;
            if given(&item.values, "rules").is_none() {
                self.missing(item.place, format!("{path}.rules"));
            }
            let mut head = Head::new(&draft, API, &kind, item.name.as_deref()?);
            head.namespace = (kind == "ClusterRole").then_some(None);
            Some(self.object(&draft, &item.values, head, [("rules", given(&item.values, "rules").cloned())]))
        };
        self.items(Type::Role).iter().filter_map(make).collect()
    }

    pub fn bindings(&self) -> Vec<Node> {
        self.unverified(Type::Binding);
        self.items(Type::Binding).iter().filter_map(|item| self.binding(item)).collect()
    }

    /// Names of these types were not read before 4.0.
    fn unverified(&self, of: Type) {
        if self.version.major < 4 && !self.items(of).is_empty() {
            self.remarks.gap(of.kinds(), format!("how this version names `{}` is not known", of.path()));
        }
    }

    fn kind_of(&self, item: &Item, allowed: &[&str], path: &str) -> Option<String> {
        let Some(written) = given(&item.values, "type") else {
            self.missing(item.place, format!("{path}.type"));
            return None;
        };
        let kind = written.as_str().filter(|kind| allowed.contains(kind));
        if kind.is_none() && !written.is_unknown() {
            let shown = written.shown().unwrap_or_default();
            let message = format!("`{shown}` is none of {}", allowed.join(", "));
            self.note(Trouble::Invalid, written.span(), format!("{path}.type"), message);
        }
        kind.map(ToOwned::to_owned)
    }

    fn binding(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let path = format!("rbac.bindings.{}", item.id);
        let kind = self.kind_of(item, &["RoleBinding", "ClusterRoleBinding"], &path)?;
        let mut head = Head::new(&draft, API, &kind, item.name.as_deref()?);
        head.namespace = (kind == "ClusterRoleBinding").then_some(None);
        let role = match given(&item.values, "roleRef") {
            Some(written) => self.role_reference(&draft, written, &format!("{path}.roleRef")),
            None => {
                self.missing(item.place, format!("{path}.roleRef"));
                None
            }
        };
        let subjects = given(&item.values, "subjects").map(|all| match &all.value {
            Value::Seq(list) => {
                let made = list.iter().enumerate();
                draft.list(made.map(|(at, one)| self.subject(one, &format!("{path}.subjects[{at}]"))).collect())
            }
            _ => all.clone(),
        });
        Some(self.object(&draft, &item.values, head, [("roleRef", role), ("subjects", subjects)]))
    }

    fn role_reference(&self, draft: &Draft, written: &Node, path: &str) -> Option<Node> {
        let group = Some(draft.text("rbac.authorization.k8s.io"));
        let Some(reference) = written.get("identifier") else {
            return Some(draft.map([
                ("apiGroup", group),
                ("kind", written.get("kind").cloned()),
                ("name", written.get("name").cloned()),
            ]));
        };
        let Some(role) = reference.as_str().and_then(|id| self.item(Type::Role, id)) else {
            if !reference.is_unknown() {
                self.no_such(Type::Role, reference, format!("{path}.identifier"));
            }
            return None;
        };
        let name = role.name.as_deref().map(|name| made_of(reference, name));
        Some(draft.map([("apiGroup", group), ("kind", role.values.get("type").cloned()), ("name", name)]))
    }

    fn subject(&self, written: &Node, path: &str) -> Node {
        let draft = Draft::at(written.span());
        let Some(reference) = written.get("identifier") else {
            let keys: &[&str] = match written.get("kind").and_then(Node::as_str) {
                Some("User" | "Group") => &["kind", "name"],
                _ => &["kind", "name", "namespace"],
            };
            if keys.contains(&"namespace") && given(written, "namespace").is_none() && !written.is_unknown() {
                self.missing(written.span(), format!("{path}.namespace"));
            }
            return match written.is_unknown() {
                true => written.clone(),
                false => draft.map(keys.iter().map(|key| (*key, written.get(key).cloned()))),
            };
        };
        let name = match self.account_of(reference) {
            Some(name) => name.map(|name| made_of(reference, name)),
            None => {
                if !reference.is_unknown() {
                    self.no_such(Type::Account, reference, format!("{path}.identifier"));
                }
                None
            }
        };
        draft.map([
            ("kind", Some(draft.text("ServiceAccount"))),
            ("name", Some(name.unwrap_or_else(|| unknown_of(reference, "${ACCOUNT}")))),
            ("namespace", Some(draft.text(self.release.names.namespace.as_str()))),
        ])
    }
}
