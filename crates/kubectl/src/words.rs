//! A typed line to words, by the shell's quoting rules.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The words of a line; a leading `kubectl` is left out.
///
/// # Errors
/// When a quote is not closed.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a quote ' is not closed".to_string()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("a quote \" is not closed".to_string()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a quote \" is not closed".to_string()),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if words.first().is_some_and(|w| w == "kubectl") {
        words.remove(0);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_quoted_as_in_a_shell() {
        assert_eq!(
            split(r#"kubectl patch pod web -p '{"a": 1}' --x="b \"c\"" d\ e"#).unwrap(),
            ["patch", "pod", "web", "-p", r#"{"a": 1}"#, r#"--x=b "c""#, "d e"]
        );
        assert!(split("get 'pods").is_err());
        assert!(split("  ").unwrap().is_empty());
    }
}
