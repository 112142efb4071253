//! Results that are shown: a table, what is asked of it, and what is chosen in it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::news::{Exported, News};
use super::sheet::{Filter, Question, Sort, SortBy, Table, order};
use super::work::Work;
use crate::job::JobConfig;
use crate::space::Space;
use crate::store::Remark;

/// Tables up to this length are put in order at once: it takes less than a millisecond or two.
const AT_ONCE: usize = 10_000;
/// Steps that can be taken back.
const PAST: usize = 100;

/// What can be taken back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// The filter as it is written.
    pub filter: String,
    /// What architectures contain.
    pub search: String,
    /// Only marked ones.
    pub only_stars: bool,
    /// The order.
    pub sort: Sort,
    /// The chosen row.
    pub row: Option<u32>,
}

/// Results and how they are looked at.
pub struct Sheet {
    /// Tells results apart.
    pub id: u64,
    /// What they are results of.
    pub title: String,
    /// The file of studies they are in.
    pub store: Option<PathBuf>,
    /// The study.
    pub study: Option<String>,
    /// The job, if it can be read.
    pub job: Option<JobConfig>,
    /// The space, if it can be opened.
    pub space: Option<Space>,
    /// The results.
    pub table: Arc<Table>,
    /// How they are looked at.
    pub now: Choice,
    /// How they were looked at before.
    pub past: Vec<Choice>,
    /// Marked architectures.
    pub stars: BTreeSet<String>,
    /// Notes of architectures.
    pub notes: BTreeMap<String, String>,
    /// Architectures whose star or note changed and is not in the study yet.
    pub unsaved: BTreeSet<String>,
    /// The rows that are shown.
    pub rows: Vec<u32>,
    /// What is wrong with the filter.
    pub fault: Option<String>,
    /// What `rows` answers: the choice and the length of the table.
    asked: Option<(Choice, usize)>,
    generation: u64,
}

impl Sheet {
    /// Shows a table, the best first.
    pub fn new(title: String, table: Table) -> Self {
        static SHEETS: AtomicU64 = AtomicU64::new(0);
        Self {
            id: SHEETS.fetch_add(1, Ordering::Relaxed),
            title,
            store: None,
            study: None,
            job: None,
            space: None,
            table: Arc::new(table),
            now: Choice::default(),
            past: Vec::new(),
            stars: BTreeSet::new(),
            notes: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            rows: Vec::new(),
            fault: None,
            asked: None,
            generation: 0,
        }
    }

    /// The name of what results are ranked by: `score`, another score, or `accuracy`.
    pub fn ranked_by(&self) -> &str {
        self.job.as_ref().map_or("score", JobConfig::ranked_by)
    }

    /// Changes how results are looked at; the present way can be had back.
    pub fn change(&mut self, change: impl FnOnce(&mut Choice)) {
        let before = self.now.clone();
        change(&mut self.now);
        if self.now != before {
            self.past.push(before);
            if self.past.len() > PAST {
                self.past.remove(0);
            }
        }
    }

    /// Goes back one step.
    pub fn undo(&mut self) {
        if let Some(before) = self.past.pop() {
            self.now = before;
        }
    }

    /// Sorts by a column; by the same once more, the other way round.
    pub fn sort_by(&mut self, by: SortBy) {
        self.change(|now| {
            let descending = if now.sort.by == by {
                !now.sort.descending
            } else {
                matches!(by, SortBy::Number(_))
            };
            now.sort = Sort { by, descending };
        });
    }

    /// The chosen architecture.
    pub fn chosen(&self) -> Option<&str> {
        let row = self.now.row.filter(|&row| (row as usize) < self.table.len())?;
        Some(self.table.architecture(row))
    }

    /// Marks an architecture, or no longer.
    pub fn star(&mut self, architecture: &str) {
        if !self.stars.remove(architecture) {
            self.stars.insert(architecture.to_owned());
        }
        self.unsaved.insert(architecture.to_owned());
        if self.now.only_stars {
            self.asked = None;
        }
    }

    /// Notes something of an architecture.
    pub fn note(&mut self, architecture: &str, note: String) {
        match note.is_empty() {
            true => self.notes.remove(architecture),
            false => self.notes.insert(architecture.to_owned(), note),
        };
        self.unsaved.insert(architecture.to_owned());
    }

