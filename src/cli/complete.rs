//! `__complete`: what may stand next on the command line, as the Flux CLI asks its plugins.

use clap::{Arg, Command};

use super::print;
use crate::fault::Fault;
use crate::rules;

/// The word by which Cobra programs ask.
/// Source: fluxcd/flux2 `internal/plugin/completion.go`.
pub const WORD: &str = "__complete";

/// Cobra's `ShellCompDirective`s: files may be meant, or nothing else is.
const FILES: u8 = 0;
const NO_FILES: u8 = 4;

/// Answers for the words after `__complete`, of which the last one is being typed.
pub fn run(command: &Command, words: &[String]) -> Result<(), Fault> {
    let (answers, directive) = answer(command, words);
    let mut text = String::new();
    for answer in answers {
        text.push_str(&answer);
        text.push('\n');
    }
    text.push_str(&format!(":{directive}\n"));
    print(text.as_bytes())
}

fn answer(command: &Command, words: &[String]) -> (Vec<String>, u8) {
    let (typed, before) = words.split_last().map_or(("", [].as_slice()), |(last, before)| (last.as_str(), before));
    let mut at = command;
    for word in before {
        if let Some(inner) = at.find_subcommand(word) {
            at = inner;
        }
    }
    let visible = |arg: &&Arg| !arg.is_hide_set();
    // A flag with its value after `=`, or the value of the flag before.
    let of_flag = |name: &str| {
        let name = name.strip_prefix("--")?;
        at.get_arguments().find(|arg| arg.get_long() == Some(name))
    };
    if let Some((name, typed)) = typed.split_once('=')
        && let Some(flag) = of_flag(name)
    {
        return values(flag, typed, &format!("{name}="));
    }
    if let Some(flag) = before.last().and_then(|name| of_flag(name)).filter(|flag| flag.get_action().takes_values()) {
        return values(flag, typed, "");
    }
    if typed.starts_with('-') {
        let flags = at.get_arguments().filter(visible).filter_map(|arg| Some((format!("--{}", arg.get_long()?), arg)));
        let described =
            flags.filter(|(flag, _)| flag.starts_with(typed)).map(|(flag, arg)| described(&flag, arg.get_help()));
        return (described.collect(), NO_FILES);
    }
    let inner = at.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name().starts_with(typed));
    let mut answers: Vec<String> = inner.map(|inner| described(inner.get_name(), inner.get_about())).collect();
    for arg in at.get_positionals().filter(visible) {
        answers.extend(values(arg, typed, "").0);
    }
    let directive = if answers.is_empty() { FILES } else { NO_FILES };
    (answers, directive)
}

/// What an argument takes: its words, or the names of rules.
fn values(arg: &Arg, typed: &str, before: &str) -> (Vec<String>, u8) {
    let mut answers: Vec<String> =
        arg.get_possible_values().iter().map(|value| described(value.get_name(), value.get_help())).collect();
    if arg.get_id() == "rule" {
        let catalogue = rules::catalogue().ok();
        answers.extend(
            catalogue
                .iter()
                .flat_map(|all| all.iter())
                .map(|entry| format!("{}\t{}", entry.card.id, entry.card.summary)),
        );
    }
    answers.retain(|answer| answer.starts_with(typed));
    let directive = if answers.is_empty() { FILES } else { NO_FILES };
    (answers.into_iter().map(|answer| format!("{before}{answer}")).collect(), directive)
}

fn described(name: &str, help: Option<&clap::builder::StyledStr>) -> String {
    let first = help.map(ToString::to_string).unwrap_or_default();
    match first.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => format!("{name}\t{line}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn answers(words: &[&str]) -> (Vec<String>, u8) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut command = super::super::Arguments::command();
        command.build();
        let (answers, directive) = answer(&command, &words);
        (answers.iter().map(|answer| answer.split('\t').next().unwrap_or_default().to_owned()).collect(), directive)
    }

    #[test]
    fn commands_flags_words_and_rules_are_offered() {
        assert_eq!(answers(&["ch"]), (vec!["check".to_owned()], NO_FILES));
        assert_eq!(answers(&["check", "--fail"]), (vec!["--fail-on".to_owned()], NO_FILES));
        assert_eq!(answers(&["check", "--fail-on", "w"]), (vec!["warning".to_owned()], NO_FILES));
        assert_eq!(answers(&["check", "--fail-on=w"]), (vec!["--fail-on=warning".to_owned()], NO_FILES));
        assert_eq!(answers(&["check", "apps/"]), (Vec::new(), FILES));
        assert_eq!(answers(&["explain", "depends-on-cyc"]), (vec!["depends-on-cycle".to_owned()], NO_FILES));
        assert!(answers(&[""]).0.contains(&"graph".to_owned()));
        assert!(!answers(&[""]).0.contains(&"man".to_owned()), "what is hidden stays so");
    }
}
