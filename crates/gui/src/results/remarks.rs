//! Stars and notes, and the results they apply to.

use std::collections::{BTreeMap, HashSet};

use crate::overlay::dialogs::ExportedRows;
use crate::results::result_set::ResultSet;
use untrained::store::Remark;

impl ResultSet {
    /// Marks an architecture, or no longer.
    pub fn toggle_star(&mut self, architecture: &str) {
        if !self.stars.remove(architecture) {
            self.stars.insert(architecture.to_owned());
        }
        self.unsaved.insert(architecture.to_owned());
        self.star_changes += 1;
    }

    /// Marks all selected architectures.
    pub fn star_selected(&mut self) {
        let names = self.now.selected.rows().iter().map(|&row| self.table.architecture(row));
        let new: Vec<String> =
            names.filter(|name| !self.stars.contains(*name)).map(str::to_owned).collect();
        self.stars.extend(new.iter().cloned());
        self.unsaved.extend(new);
        self.star_changes += 1;
    }

    /// Notes something of an architecture.
    pub fn set_note(&mut self, architecture: &str, note: String) {
        match note.is_empty() {
            true => self.notes.remove(architecture),
            false => self.notes.insert(architecture.to_owned(), note),
        };
        self.unsaved.insert(architecture.to_owned());
    }

    /// Takes the earlier remarks stored in the study.
    pub fn add_remark(&mut self, architecture: &str, remark: Remark) {
        if remark.marked {
            self.stars.insert(architecture.to_owned());
            self.star_changes += 1;
        }
        if !remark.note.is_empty() {
            self.notes.insert(architecture.to_owned(), remark.note);
        }
    }

    /// Stars and notes to be written to the study; they then count as written.
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
    pub fn positions(&self, which: ExportedRows) -> Option<HashSet<u64>> {
        let table = &self.table;
        let position = |&row: &u32| table.position(row);
        match which {
            ExportedRows::All => None,
            ExportedRows::Shown => Some(self.rows.iter().map(position).collect()),
            ExportedRows::Selected => Some(self.now.selected.rows().iter().map(position).collect()),
            ExportedRows::Marked => {
                let marked = |row: &u32| self.stars.contains(table.architecture(*row));
                Some((0..table.len() as u32).filter(marked).map(|row| position(&row)).collect())
            }
        }
    }
}
