//! The guided tour: chapters of docs/tour, each a story told over one example, step by step.
//!
//! A chapter is a Markdown file in each language. Its first line is the title, `<!-- run: NAME -->` names the example
//! that it is about, and each `##` begins a step. A comment below the step's heading says what the page shows meanwhile:
//!
//! ```text
//! <!-- at="The phase is Running" nth=2 tab=events show=timeline from=0s to=2m -->
//! ```
//!
//! - `at`: the first thing that happened with these words (in English, as the table has them), or the `nth`;
//! - `time`: an instant instead; `from` and `to`: the part of the time axis that is shown;
//! - `pod`: the pod that the tabs are about, where it is not the first; `tab`: the inspector's tab; `show`: the part of the page that is marked;
//! - `act`: an action of the Scenario that the reader may take there; `change` and `with`: words of the manifest, and
//!   what the reader may put in their place.

mod follow;
mod view;

pub use follow::{use_arrival, use_step_in_view, use_translated_guide};
pub use view::Guide as GuideView;

use crate::dialogs::load_example;
use crate::i18n::Lang;
use crate::share;
use crate::state::Tab;
use lifepod_api::{SimTime, duration};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

// `CHAPTERS: &[ChapterName]`, made of docs/tour by build.rs.
include!(concat!(env!("OUT_DIR"), "/chapters.rs"));

/// A chapter, by its file's name without the ending, and its titles.
pub struct ChapterName {
    /// Links name it so.
    pub name: &'static str,
    /// The title in English, …
    pub en: &'static str,
    /// … and in Chinese.
    pub zh: &'static str,
}

impl ChapterName {
    /// The title in a language.
    pub fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// Where a reader is in the tour.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// The chapter's place in [`CHAPTERS`].
    pub index: usize,
    /// What it says, …
    pub chapter: Rc<Chapter>,
    /// … in this language.
    pub lang: Lang,
    /// The step that is shown; always one of the chapter's.
    pub step: usize,
    /// Whether the page has still to go to what the step is about.
    pub arriving: bool,
}

impl Guide {
    /// The part of a link to the step after `#`.
    pub fn address(&self) -> Rc<str> {
        format!("tour={}&step={}", CHAPTERS[self.index].name, self.step + 1).as_str().into()
    }

    /// The step that is shown.
    pub fn now(&self) -> &Step {
        &self.chapter.steps[self.step]
    }
}

/// What a chapter says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chapter {
    pub title: String,
    /// The name of the example that it is about.
    pub run: String,
    /// At least one.
    pub steps: Vec<Step>,
}

/// A step of the story, and what the page shows meanwhile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub title: String,
    /// Paragraphs in Markdown.
    pub text: String,
    /// The thing that happened which the step is about.
    pub moment: Option<Moment>,
    /// The instant that it is about, where it is about none that has a name.
    pub time: Option<SimTime>,
    /// The part of the time axis that is shown; none for all.
    pub span: Option<(SimTime, SimTime)>,
    /// The name of the pod that the tabs are about; none for the first.
    pub pod: Option<String>,
    pub tab: Option<Tab>,
    /// The part of the page that is marked, by its class.
    pub show: Option<String>,
    /// What the reader may do.
    pub deed: Option<Deed>,
}

impl Step {
    /// The key of the lane that the step is about.
    pub fn lane(&self) -> Option<Rc<str>> {
        // The first pod of that name.
        Some(format!("{}#1/", self.pod.as_ref()?).as_str().into())
    }
}

/// Something that happened, by words of its line in the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub words: String,
    /// Which of them, from 1.
    pub nth: usize,
}

impl Moment {
    /// Whether a line of the table (in English) has the words.
    pub fn is(&self, line: &lifepod_timeline::Line) -> bool {
        format!("{} {}", line.object, line.what).contains(&self.words)
    }
}

/// Something that the reader may do by a press.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// An action of the Scenario, at the cursor.
    Act(String),
    /// Other words in the manifest.
    Change { words: String, with: String },
}

impl Deed {
    /// What it does, as the reader would type it.
    pub fn title(&self) -> String {
        match self {
            Deed::Act(what) => match what.strip_prefix("kubectl: ") {
                Some(command) => format!("kubectl {}", command.trim_matches('"')),
                None => what.clone(),
            },
            Deed::Change { words, with } => format!("{words} → {with}"),
        }
    }
}

/// A chapter's text, opened at a step, and the example that it is about.
pub async fn open(name: &str, lang: Lang, step: usize) -> Option<(Guide, String)> {
    let guide = read(name, lang, step).await?;
    let text = load_example(&guide.chapter.run).await?.text;
    Some((guide, text))
}

/// A chapter's text, opened at a step.
pub async fn read(name: &str, lang: Lang, step: usize) -> Option<Guide> {
    // Only chapters that there are are asked for, whatever a link says.
    let index = CHAPTERS.iter().position(|chapter| chapter.name == name)?;
    let folder = match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    };
    let text = share::load(&format!("tour/{folder}/{name}.md")).await.ok()?.as_string()?;
    let chapter = parse(&text);
    let step = step.min(chapter.steps.len().checked_sub(1)?);
    Some(Guide { index, chapter: Rc::new(chapter), lang, step, arriving: true })
}

