//! Keeps the visible rows up to date with the table and the requested view: immediately if that is
//! quick, otherwise on a thread. While a thread holds the table, the table cannot grow and new results
//! wait, so it is never copied.

use std::sync::{Arc, LazyLock, Weak};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::results::result_set::{ResultSet, TableView};
use crate::results::sheet::{
    DecisionTable, ResultAxis, RowFilter, RowQuery, RowSelection, RowTest, extend, order,
};
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::store::Record;

/// Tables up to this length are put in order at once: it takes less than a millisecond or two.
const AT_ONCE: usize = 10_000;
/// Architectures whose decisions a thread reads before it ends.
const READ: usize = 20_000;
/// Of those, how many are told at a time.
const BATCH: usize = 5_000;
/// The largest number of rows whose decisions are read.
pub const DECIDED: usize = 1_000_000;

/// Results in order of arrival.
pub type PendingRows = Vec<(u64, Box<Record>)>;

/// The result of an ordering.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRequest {
    choice: TableView,
    /// How often marks were changed, where they matter.
    stars: u64,
    /// How many decisions were known, where they matter.
    decisions: usize,
    /// How many columns there were: a filter may name one that comes later.
    columns: usize,
}

/// Does something with all processors but one, which is left to the window: a frame must not wait for a
/// table that is sorted.
pub fn in_background<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.saturating_sub(1).max(1);
        ThreadPoolBuilder::new().num_threads(threads).build().ok()
    });
    match &*POOL {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

impl ResultSet {
    /// Adds a result.
    pub fn push(&mut self, position: u64, record: Box<Record>) {
        self.waiting.push((position, record));
        self.add_pending();
    }

    fn add_pending(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        if let Some(table) = Arc::get_mut(&mut self.table) {
            for (position, record) in self.waiting.drain(..) {
                table.push(position, &record);
            }
        }
        self.compare(false);
    }

    /// Brings the combined rank up to date with the rows, if it ranks them; `all` says that no more rows
    /// are expected soon.
    pub fn compare(&mut self, all: bool) {
        self.compares_all |= all;
        if let Some(table) = Arc::get_mut(&mut self.table)
            && table.compare(self.compares_all && self.waiting.is_empty())
        {
            self.asked = None;
        }
    }

    /// Brings everything up to date that follows from the table, at once or by a thread.
    pub fn refresh(&mut self, work: &mut TaskRunner) {
        self.add_pending();
        self.add_measured();
        self.add_decisions();
        self.read_decisions(work);
        if self.orders.strong_count() > 0 {
            return;
        }
        let asked = self.asks();
        if self.asked.as_ref() == Some(&asked) {
            self.grow();
        } else {
            self.ask(asked, work);
        }
    }

    fn asks(&self) -> OrderRequest {
        let selected = if self.now.only_selected {
            self.now.selected.clone()
        } else {
            RowSelection::default()
        };
        let by_decision =
            self.now.brushes.keys().any(|axis| matches!(axis, ResultAxis::Decision(_)));
        OrderRequest {
            choice: TableView { row: None, selected, ..self.now.clone() },
            stars: if self.now.only_stars { self.star_changes } else { 0 },
            decisions: if by_decision { self.decisions.len() } else { 0 },
            columns: self.table.names().count(),
        }
    }

    /// Puts new results among the rows.
    fn grow(&mut self) {
        if self.ordered < self.table.len() {
            let rows = Arc::make_mut(&mut self.rows);
            extend(&self.table, &self.decisions, &self.question, rows, self.ordered);
            self.ordered = self.table.len();
        }
    }

    /// Has the rows put in order anew.
    fn ask(&mut self, asked: OrderRequest, work: &mut TaskRunner) {
        self.asked = Some(asked);
        let filter = match RowFilter::parse(&self.now.filter, &self.table) {
            Ok(filter) => filter,
            Err(error) => {
                // The rows stay as they are until the filter is one.
                self.fault = Some(error.to_string());
                return;
            }
        };
        self.fault = None;
        let now = &self.now;
        self.question = Arc::new(RowQuery {
            filter,
            search: now.search.clone(),
            only: now.only_stars.then(|| self.stars.clone()),
            selected: now.only_selected.then(|| now.selected.clone()),
            brushes: now.brushes.clone(),
            sort: now.sort.clone(),
        });
        if self.table.len() <= AT_ONCE {
            self.on_rows_ordered(
                order(&self.table, &self.decisions, &self.question),
                self.table.len(),
            );
            return;
        }
        let (table, decisions) = (self.table.clone(), self.decisions.clone());
        let (question, id) = (self.question.clone(), self.id);
        let token = Arc::new(());
        self.orders = Arc::downgrade(&token);
        work.start("order", move |sender| {
            let rows = in_background(|| order(&table, &decisions, &question));
            let table_rows = table.len();
            drop((table, decisions));
            sender.send(Message::RowsOrdered { results: id, rows, table_rows, token });
        });
    }

    /// Takes the decisions of the next architectures.
    pub fn on_decisions_read(&mut self, decisions: DecisionTable) {
        self.unread_decisions.push(decisions);
    }

    /// Takes an ordering of the first rows of the table.
    pub fn on_rows_ordered(&mut self, rows: Vec<u32>, length: usize) {
        self.rows = Arc::new(rows);
        self.ordered = length;
        self.version += 1;
    }

    /// Has decisions read that are not known yet, if anybody asks for them.
    fn read_decisions(&mut self, work: &mut TaskRunner) {
        let by_decision =
            || self.now.brushes.keys().any(|axis| matches!(axis, ResultAxis::Decision(_)));
        let known = self.decisions.len();
        let all = self.table.len().min(DECIDED);
        let idle = self.reads.strong_count() == 0 && self.unread_decisions.is_empty();
        if !idle || known >= all || !(self.wants_decisions || by_decision()) {
            return;
        }
        let Some(space) = self.space.clone() else { return };
        let names = self.table.architectures(known..all.min(known + READ));
        let (id, token) = (self.id, Arc::new(()));
        self.reads = Arc::downgrade(&token);
        work.start("decisions", move |sender| {
            for batch in names.chunks(BATCH) {
                let decisions = DecisionTable::read(&space, batch);
                // The task counts as running until its last batch has arrived.
                let token = token.clone();
                if !sender.send(Message::DecisionsRead { results: id, decisions, token }) {
                    return;
                }
            }
        });
    }

    fn add_decisions(&mut self) {
        if self.unread_decisions.is_empty() {
            return;
        }
        if let Some(decisions) = Arc::get_mut(&mut self.decisions) {
            self.unread_decisions.drain(..).for_each(|batch| decisions.append(&batch));
        }
    }

    /// Whether a row is among those that are shown.
    pub fn test(&self) -> RowTest<'_> {
        self.question.test(&self.table, &self.decisions)
    }

    /// Whether a thread works on these results.
    pub fn is_busy(&self) -> bool {
        self.orders.strong_count() > 0 || Weak::strong_count(&self.reads) > 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::results::sheet::AxisBrush;
    use crate::results::sheet::samples::{record, table};
    use untrained::space::Space;

    /// Results with their tasks, without a window.
    struct OrderingFixture {
        results: ResultSet,
        tasks: TaskRunner,
    }

    impl OrderingFixture {
        fn new(set: ResultSet) -> Self {
            Self { results: set, tasks: TaskRunner::new(egui::Context::default()) }
        }

        fn set(&mut self) -> &mut ResultSet {
            &mut self.results
        }

        fn wait(&mut self, what: &str, holds: impl Fn(&ResultSet) -> bool) {
            let begin = Instant::now();
            loop {
                for message in self.tasks.messages() {
                    match message {
                        Message::RowsOrdered { rows, table_rows, .. } => {
                            self.set().on_rows_ordered(rows, table_rows);
                        }
                        Message::DecisionsRead { decisions, .. } => {
                            self.set().on_decisions_read(decisions);
                        }
                        _ => {}
                    }
                }
                self.results.refresh(&mut self.tasks);
                if holds(self.set()) {
                    return;
                }
                assert!(begin.elapsed() < Duration::from_secs(60), "{what} does not come");
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    #[test]
    fn results_wait_for_a_thread_and_are_never_lost() {
        let rows: Vec<(&str, f64, u64)> = (0..20_000).map(|at| ("a", f64::from(at), 1)).collect();
        let mut fixture = OrderingFixture::new(ResultSet::new("long".to_owned(), table(&rows)));
        let held = fixture.set().table.clone();
        let sheet = fixture.set();
        sheet.push(20_000, Box::new(record("b", 1e6, 1)));
        assert_eq!((sheet.table.len(), sheet.waiting.len()), (20_000, 1));
        drop(held);
        fixture.wait("all rows", |sheet| sheet.rows.len() == 20_001);
        let sheet = fixture.set();
        assert_eq!(sheet.rows[0], 20_000);
        let version = sheet.version;
        sheet.push(20_001, Box::new(record("c", 2e6, 1)));
        fixture.wait("one more", |sheet| sheet.rows.len() == 20_002);
        let sheet = fixture.set();
        assert_eq!((sheet.rows[0], sheet.version), (20_001, version));
    }

    #[test]
    fn a_wrong_filter_is_told_and_changes_no_rows() {
        let rows = [("a", 1.0, 30), ("b", 3.0, 10), ("c", 2.0, 20)];
        let mut sheet = ResultSet::new("test".to_owned(), table(&rows));
        let mut work = TaskRunner::new(egui::Context::default());
        sheet.refresh(&mut work);
        sheet.change(|now| now.filter = "parms < 3".to_owned());
        sheet.refresh(&mut work);
        assert!(sheet.fault.as_ref().is_some_and(|fault| fault.contains("parms")));
        assert_eq!(sheet.rows.len(), 3);
    }

    #[test]
    fn decisions_are_read_when_a_brush_asks_for_them() {
        let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
        let other = cell.replacen("none", "skip_connect", 1);
        let mut sheet =
            ResultSet::new("cells".to_owned(), table(&[(cell, 1.0, 1), (&other, 2.0, 1)]));
        sheet.space = Some(Space::builtin("nas-bench-201").unwrap());
        let mut fixture = OrderingFixture::new(sheet);
        fixture.wait("rows", |sheet| sheet.rows.len() == 2 && sheet.decisions.len() == 0);
        fixture.set().wants_decisions = true;
        fixture.wait("decisions", |sheet| sheet.decisions.len() == 2 && !sheet.is_busy());
        let sheet = fixture.set();
        let name = sheet.decisions.columns()[0].name.clone();
        let brush = AxisBrush::Values(["skip_connect".to_owned()].into());
        sheet.brush(ResultAxis::Decision(name), Some(brush));
        fixture.wait("one row", |sheet| *sheet.rows == [1]);
        fixture.set().undo();
        fixture.wait("both rows", |sheet| sheet.rows.len() == 2);
    }
}
