//! Asks addresses over HTTP, for `schemas pull` alone: the only code that opens a connection.

use std::env;
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error};

use crate::cluster::schemas::pull::{MOST_BYTES, Transport};
use crate::fault::Fault;

/// To look up the host and to reach it.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// For one address, redirects and body included.
const IN_ALL: Duration = Duration::from_secs(60);
const REDIRECTS: u32 = 5;
/// How often a host is asked that says it is busy.
const TRIES: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Connections, with proxies as the environment has them (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).
pub struct Http {
    encrypted: Agent,
    /// For this machine alone. It follows nobody: what answers could lead elsewhere.
    plain: Agent,
}

impl Http {
    /// With the certificates of Mozilla; those of a file where `SSL_CERT_FILE` names one, as companies need it whose proxy
    /// looks into connections.
    ///
    /// # Errors
    /// That file cannot be read.
    pub fn new() -> Result<Self, Fault> {
        let agent = |is_encrypted: bool, roots: RootCerts| {
            Agent::config_builder()
                .https_only(is_encrypted)
                .http_status_as_error(false)
                .max_redirects(if is_encrypted { REDIRECTS } else { 0 })
                .max_redirects_will_error(is_encrypted)
                .timeout_resolve(Some(TO_CONNECT))
                .timeout_connect(Some(TO_CONNECT))
                .timeout_global(Some(IN_ALL))
                .user_agent(concat!("flux-vet/", env!("CARGO_PKG_VERSION")))
                .tls_config(TlsConfig::builder().root_certs(roots).build())
                .build()
                .new_agent()
        };
        let roots = roots()?;
        Ok(Http { encrypted: agent(true, roots.clone()), plain: agent(false, roots) })
    }

    fn once(&self, url: &str) -> Result<Response<Body>, String> {
        let agent = if url.starts_with("https://") { &self.encrypted } else { &self.plain };
        agent.get(url).call().map_err(|error| told(&error))
    }
}

impl Transport for Http {
    fn get(&mut self, url: &str) -> Result<Option<Vec<u8>>, String> {
        let mut tried = 1;
        let mut response = self.once(url)?;
        while matches!(response.status().as_u16(), 429 | 502..=504) && tried < TRIES {
            thread::sleep(pause(&response, tried));
            response = self.once(url)?;
            tried += 1;
        }
        match response.status().as_u16() {
            200 => response
                .body_mut()
                .with_config()
                .limit(MOST_BYTES)
                .read_to_vec()
                .map(Some)
                .map_err(|error| told(&error)),
            404 | 410 => Ok(None),
            status => Err(format!("the server answers with status {status}")),
        }
    }
}

/// How long a busy host wants to be left alone.
fn pause(response: &Response<Body>, tried: u32) -> Duration {
    let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(asked.unwrap_or_else(|| u64::from(tried))).min(LONGEST_PAUSE)
}

fn told(error: &Error) -> String {
    match error {
        Error::BodyExceedsLimit(most) => format!("the answer has more than {most} bytes"),
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::TooManyRedirects => format!("it leads on more than {REDIRECTS} times"),
        other => other.to_string(),
    }
}

fn roots() -> Result<RootCerts, Fault> {
    let Some(path) = env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else { return Ok(RootCerts::WebPki) };
    let unreadable = |reason: String| Fault::Read { path: path.display().to_string(), reason };
    let text = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(one) = item.map_err(|error| unreadable(error.to_string()))? {
            certificates.push(one);
        }
    }
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate".to_owned()));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}
