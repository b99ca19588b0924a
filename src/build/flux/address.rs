//! Addresses of repositories: compared, and asked for their owner.

/// An address in a form that can be compared: without scheme, user and `.git`, in small letters.
pub fn comparable(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.trim_end_matches('/').trim_end_matches(".git").replacen(':', "/", 1).to_ascii_lowercase()
}

/// Who owns what stands at an address: what follows the host.
pub fn owner(url: &str) -> Option<String> {
    let comparable = comparable(url);
    let (host, path) = comparable.split_once('/')?;
    let owner = path.split('/').next().filter(|owner| !owner.is_empty())?;
    (host.contains('.') && host.starts_with(|c: char| c.is_ascii_alphanumeric())).then(|| owner.to_owned())
}

/// Whether an address is one of a file of manifests.
pub fn is_file(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

/// Flux's own manifests.
pub fn is_flux_distribution(url: &str) -> bool {
    url.contains("/fluxcd/flux-manifests") || url.contains("github.com/fluxcd/flux2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_follows_the_host() {
        assert_eq!(owner("https://github.com/Acme/fleet.git").as_deref(), Some("acme"));
        assert_eq!(owner("ssh://git@github.com/acme/fleet").as_deref(), Some("acme"));
        assert_eq!(owner("git@github.com:acme/fleet.git").as_deref(), Some("acme"));
        assert_eq!(owner("oci://ghcr.io/acme/manifests/app").as_deref(), Some("acme"));
        assert_eq!(owner("https://raw.githubusercontent.com/acme/app/v1/x.yaml").as_deref(), Some("acme"));
        assert_eq!(owner("./folder/file.yaml"), None);
    }
}
