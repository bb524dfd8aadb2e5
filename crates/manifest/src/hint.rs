//! What lifepod itself says of a text, in the languages of the page.

use std::borrow::Cow;
use std::fmt;

/// What is found or what to do about it, in our own words; empty where Kubernetes' words say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    en: Cow<'static, str>,
    zh: Cow<'static, str>,
}

impl Hint {
    /// No advice.
    pub const NONE: Hint = Hint::new("", "");

    /// Advice in English and in Simplified Chinese.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Hint { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
    }

    /// Advice that names something.
    pub fn of(en: String, zh: String) -> Self {
        Hint { en: Cow::Owned(en), zh: Cow::Owned(zh) }
    }

    /// The word that was probably meant.
    pub fn did_you_mean(word: &str) -> Self {
        Hint::of(format!("did you mean `{word}`?"), format!("是想写 `{word}` 吗？"))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// In English.
    pub fn en(&self) -> &str {
        &self.en
    }

    /// In Simplified Chinese.
    pub fn zh(&self) -> &str {
        &self.zh
    }
}

impl fmt::Display for Hint {
    /// In English, as all that is meant for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}