    /// Takes what was noted before, as the study has it.
    pub fn take_remark(&mut self, architecture: &str, remark: Remark) {
        if remark.marked {
            self.stars.insert(architecture.to_owned());
        }
        if !remark.note.is_empty() {
            self.notes.insert(architecture.to_owned(), remark.note);
        }
    }

    /// Stars and notes that are to be written to the study; they count as written then.
    pub fn take_unsaved(&mut self) -> BTreeMap<String, Remark> {
        let unsaved = std::mem::take(&mut self.unsaved);
        let remark = |architecture: String| {
            let marked = self.stars.contains(&architecture);
            let note = self.notes.get(&architecture).cloned().unwrap_or_default();
            (architecture, Remark { marked, note })
        };
        unsaved.into_iter().map(remark).collect()
    }

    /// The positions of results that are to be written; all where there is no list.
    pub fn positions(&self, which: Exported) -> Option<HashSet<u64>> {
        let table = &self.table;
        let position = |&row: &u32| table.position(row);
        match which {
            Exported::All => None,
            Exported::Shown => Some(self.rows.iter().map(position).collect()),
            Exported::Marked => {
                let marked = |row: &u32| self.stars.contains(table.architecture(*row));
                Some((0..table.len() as u32).filter(marked).map(|row| position(&row)).collect())
            }
        }
    }

    /// Brings the rows up to date, at once or by a thread.
    pub fn refresh(&mut self, work: &mut Work) {
        let asks = Choice { row: None, ..self.now.clone() };
        let asked = (asks, self.table.len());
        if self.asked.as_ref() == Some(&asked) {
            return;
        }
        let filter = match Filter::parse(&self.now.filter, &self.table) {
            Ok(filter) => {
                self.fault = None;
                filter
            }
            Err(error) => {
                // The rows stay as they are until the filter is one.
                self.fault = Some(error.to_string());
                self.asked = Some(asked);
                return;
            }
        };
        let Choice { search, only_stars, sort, .. } = self.now.clone();
        let only = only_stars.then(|| self.stars.clone());
        let question = Question { filter, search, only, sort };
        self.asked = Some(asked);
        self.generation += 1;
        if self.table.len() <= AT_ONCE {
            self.rows = order(&self.table, &question);
        } else {
            let (table, generation) = (self.table.clone(), self.generation);
            work.start("order", move |post| {
                let rows = order(&table, &question);
                drop(table);
                post.send(News::Ordered(generation, rows));
            });
        }
    }

    /// Takes an order from a thread, unless another was asked for since.
    pub fn ordered(&mut self, generation: u64, rows: Vec<u32>) {
        if generation == self.generation {
            self.rows = rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::samples::table;
    use super::*;

    fn sheet() -> (Sheet, Work) {
        let table = table(&[("a", 1.0, 30), ("b", 3.0, 10), ("c", 2.0, 20)]);
        (Sheet::new("test".to_owned(), table), Work::new(egui::Context::default()))
    }

    #[test]
    fn changes_are_taken_back_one_by_one() {
        let (mut sheet, mut work) = sheet();
        sheet.refresh(&mut work);
        assert_eq!(sheet.rows, [1, 2, 0]);
        sheet.sort_by(SortBy::Number("params".to_owned()));
        sheet.change(|now| now.filter = "params < 25".to_owned());
        sheet.change(|now| now.row = Some(2));
        sheet.refresh(&mut work);
        assert_eq!((&sheet.rows[..], sheet.chosen()), (&[2, 1][..], Some("c")));
        sheet.undo();
        assert_eq!(sheet.chosen(), None);
        sheet.undo();
        sheet.refresh(&mut work);
        assert_eq!(sheet.rows, [0, 2, 1]);
        sheet.undo();
        assert_eq!(sheet.now, Choice::default());
    }

    #[test]
    fn a_wrong_filter_is_told_and_changes_no_rows() {
        let (mut sheet, mut work) = sheet();
        sheet.refresh(&mut work);
        sheet.change(|now| now.filter = "parms < 3".to_owned());
        sheet.refresh(&mut work);
        assert!(sheet.fault.as_ref().is_some_and(|fault| fault.contains("parms")));
        assert_eq!(sheet.rows.len(), 3);
    }

    #[test]
    fn an_old_order_does_not_replace_a_newer_one() {
        let (mut sheet, mut work) = sheet();
        sheet.refresh(&mut work);
        sheet.ordered(0, vec![0]);
        assert_eq!(sheet.rows, [1, 2, 0]);
    }
}
