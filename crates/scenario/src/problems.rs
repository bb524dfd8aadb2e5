//! What is wrong with the meaning of a document, by field path; its places in the text come later.

use lifepod_manifest::{Hint, Severity};

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) path: String,
    pub(crate) message: Hint,
    pub(crate) hint: Hint,
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, severity: Severity, path: &str, message: Hint, hint: Hint) {
        self.0.push(Problem { severity, path: path.to_string(), message, hint });
    }

    pub(crate) fn error(&mut self, path: &str, message: Hint) {
        self.add(Severity::Error, path, message, Hint::NONE);
    }

    /// One of the words of a closed list; a problem when it is none, with the one that was perhaps meant.
    pub(crate) fn word<T: Copy>(&mut self, path: &str, word: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            let (list, zh) = (names.join(", "), names.join("、"));
            let message = match word {
                "" => Hint::of(format!("required: one of {list}"), format!("必填：{zh} 之一")),
                _ => Hint::of(format!("{word:?} is none of {list}"), format!("{word:?} 不是 {zh} 之一")),
            };
            let near = lifepod_manifest::nearest(word, names.iter().copied());
            self.add(Severity::Error, path, message, near.map_or(Hint::NONE, Hint::did_you_mean));
        }
        found
    }

    /// A number within bounds that fits `T`; a problem when it does not.
    pub(crate) fn number<T: TryFrom<i32>>(
        &mut self,
        path: &str,
        number: i32,
        low: i32,
        high: i32,
    ) -> Option<T> {
        if (low..=high).contains(&number) {
            return T::try_from(number).ok();
        }
        let en = format!("{number} is not between {low} and {high}");
        self.error(path, Hint::of(en, format!("{number} 不在 {low} 和 {high} 之间")));
        None
    }

    /// A port's number.
    pub(crate) fn port(&mut self, path: &str, number: i32) -> Option<u16> {
        self.number(path, number, 1, 65_535)
    }

    /// An amount of bytes.
    pub(crate) fn bytes(&mut self, path: &str, quantity: &lifepod_api::Quantity) -> Option<u64> {
        let bytes = u64::try_from(quantity.value()).ok();
        if bytes.is_none() {
            let en = format!("{quantity} is not an amount of bytes");
            self.error(path, Hint::of(en, format!("{quantity} 不是字节数")));
        }
        bytes
    }

    /// Exactly one of these may be set; its number in the list. `what` has them, in English and Chinese.
    pub(crate) fn only_one(
        &mut self,
        path: &str,
        (what, zh): (&str, &str),
        set: &[(&str, bool)],
    ) -> Option<usize> {
        let names = |wanted: bool| -> Vec<&str> {
            set.iter().filter(|(_, on)| !wanted || *on).map(|(name, _)| *name).collect()
        };
        let on = names(true);
        match on.as_slice() {
            [_] => return set.iter().position(|(_, on)| *on),
            [] => {
                let all = names(false);
                let en = format!("{what} needs one of {}", all.join(", "));
                self.error(path, Hint::of(en, format!("{zh}需要 {} 之一", all.join("、"))));
            }
            [.., last] => {
                let message = Hint::of(
                    format!("{what} may have only one of {}", on.join(", ")),
                    format!("{zh}只能有 {} 之一", on.join("、")),
                );
                self.add(
                    Severity::Error,
                    &format!("{path}.{last}"),
                    message,
                    Hint::new("write two of them", "请写成两个"),
                );
            }
        }
        None
    }
}
