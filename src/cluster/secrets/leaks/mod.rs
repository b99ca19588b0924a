//! Credentials in places that are not for them: what in a text looks like one, and where.

mod credential;
mod dummies;
mod files;
mod formats;
mod places;
mod text;

use std::ops::Range;

pub(super) use dummies::is_dummy;
pub use files::in_file;
pub use places::{Place, places};
pub use text::in_text;

use credential::credential;

/// What a leak looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its form says what it is: `a token of GitHub`.
    Format(&'static str),
    /// The password of a URL.
    Url,
    /// The name beside it says so.
    Named,
}

impl Look {
    /// The look for people.
    pub fn shown(self) -> &'static str {
        match self {
            Look::Format(what) => what,
            Look::Url => "a URL with its password",
            Look::Named => "a credential",
        }
    }
}

/// A part of a text that looks like a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What it looks like.
    pub look: Look,
    /// The name beside it, as bytes in the text; `None` where the text as a whole is the value.
    pub name: Option<Range<usize>>,
    /// The value, as bytes in the text.
    pub value: Range<usize>,
}

/// What a value under a key gives away, in order.
pub fn leaks(key: &str, text: &str) -> Vec<Leak> {
    let mut found = in_text(text);
    if !text.trim_end().contains('\n') && credential(key, text) {
        let whole = Leak { look: Look::Named, name: None, value: 0..text.len() };
        if found.is_empty() {
            found.push(whole);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_judged_by_its_key_and_a_text_by_its_lines() {
        let looks = |key: &str, text: &str| -> Vec<Look> { leaks(key, text).iter().map(|leak| leak.look).collect() };
        assert_eq!(looks("adminPassword", "hunter2-4711"), [Look::Named]);
        assert_eq!(looks("greeting", "hunter2-4711"), []);
        assert_eq!(looks("app.conf", "host = db\npassword = hunter2-4711\n"), [Look::Named]);
        assert_eq!(looks("url", "postgres://app:hunter2-4711@db/app"), [Look::Url]);
    }

    #[test]
    fn the_name_and_the_value_have_their_places() {
        let text = "a: 1\ndb_password: hunter2-4711\n";
        let found = leaks("x", text);
        let shown: Vec<(&str, &str)> =
            found.iter().map(|leak| (&text[leak.name.clone().unwrap()], &text[leak.value.clone()])).collect();
        assert_eq!(shown, [("db_password", "hunter2-4711")]);
    }
}
