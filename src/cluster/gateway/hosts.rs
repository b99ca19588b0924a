//! Hostnames of listeners, routes and certificates: which of them meet, as far as their variables allow.

use crate::cluster::pods::Answer;
use crate::yaml::Node;

/// Stands for what a variable holds, when two names end in the very same one.
const SAME: &str = "\u{0}";

/// A hostname as it is written, in lower case; a part that is not known stands as `${…}`.
pub fn hostname(node: &Node) -> Option<String> {
    let text = node.shown()?;
    Some(text.trim_end_matches('.').to_ascii_lowercase())
}

/// Whether the hostname of a listener and that of a route have names in common: a wildcard stands for one or more
/// labels. Source: gateway-api `apis/v1/gateway_types.go` (`Listener.Hostname`).
pub fn meet(listener: &str, route: &str) -> Answer {
    let below = |suffix: &str, name: &str| name.strip_suffix(suffix).is_some_and(|head| head.ends_with('.'));
    compare(listener, route, |listener, route| match (listener.strip_prefix("*."), route.strip_prefix("*.")) {
        (None, None) => listener == route,
        (Some(suffix), None) => below(suffix, route),
        (None, Some(suffix)) => below(suffix, listener),
        (Some(one), Some(other)) => one == other || below(one, other) || below(other, one),
    })
}

/// Whether a name of a certificate covers a hostname: a wildcard stands for exactly one label.
/// Source: RFC 6125, section 6.4.3.
pub fn covers(certificate: &str, hostname: &str) -> Answer {
    compare(certificate, hostname, |certificate, hostname| {
        certificate == hostname
            || certificate.strip_prefix("*.").is_some_and(|suffix| {
                hostname
                    .split_once('.')
                    .is_some_and(|(first, rest)| !first.is_empty() && first != "*" && rest == suffix)
            })
    })
}

/// Compares two names of which each may end in a variable: they can be told apart when it is the same.
fn compare(one: &str, other: &str, test: impl Fn(&str, &str) -> bool) -> Answer {
    if is_template(one) || is_template(other) {
        return Answer::Unknown;
    }
    match (tail(one), tail(other)) {
        (None, None) => Answer::from(test(one, other)),
        (Some((head, end)), Some((other_head, other_end))) if end == other_end => {
            Answer::from(test(&format!("{head}{SAME}"), &format!("{other_head}{SAME}")))
        }
        _ => Answer::Unknown,
    }
}

fn is_template(name: &str) -> bool {
    // A variable that is only a part of a label, and what a chart fills in.
    name.contains("{{") || tail(name).is_some_and(|(head, _)| !head.is_empty() && !head.ends_with('.'))
}

/// The labels before the first variable, and everything from there on.
fn tail(name: &str) -> Option<(&str, &str)> {
    name.find("${").and_then(|at| name.split_at_checked(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_of_a_listener_stands_for_any_number_of_labels() {
        for (listener, route, expected) in [
            ("a.example.com", "a.example.com", Answer::Yes),
            ("*.example.com", "a.example.com", Answer::Yes),
            ("*.example.com", "b.a.example.com", Answer::Yes),
            ("*.example.com", "example.com", Answer::No),
            ("*.example.com", "anexample.com", Answer::No),
            ("a.example.com", "*.example.com", Answer::Yes),
            ("*.example.com", "*.a.example.com", Answer::Yes),
            ("*.a.example.com", "*.b.example.com", Answer::No),
            ("*.${domain}", "a.${domain}", Answer::Yes),
            ("${domain}", "a.${domain}", Answer::No),
            ("*.${domain}", "a.example.com", Answer::Unknown),
            ("x-${domain}", "x-${domain}", Answer::Unknown),
        ] {
            assert_eq!(meet(listener, route), expected, "{listener} {route}");
        }
    }

    #[test]
    fn a_wildcard_of_a_certificate_stands_for_one_label() {
        for (certificate, hostname, expected) in [
            ("*.example.com", "a.example.com", Answer::Yes),
            ("*.example.com", "*.example.com", Answer::Yes),
            ("*.example.com", "b.a.example.com", Answer::No),
            ("*.example.com", "example.com", Answer::No),
            ("*.admin.${domain}", "app.home.${domain}", Answer::No),
            ("*.${domain}", "app.${domain}", Answer::Yes),
            ("*.${one}", "app.${other}", Answer::Unknown),
        ] {
            assert_eq!(covers(certificate, hostname), expected, "{certificate} {hostname}");
        }
    }
}
