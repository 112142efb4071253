//! Results: those of this window's search and those of a stored study.

pub mod cloud;
pub mod measuring;
pub mod ordering;
pub mod rank;
pub mod remarks;
pub mod report;
pub mod result_set;
pub mod scatter;
pub mod sheet;

use std::path::Path;

use self::measuring::Measurements;
use self::result_set::ResultSet;
use self::scatter::ScatterModel;
use crate::inspect::network::NetworkKey;
use crate::overlay::dialogs::ExportedRows;
use crate::results::sheet::{ResultTable, SelectionArea};
use crate::studies::stored::{self, LoadedStudy};
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;

/// All results that can be shown.
#[derive(Default)]
pub struct Results {
    running: Option<ResultSet>,
    stored: Option<ResultSet>,
    shows_stored: bool,
    /// The points of the scatter.
    pub scatter: ScatterModel,
    /// Latencies that are measured.
    pub measurements: Measurements,
}

impl Results {
    /// The results that are shown.
    pub fn shown(&self) -> Option<&ResultSet> {
        if self.shows_stored { self.stored.as_ref() } else { self.running.as_ref() }
    }

    /// The same, to be changed.
    pub fn shown_mut(&mut self) -> Option<&mut ResultSet> {
        if self.shows_stored { self.stored.as_mut() } else { self.running.as_mut() }
    }

    /// Whether the stored study is shown, if there is a choice.
    pub fn stored_is_shown(&self) -> Option<bool> {
        (self.running.is_some() && self.stored.is_some()).then_some(self.shows_stored)
    }

    /// Shows the stored study, or the search of this window.
    pub fn set_stored_shown(&mut self, shows_stored: bool) {
        self.shows_stored = shows_stored;
    }

    /// The chosen architecture.
    pub fn chosen(&self) -> Option<&str> {
        self.shown()?.chosen()
    }

    /// The key of the chosen architecture.
    pub fn chosen_key(&self) -> Option<NetworkKey> {
        let set = self.shown()?;
        Some(set.key(set.chosen()?))
    }

    /// The result set of an id, if it is still there.
    pub fn by_id(&self, id: u64) -> Option<&ResultSet> {
        [&self.running, &self.stored].into_iter().flatten().find(|set| set.id == id)
    }

    /// The same, to be changed.
    pub fn by_id_mut(&mut self, id: u64) -> Option<&mut ResultSet> {
        [&mut self.running, &mut self.stored].into_iter().flatten().find(|set| set.id == id)
    }

    /// The results of the search of this window.
    pub fn running(&self) -> Option<&ResultSet> {
        self.running.as_ref()
    }

    /// The same, to be changed.
    pub fn running_mut(&mut self) -> Option<&mut ResultSet> {
        self.running.as_mut()
    }

    /// Begins the results of a search. Those of the search before it are put aside as a stored study.
    pub fn begin(&mut self, set: ResultSet) {
        if let Some(before) = self.running.replace(set)
            && before.table.len() > 0
            && !self.shows_stored
        {
            self.show_stored(before);
        }
    }

    /// Shows a stored study.
    pub fn show_stored(&mut self, set: ResultSet) {
        (self.stored, self.shows_stored) = (Some(set), true);
    }

    /// Shows a study that was read.
    pub fn on_study_loaded(&mut self, loaded: LoadedStudy) -> &ResultSet {
        let LoadedStudy { store, info, job, space, table, remarks } = loaded;
        let mut set = ResultSet::new(format!("study {}", info.id), table);
        (set.store, set.study) = (Some(store), Some(info.id));
        (set.job, set.space) = (job, space);
        for (architecture, remark) in remarks {
            set.add_remark(&architecture, remark);
        }
        self.shows_stored = true;
        self.stored.insert(set)
    }

    /// Brings all that follows from the tables up to date.
    pub fn refresh(&mut self, tasks: &mut TaskRunner) {
        if self.shown().is_none() && self.stored.is_some() {
            self.shows_stored = true;
        }
        for set in [&mut self.running, &mut self.stored].into_iter().flatten() {
            set.refresh(tasks);
        }
    }

    /// Has stars and notes written that are not yet.
    pub fn save_remarks(&mut self, tasks: &mut TaskRunner) {
        for set in [&mut self.running, &mut self.stored].into_iter().flatten() {
            let Some((path, id)) = set.study_location() else { continue };
            if set.unsaved.is_empty() {
                continue;
            }
            let remarks = set.take_unsaved();
            tasks.start("remarks", move |sender| {
                if let Err(why) = stored::save_remarks((&path, &id), &remarks) {
                    sender.send(Message::Failed(why));
                }
            });
        }
    }

    /// Writes results of the study that is shown to a file.
    pub fn export(&self, tasks: &mut TaskRunner, rows: ExportedRows, to: &Path) {
        let Some(set) = self.shown() else { return };
        let Some((path, id)) = set.study_location() else { return };
        let (to, positions) = (to.to_owned(), set.positions(rows));
        tasks.start("export", move |sender| {
            sender.send(match stored::export_study((&path, &id), positions.as_ref(), &to) {
                Ok(rows) => Message::Done(format!("wrote {rows} results to {}", to.display())),
                Err(why) => Message::Failed(why),
            });
        });
    }

    /// Selects the shown rows in an area of the scatter: all of them, drawn or not. `adds` keeps the
    /// rows that were selected before.
    pub fn select_area(&mut self, tasks: &mut TaskRunner, area: SelectionArea, adds: bool) {
        let Some(key) = self.scatter.cloud().map(|cloud| cloud.shown.clone()) else { return };
        let Some(set) = self.shown_mut() else { return };
        let (id, table, rows) = (set.id, set.table.clone(), set.rows.clone());
        let find = move |table: &ResultTable, rows: &[u32]| {
            let names = [key.axes[0].as_str(), key.axes[1].as_str()];
            area.rows(table, rows, names, key.logarithmic)
        };
        if rows.len() <= scatter::AT_ONCE {
            return set.select(find(&table, &rows), adds);
        }
        tasks.start("select", move |sender| {
            let rows = ordering::in_background(|| find(&table, &rows));
            drop(table);
            sender.send(Message::AreaSearched { results: id, rows, adds });
        });
    }
}
