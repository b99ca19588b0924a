//! Items in the order of their `dependsOn`, else of their identifiers.

use crate::yaml::Node;

/// What an item depends on.
fn wanted(values: &Node) -> Vec<&str> {
    match values.get("dependsOn") {
        Some(list) if !list.items().is_empty() => list.items().iter().filter_map(Node::as_str).collect(),
        Some(one) => one.as_str().filter(|id| !id.is_empty()).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Items in order, and those left over because they depend on each other or on what is not there.
/// Source: `charts/library/common/templates/lib/chart/_kahn.tpl`.
pub fn ordered<'i, T>(items: Vec<(&'i str, &'i Node, T)>) -> (Vec<T>, Vec<T>) {
    let mut open = items;
    open.sort_by(|a, b| a.0.cmp(b.0));
    let mut waiting: Vec<Vec<&str>> = open.iter().map(|(_, values, _)| wanted(values)).collect();
    let mut done = Vec::new();
    while let Some(next) = waiting.iter().position(Vec::is_empty) {
        waiting.remove(next);
        let (id, _, item) = open.remove(next);
        for others in &mut waiting {
            others.retain(|other| *other != id);
        }
        done.push(item);
    }
    (done, open.into_iter().map(|(_, _, item)| item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Library;
    use crate::source::{Memory, Sources};
    use crate::yaml::Mode;

    fn order(text: &str) -> (Vec<String>, Vec<String>) {
        let sources = Sources::new(Memory::default());
        let library = Library::new(&sources);
        let manifests = library.of(sources.add("values.yaml", text), Mode::V3);
        let root = manifests.documents.first().unwrap();
        ordered(root.entries().map(|entry| (entry.key.as_str(), &entry.value, entry.key.to_string())).collect())
    }

    #[test]
    fn what_another_depends_on_comes_first_and_the_rest_by_name() {
        let (done, left) = order("{d: {dependsOn: [b, c]}, b: {dependsOn: a}, c: {dependsOn: a}, a: {}, e: {}}");
        assert_eq!(done, ["a", "b", "c", "d", "e"]);
        assert!(left.is_empty());
        let (done, left) = order("{b: {}, a: {dependsOn: b}, z: {dependsOn: none}}");
        assert_eq!(done, ["b", "a"]);
        assert_eq!(left, ["z"]);
    }
}
