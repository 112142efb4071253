//! What to cite: the publications behind spaces, scores, strategies and images, and the program itself.
//!
//! The entries are in `assets/citations.bib`; the lists of this file say which belong to what. A space file of
//! one's own has no entry, only the text of its `reference`.

mod bibtex;

use crate::data::ImageSource;
use crate::job::{InvalidOption, JobConfig, MiniBatch, Task};
use crate::score::{Ranking, Score};
use crate::search::StrategyKind;
use bibtex::BibtexEntry;

/// The publications.
static FILE: &str = include_str!("../../assets/citations.bib");

/// The key of the program's own entry.
const PROGRAM: &str = "untrained";

/// The method: the paper whose search the program implements.
const METHOD: &str = "mellor2021naswot";

/// The publication after which scores are combined.
const COMBINATION: &str = "lee2024aznas";

/// The keys of the publications of a built-in space; none for another id.
fn space_keys(id: &str) -> &'static [&'static str] {
    match id {
        "nas-bench-101" => &["ying2019nasbench101"],
        "nas-bench-201" => &["dong2020nasbench201"],
        "nats-size" => &["dong2022nats"],
        "nds-amoeba" | "nds-amoeba-imagenet" => &["radosavovic2019nds", "real2019evolution"],
        "nds-darts" | "nds-darts-fix-w-d" | "nds-darts-imagenet" => {
            &["radosavovic2019nds", "liu2019darts"]
        }
        "nds-enas" | "nds-enas-fix-w-d" | "nds-enas-imagenet" => {
            &["radosavovic2019nds", "pham2018enas"]
        }
        "nds-nasnet" | "nds-nasnet-imagenet" => &["radosavovic2019nds", "zoph2018nasnet"],
        "nds-pnas" | "nds-pnas-fix-w-d" | "nds-pnas-imagenet" => {
            &["radosavovic2019nds", "liu2018pnas"]
        }
        "nds-resnet"
        | "nds-resnext-a"
        | "nds-resnext-b"
        | "nds-vanilla"
        | "nds-resnext-a-imagenet"
        | "nds-resnext-b-imagenet" => &["radosavovic2019nds"],
        "nas-bench-macro" => &["su2021macro"],
        "transnas-macro" | "transnas-micro" => &["duan2021transnas"],
        "proxylessnas" => &["cai2019proxylessnas"],
        "fbnet" | "fbnet-cifar" => &["wu2019fbnet", "li2021hwnasbench"],
        "spos" => &["guo2020spos"],
        "ofa-mobilenet-v3" | "ofa-proxyless" | "ofa-resnet50" => &["cai2020ofa"],
        "zennas-mobilenet-v2" => &["lin2021zennas"],
        "regnet-x" | "regnet-y" => &["radosavovic2020regnet"],
        "autoformer-tiny" | "autoformer-small" | "autoformer-base" => &["chen2021autoformer"],
        _ => &[],
    }
}

/// The keys of the publications of a score. Plain counts have that of the study of them as baselines, and what
/// this program defines has the program's own.
fn score_keys(score: &Score) -> &'static [&'static str] {
    match score.name {
        "naswot" => &["mellor2021naswot"],
        "params" | "macs" | "layers" | "relu-layers" | "activation-sites" => {
            &["ning2021estimators"]
        }
        "regions" => &["montufar2014regions", "mellor2021naswot"],
        "path-norm" => &["neyshabur2015norm", "tanaka2020synflow"],
        "expressivity" | "trainability" => &["lee2024aznas"],
        "independence" => &["jiang2023meco"],
        "volume" => &["sun2022maedet"],
        "swap" => &["peng2024swap"],
        "decorrelation" | "growth" => &[PROGRAM],
        _ => &[],
    }
}

fn strategy_keys(strategy: StrategyKind) -> &'static [&'static str] {
    match strategy {
        StrategyKind::Random
        | StrategyKind::Exhaustive
        | StrategyKind::Local
        | StrategyKind::Rs => &[],
        StrategyKind::Evolution | StrategyKind::Rea => &["real2019evolution"],
        StrategyKind::Area => &["mellor2021naswot", "real2019evolution"],
    }
}

