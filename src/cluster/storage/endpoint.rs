//! An S3 endpoint as a client is given it: scheme, host and port, and where each stands in the text.

use std::ops::Range;

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// The port that is meant where none is given.
    pub fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A parsed endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The scheme, where one is written.
    pub scheme: Option<Scheme>,
    /// The host, in lower case, without a final stop.
    pub host: String,
    /// Where the host stands in the text.
    pub host_at: Range<usize>,
    /// The port, where one is written, and where it stands.
    pub port: Option<(u16, Range<usize>)>,
}

/// Where an endpoint leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A Service of the cluster.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A host outside of the cluster, or one that cannot be told from that.
    External,
}

impl Endpoint {
    /// Reads an endpoint; `None` where the host or the port cannot be known.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, start) = match text.find("://") {
            Some(at) => match text.get(..at)?.to_ascii_lowercase().as_str() {
                "http" => (Some(Scheme::Http), at + 3),
                "https" => (Some(Scheme::Https), at + 3),
                _ => return None,
            },
            None => (None, 0),
        };
        let rest = text.get(start..)?;
        let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
        let user = authority.rfind('@').map_or(0, |at| at + 1);
        let (start, authority) = (start + user, authority.get(user..)?);
        let (host, port) = match authority.rfind(':') {
            Some(at) if !authority.starts_with('[') => {
                let digits = authority.get(at + 1..)?;
                (authority.get(..at)?, Some((digits.parse().ok()?, start + at + 1..start + authority.len())))
            }
            _ => (authority, None),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '[' | ']' | ':');
        if host.is_empty() || !host.chars().all(is_host) {
            return None;
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        Some(Endpoint { scheme, host: name, host_at: start..start + host.len(), port })
    }

    /// Where the host leads for a client in a namespace. `is_namespace` knows the namespaces of the tree.
    pub fn host(&self, client: &str, is_namespace: &dyn Fn(&str) -> bool) -> Host {
        let labels: Vec<&str> = self.host.split('.').collect();
        let service =
            |namespace: &str, name: &str| Host::Service { namespace: namespace.to_owned(), name: name.to_owned() };
        match labels.as_slice() {
            [name] if !client.is_empty() && *name != "localhost" && !name.starts_with('[') => service(client, name),
            [name, namespace] if is_namespace(namespace) => service(namespace, name),
            // A pod of a StatefulSet has its own name before that of the Service.
            [name, namespace, "svc", ..] | [_, name, namespace, "svc", ..] => service(namespace, name),
            _ => Host::External,
        }
    }

    /// The port a client connects to; `None` where neither port nor scheme tells.
    pub fn effective_port(&self, insecure: Option<bool>) -> Option<u16> {
        let by_flag = || insecure.map(|insecure| if insecure { 80 } else { 443 });
        self.port.as_ref().map(|(port, _)| *port).or(self.scheme.map(Scheme::port)).or_else(by_flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn leads(text: &str) -> String {
        let endpoint = Endpoint::parse(text).unwrap();
        match endpoint.host("apps", &|namespace| namespace == "storage") {
            Host::Service { namespace, name } => format!("{namespace}/{name} {:?}", endpoint.effective_port(None)),
            Host::External => "external".to_owned(),
        }
    }

    #[test]
    fn every_form_of_a_service_host_leads_to_the_service() {
        for host in [
            "minio.storage.svc",
            "minio.storage",
            "minio.storage.svc.cluster.local",
            "minio.storage.svc.cluster.local.",
        ] {
            assert_eq!(leads(&format!("http://{host}:9000/x")), "storage/minio Some(9000)", "{host}");
        }
        assert_eq!(leads("minio"), "apps/minio None");
        assert_eq!(leads("https://minio"), "apps/minio Some(443)");
        assert_eq!(leads("http://key:pass@minio-0.minio-hl.storage.svc"), "storage/minio-hl Some(80)");
    }

    #[test]
    fn other_hosts_are_external_and_unknown_ones_do_not_parse() {
        for host in ["s3.amazonaws.com", "s3.eu", "10.0.0.1:9000", "localhost:9000", "[::1]:80"] {
            assert_eq!(leads(host), "external", "{host}");
        }
        for text in ["", "${HOST}:9000", "{{ .endpoint }}", "http://minio:port", "ftp://minio", "$HOST"] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }
}
