//! The script that a container is given.

use crate::yaml::Node;

const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// What a shell is given to run by the `command` and the `args` of a container.
pub fn of_container(container: &Node) -> Option<&Node> {
    let command = container.get("command").map(Node::items).unwrap_or_default();
    let words = || command.iter().chain(container.get("args").map(Node::items).unwrap_or_default());
    let shell = command.first()?.as_str()?;
    if !SHELLS.contains(&shell.rsplit('/').next()?) {
        return None;
    }
    let is_option = |node: &Node| {
        node.as_str().is_some_and(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'))
    };
    let mut rest = words().skip(1).skip_while(|node| !is_option(node)).skip(1);
    rest.find(|node| node.as_str().is_none_or(|word| !word.starts_with('-') && word != "pipefail"))
}
