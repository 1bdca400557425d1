//! The LoCoMo data set (Maharana et al. 2024): long conversations, and questions with the turns that answer them.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

/// The unit of retrieval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granularity {
    /// One memory per turn of a dialogue.
    Turns,
    /// One memory per observation, as an assistant would add it.
    Facts,
}

/// The memories of one conversation, and the questions about it.
#[derive(Deserialize)]
pub(crate) struct Corpus {
    pub(crate) documents: Vec<EvidencePassage>,
    pub(crate) questions: Vec<LabelledQuestion>,
}

/// The content of one memory.
#[derive(Deserialize)]
pub(crate) struct EvidencePassage {
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    /// The previous turn of the same session.
    pub(crate) previous: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct LabelledQuestion {
    pub(crate) text: String,
    /// 0 in a prepared corpus.
    #[serde(skip)]
    pub(crate) category: u8,
    /// Positions of the documents that answer it; never empty.
    pub(crate) relevant: BTreeSet<usize>,
}

#[derive(Deserialize)]
struct Sample {
    qa: Vec<AnnotatedQuestion>,
    conversation: BTreeMap<String, Value>,
    observation: BTreeMap<String, BTreeMap<String, Vec<(String, Value)>>>,
}

#[derive(Deserialize)]
struct AnnotatedQuestion {
    question: String,
    #[serde(default)]
    evidence: Vec<String>,
    category: u8,
}

#[derive(Deserialize)]
struct Turn {
    speaker: String,
    dia_id: String,
    text: String,
    blip_caption: Option<String>,
}

/// A document, and the turns it derives from.
type Cited = (EvidencePassage, BTreeSet<String>);

/// Reads one corpus per conversation. Questions that no document answers are omitted.
pub(crate) fn read(file: &Path, kind: Granularity) -> Result<Vec<Corpus>, Box<dyn Error>> {
    let samples: Vec<Sample> = serde_json::from_slice(&std::fs::read(file)?)?;
    samples.iter().map(|sample| sample.corpus(kind)).collect()
}

/// Reads corpora that are stored in the form of [`Corpus`].
pub(crate) fn read_prepared(file: &Path) -> Result<Vec<Corpus>, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

impl Corpus {
    /// One corpus of all, with the documents in the order of their times.
    pub(crate) fn together(corpora: Vec<Self>) -> Self {
        let (mut documents, mut questions) = (Vec::new(), Vec::new());
        for corpus in corpora {
            let before = documents.len();
            questions.extend(corpus.questions.into_iter().map(|question| {
                let relevant = question.relevant.iter().map(|place| before + place).collect();
                LabelledQuestion { relevant, ..question }
            }));
            documents.extend(corpus.documents);
        }
        let mut order: Vec<_> = documents.into_iter().enumerate().collect();
        order.sort_by_key(|(_, document)| document.at);
        let mut places = vec![0; order.len()];
        (0..).zip(&order).for_each(|(place, (before, _))| places[*before] = place);
        for question in &mut questions {
            question.relevant = question.relevant.iter().map(|before| places[*before]).collect();
        }
        Self { documents: order.into_iter().map(|(_, document)| document).collect(), questions }
    }
}

impl Sample {
    fn corpus(&self, kind: Granularity) -> Result<Corpus, Box<dyn Error>> {
        let mut cited = Vec::new();
        for session in 1.. {
            let Some(turns) = self.conversation.get(&format!("session_{session}")) else { break };
            let at = self.conversation.get(&format!("session_{session}_date_time")).and_then(Value::as_str);
            let at = moment(at.ok_or("a session has no date")?)?;
            cited.extend(match kind {
                Granularity::Turns => self::turns(turns, at)?,
                Granularity::Facts => self.facts(session, at),
            });
        }
        let questions = self.qa.iter().filter_map(|asked| {
            let evidence = named_turns(&asked.evidence.join(" "));
            let answers = |(place, (_, turns)): (usize, &Cited)| (!turns.is_disjoint(&evidence)).then_some(place);
            let relevant: BTreeSet<_> = cited.iter().enumerate().filter_map(answers).collect();
            let (text, category) = (asked.question.clone(), asked.category);
            (!relevant.is_empty()).then_some(LabelledQuestion { text, category, relevant })
        });
        let questions = questions.collect();
        Ok(Corpus { documents: cited.into_iter().map(|(document, _)| document).collect(), questions })
    }

