//! Commands that set something up, and whose failure a script throws away.

use std::ops::Range;

use super::parse::{Command, Kind, Link, Plain, ShellParser};
use super::visit;

/// Programs that make what others rely on: buckets, users, policies, databases, secrets.
const PROVISIONING: [&str; 15] = [
    "mc",
    "mcli",
    "rc",
    "aws",
    "s3cmd",
    "s5cmd",
    "garage",
    "psql",
    "createdb",
    "createuser",
    "mysql",
    "mongosh",
    "vault",
    "bao",
    "rabbitmqadmin",
];

/// The places of such commands with their `|| true`; `None` where the grammar of the script is not understood.
pub fn swallowed(script: &str) -> Option<Vec<Range<usize>>> {
    let parsed = Plain.parse(script).ok()?;
    let mut found = Vec::new();
    visit::each(&parsed.commands, &mut |command| {
        let Kind::AndOr(links) = &command.kind else { return };
        for (before, after) in links.iter().zip(links.iter().skip(1)) {
            let ((_, before), (link, after)) = (before, after);
            if matches!(link, Link::Or) && is_nothing(script, after) && provisions(script, before) {
                found.push(before.at.start..after.at.end);
            }
        }
    });
    Some(found)
}

fn word<'s>(script: &'s str, command: &Command, at: usize) -> Option<&'s str> {
    let Kind::Simple(simple) = &command.kind else { return None };
    simple.words.get(at).and_then(|word| script.get(word.at.clone()))
}

/// `true` or `:`.
fn is_nothing(script: &str, command: &Command) -> bool {
    matches!((word(script, command, 0), word(script, command, 1)), (Some("true" | ":" | "/bin/true"), None))
}

fn provisions(script: &str, command: &Command) -> bool {
    let mut found = false;
    visit::each_of(command, &mut |inner| {
        let program = word(script, inner, 0).and_then(|word| word.rsplit('/').next());
        found |= program.is_some_and(|program| PROVISIONING.contains(&program));
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<&str> {
        swallowed(script).unwrap().into_iter().map(|at| &script[at]).collect()
    }

    #[test]
    fn only_the_failure_of_a_command_that_sets_something_up_counts() {
        assert_eq!(found("set -e\nmc mb a/b || true\nmc ls a"), ["mc mb a/b || true"]);
        assert_eq!(found("mc ls a && mc mb a/b || :"), ["mc mb a/b || :"]);
        assert_eq!(
            found("f() { if x; then { /usr/bin/mc mb a/b; } || true; fi; }"),
            ["{ /usr/bin/mc mb a/b; } || true"]
        );
        assert_eq!(found("rm -f x || true\nmc mb a/b || exit 1\nmc ls a || echo no"), [""; 0]);
    }
}
