//! Templates of paths and addresses, as kubeconform writes them.

use super::BadLocation;
use crate::build::object::Gvk;
use crate::config::Version;

/// Source: yannh/kubeconform `pkg/registry/registry.go` (`schemaPath`).
pub const PLACEHOLDERS: [&str; 6] =
    ["Group", "ResourceKind", "ResourceAPIVersion", "KindSuffix", "NormalizedKubernetesVersion", "StrictSuffix"];

/// The layouts of a folder that is named alone: that of kubernetes-json-schema, which kubeconform asks for, and files beside
/// each other, as `flux-vet schemas export` writes them.
const FOLDER: [&str; 2] = [
    "{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json",
    "{{.ResourceKind}}{{.KindSuffix}}.json",
];

/// The templates that a location stands for; the first whose file is there counts.
///
/// # Errors
/// A placeholder that is not known.
pub fn of(location: &str) -> Result<Vec<String>, BadLocation> {
    for part in location.split("{{").skip(1) {
        let name = part.split("}}").next().unwrap_or_default().trim();
        if !name.strip_prefix('.').is_some_and(|name| PLACEHOLDERS.contains(&name)) {
            return Err(BadLocation::Placeholder { name: name.to_owned() });
        }
    }
    if location.ends_with("json") {
        return Ok(vec![location.to_owned()]);
    }
    let folder = location.trim_end_matches('/');
    Ok(FOLDER.iter().map(|layout| format!("{folder}/{layout}")).collect())
}

/// A template with the values of a kind.
pub fn filled(template: &str, gvk: &Gvk, kubernetes: Option<Version>) -> String {
    let mut path = String::new();
    let mut parts = template.split("{{");
    path.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        path.push_str(&value(name.trim().trim_start_matches('.'), gvk, kubernetes));
        path.push_str(rest);
    }
    path
}

/// The name of a schema's file, in a folder whose layout is not given.
pub fn file_name(gvk: &Gvk) -> String {
    format!("{}{}.json", value("ResourceKind", gvk, None), value("KindSuffix", gvk, None))
}

fn value(name: &str, gvk: &Gvk, kubernetes: Option<Version>) -> String {
    match name {
        // What stands before the slash, if there is one.
        "Group" if gvk.group.is_empty() => gvk.version.to_string(),
        "Group" => gvk.group.to_string(),
        "ResourceKind" => gvk.kind.to_lowercase(),
        "ResourceAPIVersion" => gvk.version.to_string(),
        "KindSuffix" => match gvk.group.split('.').next().filter(|first| !first.is_empty()) {
            Some(first) => format!("-{first}-{}", gvk.version).to_lowercase(),
            None => format!("-{}", gvk.version).to_lowercase(),
        },
        "NormalizedKubernetesVersion" => match kubernetes {
            Some(version) => format!("v{}.{}.0", version.major, version.minor),
            None => "master".to_owned(),
        },
        "StrictSuffix" => "-strict".to_owned(),
        _ => String::new(),
    }
}