    fn facts(&self, session: u32, at: Timestamp) -> Vec<Cited> {
        let observed = self.observation.get(&format!("session_{session}_observation"));
        let facts = observed.into_iter().flat_map(BTreeMap::values).flatten();
        facts
            .map(|(text, turns)| {
                (EvidencePassage { text: text.clone(), at, previous: None }, named_turns(&turns.to_string()))
            })
            .collect()
    }
}

fn turns(turns: &Value, at: Timestamp) -> Result<Vec<Cited>, Box<dyn Error>> {
    let turns: Vec<Turn> = serde_json::from_value(turns.clone())?;
    let mut previous = None;
    let cited = turns.into_iter().map(|Turn { speaker, dia_id, text, blip_caption }| {
        let caption = blip_caption.map(|caption| format!(" [shares {caption}]")).unwrap_or_default();
        let text = format!("{speaker}: {text}{caption}");
        let document = EvidencePassage { previous: previous.replace(text.clone()), text, at };
        (document, BTreeSet::from([dia_id]))
    });
    Ok(cited.collect())
}

/// Parses references to turns, which the data set formats in several ways: `D8:6; D9:17`, `["D1:3"]`, `D30:05`.
fn named_turns(text: &str) -> BTreeSet<String> {
    let parts = text.split(|character: char| !character.is_ascii_alphanumeric() && character != ':');
    let turn = |part: &str| {
        let (session, turn) = part.strip_prefix('D')?.split_once(':')?;
        Some(format!("D{session}:{}", turn.trim_start_matches('0')))
    };
    parts.filter_map(turn).collect()
}

/// Parses a time such as `1:56 pm on 8 May, 2023`.
fn moment(text: &str) -> Result<Timestamp, Box<dyn Error>> {
    let time = DateTime::strptime("%I:%M %p on %d %B, %Y", text)?;
    Ok(TimeZone::UTC.to_timestamp(time)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_formats_of_turn_references_are_parsed() {
        let named = |text| named_turns(text).into_iter().collect::<Vec<_>>();
        assert_eq!(named("D8:6; D9:17"), ["D8:6", "D9:17"]);
        assert_eq!(named(r#"["D1:3","D1:4"]"#), ["D1:3", "D1:4"]);
        assert_eq!(named("D30:05"), ["D30:5"]);
        assert_eq!(named("D"), [""; 0]);
    }

    #[test]
    fn corpora_together_are_ordered_by_time() {
        let document = |text: &str, at: &str| EvidencePassage {
            text: text.into(),
            at: at.parse().expect("a moment"),
            previous: None,
        };
        let corpus = |documents, relevant| Corpus {
            documents,
            questions: vec![LabelledQuestion {
                text: String::new(),
                category: 0,
                relevant: BTreeSet::from([relevant]),
            }],
        };
        let late = corpus(vec![document("b", "2023-05-08T13:56:00Z"), document("d", "2023-05-10T13:56:00Z")], 0);
        let early = corpus(vec![document("a", "2023-05-07T13:56:00Z"), document("c", "2023-05-09T13:56:00Z")], 1);
        let together = Corpus::together(vec![late, early]);
        let texts: Vec<_> = together.documents.iter().map(|document| document.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
        let relevant: Vec<_> = together.questions.iter().map(|question| question.relevant.clone()).collect();
        assert_eq!(relevant, [BTreeSet::from([1]), BTreeSet::from([2])]);
    }

    #[test]
    fn session_times_are_parsed() {
        assert_eq!(moment("1:56 pm on 8 May, 2023").expect("valid").to_string(), "2023-05-08T13:56:00Z");
    }
}
