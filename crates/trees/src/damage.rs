//! Damages to texts and trees: what a slip of the hand, a bad merge or a hostile hand does, by seed.

use crate::Files;
use crate::random::Random;

/// Values that stand where something else was meant.
const STRANGE: &[&str] = &[
    "null",
    "[]",
    "{}",
    "~",
    "''",
    "[1, null]",
    "{a: {}}",
    "*x",
    "&x 1",
    "!!binary x",
    "1e999",
    "-",
    "|",
    ">-",
    "|4+",
    "${A",
    "${A:-${B}}",
    "${A:=x}",
    "${A/b/c}",
    "${A:1:2}",
    "$patch",
    "- - -",
    "\u{feff}",
    "\t",
    "0x1F",
    "0o17",
    "1_000",
    "2020-01-01",
    "<<",
    "? a",
    "\"\\u0000\"",
    "\"\\u202e\"",
    "../../..",
    "/",
    ".",
    "a/b/c",
    "*",
    "^(",
    "(a+)+$",
    "[[[[[[",
    "https://example.com/x?ref=y",
    "18446744073709551616",
    "-9223372036854775809",
    "9e99Gi",
    "\u{1b}[31m",
    "::error::x",
    "<!-- -->",
    "]]>",
    "delete",
    "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
    "{{ .Values.a }}",
    "self.all(x, x)",
];

/// Longest text that damages grow.
const LONGEST: usize = 1 << 20;

/// A text with some damages, in lines and in bytes.
pub fn mutated(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    for _ in 0..=random.below(4) {
        by_line(&mut lines, random);
    }
    let mut text = lines.join("\n") + "\n";
    if random.below(3) == 0 {
        by_character(&mut text, random);
    }
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

fn by_line(lines: &mut Vec<String>, random: &mut Random) {
    let strange = (*random.pick(STRANGE).unwrap_or(&"")).to_owned();
    let at = random.below(lines.len());
    let other = random.below(lines.len());
    let Some(line) = lines.get(at).cloned() else {
        lines.push(strange);
        return;
    };
    match random.below(12) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(other, line),
        2 => set(lines, at, format!("  {line}")),
        3 => set(lines, at, line.trim_start().to_owned()),
        4 => lines.truncate(at),
        5 => lines.swap(at, other),
        6 => set(lines, at, format!("{line} # flux-vet: ignore[{strange}] {strange}")),
        7 => {
            // A part of the tree, once more somewhere else.
            let part: Vec<String> = lines.iter().skip(at).take(1 + random.below(12)).cloned().collect();
            let tail = lines.split_off(other.min(lines.len()));
            lines.extend(part.into_iter().chain(tail));
        }
        8 => {
            let item = line.trim_start().starts_with("- ");
            let indent = " ".repeat(line.len() - line.trim_start().len());
            lines.insert(
                at,
                if item { format!("{indent}- {strange}") } else { format!("{indent}{strange}: {strange}") },
            );
        }
        _ => {
            let key = line.split_once(':').map_or("", |(key, _)| key);
            set(lines, at, format!("{key}: {strange}"));
        }
    }
}

fn set(lines: &mut [String], at: usize, text: String) {
    if let Some(line) = lines.get_mut(at) {
        *line = text;
    }
}

fn by_character(text: &mut String, random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = text.floor_char_boundary(random.below(text.len()));
        match random.below(3) {
            0 => {
                text.pop();
                if at < text.len() {
                    text.remove(at);
                }
            }
            1 => {
                let any = u32::try_from(random.below(0x300)).ok().and_then(char::from_u32);
                text.insert(at, any.unwrap_or(' '));
            }
            _ => text.insert_str(at, random.pick(STRANGE).unwrap_or(&"")),
        }
    }
}

/// A tree with some damaged files, some gone, some moved.
pub fn damaged(files: &Files, random: &mut Random) -> Files {
    let paths: Vec<&String> = files.keys().collect();
    let mut damaged = files.clone();
    for _ in 0..=random.below(5) {
        let (Some(path), Some(other)) = (random.pick(&paths), random.pick(&paths)) else { break };
        let Some(text) = damaged.get(*path).cloned() else { continue };
        match random.below(12) {
            0 => drop(damaged.remove(*path)),
            1 => drop(damaged.insert((*other).clone(), text)),
            2 => {
                // Another file of the tree inside this one.
                let joined = format!("{text}---\n{}", files.get(*other).map_or("", String::as_str));
                damaged.insert((*path).clone(), joined);
            }
            _ => drop(damaged.insert((*path).clone(), mutated(&text, random))),
        }
    }
    damaged
}
