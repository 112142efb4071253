//! Results on display: a table, its view, and the choices made in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::inspect::network::{NetworkKey, NetworkOrigin};
use crate::results::ordering::{OrderRequest, PendingRows};
use crate::results::sheet::{
    AxisBrush, AxisBrushes, DecisionTable, Measured, ResultAxis, ResultTable, RowQuery,
    RowSelection, RowSort, SortBy,
};
use untrained::job::JobConfig;
use untrained::space::Space;

/// Steps that can be taken back.
const PAST: usize = 100;
/// What is typed without a longer pause is one step.
const PAUSE: Duration = Duration::from_millis(800);

/// The steps that can be undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableView {
    /// The text of the filter.
    pub filter: String,
    /// What architectures contain.
    pub search: String,
    /// Only marked ones.
    pub only_stars: bool,
    /// Only selected ones.
    pub only_selected: bool,
    /// Where rows are to be on axes.
    pub brushes: AxisBrushes,
    /// The order.
    pub sort: RowSort,
    /// The chosen row: the one that is looked into.
    pub row: Option<u32>,
    /// The selected rows, in all views.
    pub selected: RowSelection,
}

/// Results and how they are looked at.
pub struct ResultSet {
    /// No other sheet has this number.
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
    pub table: Arc<ResultTable>,
    /// What the first of them decided.
    pub decisions: Arc<DecisionTable>,
    /// Whether a view asks for decisions.
    pub wants_decisions: bool,
    /// How they are looked at.
    pub now: TableView,
    /// How they were looked at before.
    pub past: Vec<TableView>,
    /// What was undone, the last step last.
    pub future: Vec<TableView>,
    /// Marked architectures.
    pub stars: BTreeSet<String>,
    /// Notes of architectures.
    pub notes: BTreeMap<String, String>,
    /// Architectures whose star or note has changed and is not yet stored in the study.
    pub unsaved: BTreeSet<String>,
    /// The rows that are shown, in order.
    pub rows: Arc<Vec<u32>>,
    /// Another number whenever `rows` are others, but not where new results only joined them.
    pub version: u64,
    /// The error in the filter.
    pub fault: Option<String>,
    /// When something was typed last.
    typed: Option<Instant>,
    /// How often marks were changed.
    pub(super) star_changes: u64,
    /// Whether all rows are there, as far as is known.
    pub(super) compares_all: bool,
    /// Measurements that wait for a thread to be done with the table.
    pub(super) measured: Vec<Measured>,
    /// Results that wait for a thread to be done with the table.
    pub(super) waiting: PendingRows,
    /// What `rows` answers, or what a thread is at.
    pub(super) asked: Option<OrderRequest>,
    /// The same as a question, while it is a good one.
    pub(super) question: Arc<RowQuery>,
    /// The rows of the table that were asked.
    pub(super) ordered: usize,
    /// The thread that puts rows in order.
    pub(super) orders: Weak<()>,
    /// The thread that reads decisions.
    pub(super) reads: Weak<()>,
    /// Decisions that wait for a task to be done with the earlier ones.
    pub(super) unread_decisions: Vec<DecisionTable>,
}

impl ResultSet {
    /// Shows a table, the best first.
    pub fn new(title: String, table: ResultTable) -> Self {
        static SHEETS: AtomicU64 = AtomicU64::new(0);
        Self {
            id: SHEETS.fetch_add(1, Ordering::Relaxed),
            title,
            store: None,
            study: None,
            job: None,
            space: None,
            table: Arc::new(table),
            decisions: Arc::default(),
            wants_decisions: false,
            now: TableView::default(),
            past: Vec::new(),
            future: Vec::new(),
            stars: BTreeSet::new(),
            notes: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            rows: Arc::default(),
            version: 0,
            fault: None,
            typed: None,
            star_changes: 0,
            compares_all: false,
            measured: Vec::new(),
            waiting: PendingRows::default(),
            asked: None,
            question: Arc::default(),
            ordered: 0,
            orders: Weak::new(),
            reads: Weak::new(),
            unread_decisions: Vec::new(),
        }
    }

    /// The name of what results are ranked by: `score`, another score, or `accuracy`.
    pub fn ranked_by(&self) -> &str {
        self.job.as_ref().map_or("score", JobConfig::ranked_by)
    }

    /// Changes how results are looked at; the present way can be had back.
    pub fn change(&mut self, change: impl FnOnce(&mut TableView)) {
        self.typed = None;
        let before = self.now.clone();
        change(&mut self.now);
        self.keep(before);
    }

    /// The same for typed text: consecutive letters are undone together.
    pub fn change_typed(&mut self, change: impl FnOnce(&mut TableView)) {
        let before = self.now.clone();
        change(&mut self.now);
        if self.now == before {
            return;
        }
        self.future.clear();
        let goes_on = self.typed.is_some_and(|last| last.elapsed() < PAUSE);
        self.typed = Some(Instant::now());
        if !goes_on {
            self.keep(before);
        }
    }

    fn keep(&mut self, before: TableView) {
        if self.now != before {
            self.future.clear();
            self.past.push(before);
            if self.past.len() > PAST {
                self.past.remove(0);
            }
        }
    }

    /// Chooses a row by keyboard: rows that are only passed on the way are no steps to go back to.
    pub fn step_to(&mut self, row: u32) {
        self.change_typed(|now| now.row = Some(row));
    }