fn image_keys(images: &ImageSource) -> &'static [&'static str] {
    match images {
        ImageSource::Cifar10(_) | ImageSource::Cifar100(_) => &["krizhevsky2009cifar"],
        ImageSource::ImageNet16(_) => &["chrabaszcz2017imagenet16"],
        ImageSource::Stl10(_) => &["coates2011stl10"],
        ImageSource::Svhn(_) => &["netzer2011svhn"],
        // Whose pictures they are, only their owner knows.
        ImageSource::Builtin
        | ImageSource::Folder(_)
        | ImageSource::Idx(_)
        | ImageSource::Npy(_)
        | ImageSource::Npz { .. }
        | ImageSource::Noise => &[],
    }
}

/// Publications to cite, each once, in the order in which they were added.
///
/// ```
/// use untrained::citation::Citations;
///
/// let mut citations = Citations::default();
/// assert!(citations.add_space("nas-bench-201"));
/// assert!(!citations.add_space("my-space"));
/// assert!(citations.bibtex().starts_with("@inproceedings{dong2020nasbench201,"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citations {
    keys: Vec<&'static str>,
}

impl Citations {
    fn add(&mut self, keys: &[&'static str]) -> bool {
        for &key in keys {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        !keys.is_empty()
    }

    /// Adds the paper of the method.
    pub fn add_method(&mut self) {
        self.add(&[METHOD]);
    }

    /// Adds this version of the program.
    pub fn add_program(&mut self) {
        self.add(&[PROGRAM]);
    }

    /// Adds the publications of a built-in space; `false` if the id is of none.
    pub fn add_space(&mut self, id: &str) -> bool {
        self.add(space_keys(id))
    }

    /// Adds the publications of a score.
    pub fn add_score(&mut self, score: &Score) {
        self.add(score_keys(score));
    }

    /// Adds the publications of what ranks: those of a score, or those of all components and the one after
    /// which they are combined.
    pub fn add_ranking(&mut self, ranking: &Ranking) {
        if let Ranking::Combined(_) = ranking {
            self.add(&[COMBINATION]);
        }
        ranking.scores().iter().for_each(|score| self.add_score(score));
    }

    /// Adds the publications of a strategy, if it has any.
    pub fn add_strategy(&mut self, strategy: StrategyKind) {
        self.add(strategy_keys(strategy));
    }

    /// Adds the publications of a data set, if it has any.
    pub fn add_images(&mut self, images: &ImageSource) {
        self.add(image_keys(images));
    }

    /// Adds the publications of everything that a job uses but its space: scores, strategy and images.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] if it names a score that is unknown.
    pub fn add_job(&mut self, job: &JobConfig) -> Result<(), InvalidOption> {
        let ranking = job.ranking()?;
        self.add_ranking(&ranking);
        job.options.also()?.iter().for_each(|score| self.add_score(score));
        if let Task::Search(search) = &job.task {
            self.add_strategy(search.strategy);
        }
        self.add_images(&job.options.images(MiniBatch::of(ranking.scores())));
        Ok(())
    }

    /// The entries as a BibTeX file.
    pub fn bibtex(&self) -> String {
        let entries = self.keys.iter().filter_map(|key| entry_text(key));
        entries.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// Each as a line for people: authors, title, where it appeared, and the year.
    pub fn lines(&self) -> Vec<String> {
        self.keys.iter().filter_map(|key| line(&entry_text(key)?)).collect()
    }
}

/// The text of an entry.
fn entry_text(key: &str) -> Option<String> {
    if key == PROGRAM {
        return Some(program_entry());
    }
    let entry = BibtexEntry::all(FILE)?.into_iter().find(|entry| entry.key == key)?;
    Some(entry.text.to_owned())
}

/// The entry of this version of the program.
fn program_entry() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "@misc{{{PROGRAM},\n  author       = {{{{The Untrained developers}}}},\n  title        = {{Untrained: finding \
         neural network architectures without training}},\n  howpublished = {{Computer program, version \
         {version}}},\n  year         = {{2026}},\n}}"
    )
}

fn line(text: &str) -> Option<String> {
    let entry = *BibtexEntry::all(text)?.first()?;
    let authors = entry.plain("author")?;
    let authors: Vec<&str> = authors.split(" and ").collect();
    let authors = match authors.as_slice() {
        [first, _, _, _, ..] => format!("{first} et al."),
        few => few.join("; "),
    };
    let venues = ["booktitle", "journal", "institution", "howpublished"];
    let venue = venues.iter().find_map(|name| entry.plain(name))?;
    let separator = if authors.ends_with('.') { "" } else { "." };
    Some(format!(
        "{authors}{separator} {}. {venue}, {}.",
        entry.plain("title")?,
        entry.plain("year")?
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::score::SCORES;
    use crate::space::Space;

    fn known() -> HashSet<&'static str> {
        let entries = BibtexEntry::all(FILE).unwrap();
        entries.iter().map(|entry| entry.key).chain([PROGRAM]).collect()
    }

    #[test]
    fn every_entry_is_there_once_and_complete() {
        let program = program_entry();
        let mut entries = BibtexEntry::all(FILE).unwrap();
        let keys: HashSet<&str> = entries.iter().map(|entry| entry.key).collect();
        assert_eq!(keys.len(), entries.len());
        entries.extend(BibtexEntry::all(&program).unwrap());
        assert!(entries.len() > 30, "{}", entries.len());
        for entry in &entries {
            let venue = match entry.kind {
                "inproceedings" => "booktitle",
                "article" => "journal",
                "techreport" => "institution",
                "misc" => "howpublished",
                other => panic!("{}: {other}", entry.key),
            };
            let fields: Vec<&str> = entry.fields().unwrap().iter().map(|field| field.0).collect();
            for name in ["author", "title", "year", venue] {
                assert!(fields.contains(&name), "{}: no {name}", entry.key);
            }
            assert!(entry.text.is_ascii(), "{}", entry.key);
            let line = line(entry.text).unwrap();
            assert!(!line.contains(['{', '}', '\\']), "{line}");
            // The year of a key is that of the entry, but for the program's.
            let year = entry.plain("year").unwrap();
            assert!(entry.key.contains(&year) || entry.key == PROGRAM, "{}: {year}", entry.key);
        }
    }

    /// A space's own reference names the year of one of its publications, and the first author of each of them.
    #[test]
    fn every_space_has_publications_that_its_reference_names() {
        let entries = BibtexEntry::all(FILE).unwrap();
        let mut spaces = 0;
        for space in Space::builtins().unwrap() {
            let keys = space_keys(space.id());
            assert!(!keys.is_empty(), "{}", space.id());
            for key in keys {
                let entry = entries.iter().find(|entry| entry.key == *key);
                let authors = entry.unwrap_or_else(|| panic!("{key}")).plain("author").unwrap();
                let first = authors.split(',').next().unwrap();
                assert!(space.reference().contains(first), "{}: {first}", space.id());
            }
            assert_eq!(
                space.reference().matches("et al").count().max(1),
                keys.len(),
                "{}",
                space.id()
            );
            spaces += 1;
        }
        assert_eq!(spaces, 38);
        assert!(space_keys("my-space").is_empty(), "negative control");
    }

    #[test]
    fn every_score_has_publications_that_its_source_names() {
        let entries = BibtexEntry::all(FILE).unwrap();
        for score in &SCORES {
            let keys = score_keys(score);
            assert!(!keys.is_empty(), "{}", score.name);
            assert!(keys.iter().all(|key| known().contains(key)), "{}", score.name);
            let named = keys.iter().filter(|key| {
                let entry = entries.iter().find(|entry| entry.key == **key);
                let authors = entry.and_then(|entry| entry.plain("author")).unwrap_or_default();
                score.source.contains(authors.split(',').next().unwrap_or("?").trim())
                    && !authors.is_empty()
            });
            let sources =
                score.source.matches("et al").count() + score.source.matches("Lee and Ham").count();
            assert_eq!(named.count(), sources, "{}", score.name);
        }
    }

    #[test]
    fn strategies_and_images_have_known_publications() {
        let mut citations = Citations::default();
        StrategyKind::ALL.into_iter().for_each(|strategy| citations.add_strategy(strategy));
        for text in ["cifar10:x", "cifar100:x", "imagenet16:x", "stl10:x", "svhn:x", "noise"] {
            citations.add_images(&text.parse().unwrap());
        }
        citations.add_ranking(
            &Ranking::by_name("combined", &crate::score::Components::default()).unwrap(),
        );
        citations.add_method();
        citations.add_program();
        assert!(citations.keys.iter().all(|key| known().contains(key)), "{citations:?}");
        assert_eq!(citations.lines().len(), citations.keys.len());
        let bibtex = citations.bibtex();
        assert_eq!(BibtexEntry::all(&bibtex).unwrap().len(), citations.keys.len());
        assert_eq!(bibtex.matches("@inproceedings{real2019evolution,").count(), 1);
    }
}
