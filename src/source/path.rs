//! Paths inside the tree: relative, `/`-separated, normalised; `""` is the root.

/// Normalises a path as Flux joins `spec.path`: `./`, doubled and leading slashes vanish, `..` is clamped at the root.
pub fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Joins a relative path to a directory; `None` when `..` climbs above the root.
pub fn join(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path is a folder's own, or lies below it; everything lies below `""`.
pub fn is_at_or_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The directory of a path; `""` for an entry of the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `path` as seen from `directory`, with `..` where needed.
pub fn relative_to(directory: &str, path: &str) -> String {
    let from: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to.into_iter().skip(common)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_path_is_clamped_and_entries_are_not() {
        assert_eq!(normalize("./apps/../../x//y/"), "x/y");
        assert_eq!(join("apps/web", "../base"), Some("apps/base".into()));
        assert_eq!(join("apps", "../../x"), None);
        assert_eq!(relative_to("apps/web", "apps/base/ks.yaml"), "../base/ks.yaml");
    }
}
