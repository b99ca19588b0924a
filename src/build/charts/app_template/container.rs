//! Containers of pods.

use std::borrow::Cow;

use super::Template;
use super::items::{Item, items};
use super::order::ordered;
use crate::build::charts::draft::{Draft, made_of, unknown_of};
use crate::build::charts::go::{as_text, given, is_true, merged};
use crate::build::charts::made::Trouble;
use crate::yaml::{Map, Node, Value};

/// Fields that are copied as they are, before the environment and behind it.
const BEFORE: [&str; 5] =
    ["workingDir", "securityContext", "lifecycle", "terminationMessagePath", "terminationMessagePolicy"];
const BEHIND: [&str; 5] = ["resources", "resizePolicy", "restartPolicy", "stdin", "tty"];

/// An image as a text: `repository:tag@digest` of a map.
pub fn image(written: &Node) -> Node {
    if written.as_map().is_none() {
        return written.clone();
    }
    let part = |key: &str| given(written, key);
    let (repository, tag, digest) = (part("repository"), part("tag"), part("digest"));
    let shown = |node: Option<&Node>| -> String {
        let text = node.and_then(|node| as_text(node).or_else(|| node.shown()));
        text.map(Cow::into_owned).unwrap_or_default()
    };
    let mut text = shown(repository);
    if tag.is_some() {
        text = format!("{text}:{}", shown(tag));
    }
    if digest.is_some() {
        text = format!("{text}@{}", shown(digest));
    }
    // What changes most is the value to edit.
    let place = tag.or(digest).or(repository).unwrap_or(written);
    match [repository, tag, digest].into_iter().flatten().any(Node::is_unknown) {
        true => unknown_of(place, text),
        false => made_of(place, text),
    }
}

impl Template<'_> {
    /// `containers` or `initContainers` of a controller.
    pub fn containers(&self, controller: &Item, key: &str) -> Option<Node> {
        let written = controller.values.get(key)?;
        if written.is_unknown() {
            return Some(written.clone());
        }
        let all = items(&controller.values, key, &[], self.remarks);
        let (done, left) = ordered(all.iter().map(|item| (item.id.as_str(), &item.values, item)).collect());
        for item in &left {
            let path = format!("controllers.{}.{key}.{}.dependsOn", controller.id, item.id);
            let place = item.values.get("dependsOn").map_or(item.place, Node::span);
            self.note(Trouble::Invalid, place, path, "it depends on itself, or on what is not there".to_owned());
        }
        let made: Vec<Node> = done.iter().chain(&left).map(|item| self.container(controller, key, item)).collect();
        (!made.is_empty()).then(|| Draft::at(written.span()).list(made))
    }

    /// A container with the defaults of its controller.
    fn with_defaults(&self, controller: &Item, key: &str, item: &Item) -> Node {
        let own = &item.values;
        let of_init = controller.values.get("applyDefaultContainerOptionsToInitContainers");
        let applies = key == "containers" || of_init.is_none_or(|flag| flag.as_bool() == Some(true));
        let Some(defaults) = given(&controller.values, "defaultContainerOptions").filter(|_| applies) else {
            return own.clone();
        };
        if controller.values.get("defaultContainerOptionsStrategy").and_then(Node::as_str) == Some("merge") {
            return merged(defaults, own);
        }
        let mut map: Map = own.as_map().cloned().unwrap_or_default();
        for entry in defaults.entries().filter(|entry| given(own, &entry.key).is_none()) {
            map.set(&entry.key, entry.key_span, entry.value.clone());
        }
        Node { value: Value::Map(map.into()), origin: own.origin.clone() }
    }

    fn container(&self, controller: &Item, key: &str, item: &Item) -> Node {
        let draft = Draft::at(item.place);
        let path = format!("controllers.{}.{key}.{}", controller.id, item.id);
        let values = self.with_defaults(controller, key, item);
        self.check_image(item, &values, &path);
        let name = given(&values, "nameOverride").cloned().unwrap_or_else(|| draft.text(item.id.clone()));
        let words = |key: &'static str| {
            let list = given(&values, key).map(|words| match words.value {
                Value::Seq(_) | Value::Unknown(_) => words.clone(),
                _ => Draft::at(words.span()).list(vec![words.clone()]),
            });
            (key, list)
        };
        let copied = |key: &'static str| (key, given(&values, key).cloned());
        let fields = [
            ("name", Some(name)),
            ("image", given(&values, "image").map(image)),
            ("imagePullPolicy", values.at(&["image", "pullPolicy"]).filter(|policy| is_true(policy)).cloned()),
            words("command"),
            words("args"),
        ];
        let environment = [
            ("env", self.env(&values, &path)),
            ("envFrom", self.env_from(&values, &path)),
            ("ports", given(&values, "ports").cloned()),
        ];
        let probes = self.probes(controller, &values, &path);
        let mounts = [("volumeMounts", self.mounts(controller, &item.id))];
        let all = fields.into_iter().chain(BEFORE.map(copied)).chain(environment);
        let all: Vec<(&str, Option<Node>)> = all.chain(BEHIND.map(copied)).chain(mounts).collect();
        let probes = probes.iter().map(|(name, probe)| (name.as_str(), Some(probe.clone())));
        draft.map(all.into_iter().chain(probes))
    }

    fn check_image(&self, item: &Item, values: &Node, path: &str) {
        let Some(image) = given(values, "image") else {
            self.missing(item.place, format!("{path}.image"));
            return;
        };
        match &image.value {
            Value::Unknown(_) => {}
            Value::Map(_) => {
                if given(image, "repository").is_none() {
                    self.missing(image.span(), format!("{path}.image.repository"));
                }
                // A digest counts in later versions; which is the first is not known.
                let by_digest = self.version.is_at_least(4, 2) && given(image, "digest").is_some();
                if given(image, "tag").is_none() && !by_digest {
                    self.missing(image.span(), format!("{path}.image.tag"));
                }
            }
            Value::Str(_) if self.version.is_at_least(4, 2) => {}
            _ => {
                let message = "an image is a map with `repository` and `tag`".to_owned();
                self.note(Trouble::Invalid, image.span(), format!("{path}.image"), message);
            }
        }
    }
}
