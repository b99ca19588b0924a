//! Goes through the commands of a script, wherever they stand in it.

use super::parse::{Command, Kind, List};

/// Calls `see` for each command of a list and for each inside of it, outer ones first.
pub(super) fn each<'s>(list: &'s List, see: &mut dyn FnMut(&'s Command)) {
    list.iter().for_each(|command| each_of(command, see));
}

/// The same for one command.
pub(super) fn each_of<'s>(command: &'s Command, see: &mut dyn FnMut(&'s Command)) {
    see(command);
    match &command.kind {
        Kind::Pipeline(list) | Kind::Group(list) | Kind::Subshell(list) => each(list, see),
        Kind::AndOr(links) => links.iter().for_each(|(_, command)| each_of(command, see)),
        Kind::Background(command) => each_of(command, see),
        Kind::If { branches, otherwise } => {
            for (condition, body) in branches {
                each(condition, see);
                each(body, see);
            }
            each(otherwise, see);
        }
        Kind::Loop { condition, body } => {
            each(condition, see);
            each(body, see);
        }
        Kind::For { body, .. } => each(body, see),
        Kind::Case { arms, .. } => arms.iter().for_each(|arm| each(arm, see)),
        Kind::Function { body, .. } => each_of(body, see),
        Kind::Simple(_) | Kind::Test(_) | Kind::Arithmetic(_) => {}
    }
}