    /// Goes back one step.
    pub fn undo(&mut self) {
        self.typed = None;
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.now, before));
        }
    }

    /// Does again what was undone last.
    pub fn redo(&mut self) {
        self.typed = None;
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.now, after));
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
            now.sort = RowSort { by, descending };
        });
    }

    /// The chosen row, if the table has it.
    pub fn chosen_row(&self) -> Option<u32> {
        self.now.row.filter(|&row| (row as usize) < self.table.len())
    }

    /// What a network of these results is built from and scored again with.
    pub fn origin(&self) -> NetworkOrigin {
        let (job, space) = (self.job.clone(), self.space.clone());
        NetworkOrigin { title: self.title.clone(), job, space }
    }

    /// The key of a network of these results.
    pub fn key(&self, architecture: &str) -> NetworkKey {
        NetworkKey { results: self.id, architecture: architecture.to_owned() }
    }

    /// The file and the id of the study that keeps these results.
    pub fn study_location(&self) -> Option<(PathBuf, String)> {
        self.store.clone().zip(self.study.clone())
    }

    /// The chosen architecture.
    pub fn chosen(&self) -> Option<&str> {
        Some(self.table.architecture(self.chosen_row()?))
    }

    /// Selects rows: these only, or these as well.
    pub fn select(&mut self, rows: impl IntoIterator<Item = u32>, also: bool) {
        self.change(|now| {
            now.selected = if also {
                now.selected.with(rows)
            } else {
                RowSelection::new(rows.into_iter().collect())
            };
        });
    }

    /// Selects the visible rows from the chosen row to another one, both included.
    pub fn select_to(&mut self, row: u32) {
        let place = |wanted: u32| self.rows.iter().position(|&known| known == wanted);
        let Some(end) = place(row) else { return };
        let begin = self.now.row.and_then(place).unwrap_or(end);
        let rows = self.rows[begin.min(end)..=begin.max(end)].to_vec();
        self.select(rows, true);
    }

    /// Sets the brush of an axis, or takes it away.
    pub fn brush(&mut self, axis: ResultAxis, brush: Option<AxisBrush>) {
        self.change(|now| {
            match brush {
                Some(brush) => now.brushes.insert(axis, brush),
                None => now.brushes.remove(&axis),
            };
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;
    use crate::tasks::TaskRunner;

    fn sheet() -> (ResultSet, TaskRunner) {
        let table = table(&[("a", 1.0, 30), ("b", 3.0, 10), ("c", 2.0, 20)]);
        let (mut sheet, mut work) =
            (ResultSet::new("test".to_owned(), table), TaskRunner::new(egui::Context::default()));
        sheet.refresh(&mut work);
        (sheet, work)
    }

    #[test]
    fn changes_are_taken_back_one_by_one() {
        let (mut sheet, mut work) = sheet();
        assert_eq!(*sheet.rows, [1, 2, 0]);
        sheet.sort_by(SortBy::Number("params".to_owned()));
        sheet.change(|now| now.filter = "params < 25".to_owned());
        sheet.change(|now| now.row = Some(2));
        sheet.refresh(&mut work);
        assert_eq!((&sheet.rows[..], sheet.chosen()), (&[2, 1][..], Some("c")));
        sheet.undo();
        assert_eq!(sheet.chosen(), None);
        sheet.undo();
        sheet.refresh(&mut work);
        assert_eq!(*sheet.rows, [0, 2, 1]);
        sheet.undo();
        assert_eq!(sheet.now, TableView::default());
        (0..5).for_each(|_| sheet.redo());
        assert_eq!((sheet.now.filter.as_str(), sheet.chosen()), ("params < 25", Some("c")));
        sheet.undo();
        // Another change makes what was undone a way that was not taken.
        sheet.change(|now| now.row = Some(0));
        sheet.redo();
        assert_eq!(sheet.chosen(), Some("a"));
    }

    #[test]
    fn what_is_typed_in_one_go_is_one_step() {
        let (mut sheet, _) = sheet();
        for text in ["p", "pa", "par"] {
            sheet.change_typed(|now| now.search = text.to_owned());
        }
        sheet.change(|now| now.row = Some(0));
        sheet.change_typed(|now| now.search = "parts".to_owned());
        assert_eq!(sheet.past.len(), 3);
        sheet.undo();
        assert_eq!(sheet.now.search, "par");
        sheet.undo();
        sheet.undo();
        assert_eq!(sheet.now, TableView::default());
    }

    #[test]
    fn selection_grows_by_ranges_and_narrows_the_rows() {
        let (mut sheet, mut work) = sheet();
        sheet.change(|now| now.row = Some(1));
        sheet.select_to(2);
        assert_eq!(sheet.now.selected.rows(), [1, 2]);
        sheet.change(|now| now.only_selected = true);
        sheet.refresh(&mut work);
        assert_eq!(*sheet.rows, [1, 2]);
        sheet.star_selected();
        assert_eq!(sheet.stars.iter().collect::<Vec<_>>(), ["b", "c"]);
        sheet.select([0], false);
        sheet.refresh(&mut work);
        assert_eq!(*sheet.rows, [0]);
        sheet.undo();
        sheet.undo();
        sheet.undo();
        sheet.refresh(&mut work);
        assert_eq!((sheet.rows.len(), sheet.now.selected.len()), (3, 0));
    }
}