/// What a chapter's file says. Words that are no part of the form are passed over; the tests hold the files to it.
fn parse(text: &str) -> Chapter {
    let mut chapter = Chapter::default();
    for line in text.lines() {
        let comment = line.strip_prefix("<!--").and_then(|line| line.strip_suffix("-->")).map(str::trim);
        if let Some(title) = line.strip_prefix("## ") {
            chapter.steps.push(Step { title: title.to_owned(), ..Step::default() });
        } else if let Some(title) = line.strip_prefix("# ") {
            chapter.title = title.to_owned();
        } else if let Some(run) = comment.and_then(|comment| comment.strip_prefix("run:")) {
            chapter.run = run.trim().to_owned();
        } else if let Some(step) = chapter.steps.last_mut() {
            match comment {
                Some(comment) => directions(step, comment),
                None => {
                    step.text.push_str(line);
                    step.text.push('\n');
                }
            }
        }
    }
    chapter
}

/// Takes what a step's comment says.
fn directions(step: &mut Step, comment: &str) {
    let mut changed = None;
    for (name, value) in pairs(comment) {
        let time =
            duration::parse(value).ok().and_then(|nanos| Some(SimTime(u64::try_from(nanos).ok()? / 1_000)));
        match name {
            "at" => step.moment = Some(Moment { words: value.to_owned(), nth: 1 }),
            "nth" => {
                if let (Some(moment), Ok(nth)) = (&mut step.moment, value.parse()) {
                    moment.nth = nth;
                }
            }
            "time" => step.time = time,
            "from" => step.span = time.map(|time| (time, SimTime::MAX)),
            "to" => step.span = time.map(|time| (step.span.map_or(SimTime::ZERO, |(from, _)| from), time)),
            "pod" => step.pod = Some(value.to_owned()),
            "tab" => step.tab = Tab::named(value),
            "show" => step.show = Some(value.to_owned()),
            "act" => step.deed = Some(Deed::Act(value.to_owned())),
            "change" => changed = Some(value.to_owned()),
            "with" => {
                step.deed = changed.take().map(|words| Deed::Change { words, with: value.to_owned() });
            }
            _ => {}
        }
    }
}

/// The `name=value` of a comment; a value with blanks stands in quotes, single or double.
fn pairs(comment: &str) -> Vec<(&str, &str)> {
    let (mut rest, mut found) = (comment.trim(), Vec::new());
    while let Some((name, after)) = rest.split_once('=') {
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = after.trim_start_matches(|c| Some(c) == quote);
        let (value, after) = value.split_once(quote.unwrap_or(' ')).unwrap_or((value, ""));
        found.push((name.trim(), value));
        rest = after.trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifepod_timeline::{Lang as CoreLang, chronicle};
    use std::{fs, path::PathBuf};

    fn file(path: &str) -> String {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn a_chapter_is_steps_with_directions() {
        let chapter = parse(
            "# Title\n<!-- run: 01-hello -->\n\n## One\n<!-- at=\"phase is\" nth=2 tab=events show=timeline to=2m -->\nText\n`code`.\n\n\
             ## Two\n<!-- time=1m30s change=\"3600\" with=\"sleep 3600\" -->\nMore.\n",
        );
        assert_eq!(
            (chapter.title.as_str(), chapter.run.as_str(), chapter.steps.len()),
            ("Title", "01-hello", 2)
        );
        let [one, two] = &chapter.steps[..] else { panic!() };
        assert_eq!(one.moment, Some(Moment { words: "phase is".into(), nth: 2 }));
        assert_eq!((one.tab, one.show.as_deref()), (Some(Tab::Events), Some("timeline")));
        assert_eq!(one.span, Some((SimTime::ZERO, SimTime::from_secs(120))));
        assert_eq!(one.text.trim(), "Text\n`code`.");
        assert_eq!(two.time, Some(SimTime::from_secs(90)));
        assert_eq!(two.deed, Some(Deed::Change { words: "3600".into(), with: "sleep 3600".into() }));
    }

    #[test]
    fn every_chapter_tells_what_happens_in_its_run_in_both_languages() {
        for name in CHAPTERS {
            let [en, zh] =
                ["en", "zh"].map(|lang| parse(&file(&format!("docs/tour/{lang}/{}.md", name.name))));
            assert!(!en.steps.is_empty(), "{} has no step", name.name);
            assert_eq!(en.run, zh.run, "{}", name.name);
            let told = |chapter: &Chapter| {
                let plain = |step: &Step| Step { title: String::new(), text: String::new(), ..step.clone() };
                chapter.steps.iter().map(plain).collect::<Vec<_>>()
            };
            assert_eq!(told(&en), told(&zh), "{}: both languages show the same", name.name);

            let text = crate::dialogs::split(&file(&format!("tests/scenarios/{}.md", en.run))).text;
            let prepared = lifepod_scenario::prepare(&text, &lifepod_scenario::Options::default());
            let run = prepared.scenario.unwrap_or_else(|| panic!("{} runs", en.run)).run();
            let lines = chronicle(&run.trace, CoreLang::En, false);
            for step in &en.steps {
                assert!(!step.text.trim().is_empty(), "{}: {}", name.name, step.title);
                if let Some(moment) = &step.moment {
                    let found = lines.iter().filter(|line| moment.is(line)).count();
                    assert!(found >= moment.nth, "{}: {} never happens", name.name, moment.words);
                }
                if let Some(pod) = &step.pod {
                    let created = format!("Pod {pod} was created");
                    assert!(lines.iter().any(|line| line.what == created), "{}: {created}", name.name);
                }
                if let Some(Deed::Change { words, .. }) = &step.deed {
                    assert_eq!(
                        text.matches(words).count(),
                        1,
                        "{}: {words} stands once in the text",
                        name.name
                    );
                }
                assert!(step.time.is_none_or(|time| time <= run.end), "{}: {}", name.name, step.title);
            }
        }
    }
}
