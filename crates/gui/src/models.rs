//! The models of the window, as read by views and commands.

use crate::benchmark::BenchmarkTables;
use crate::compare::NetworkComparison;
use crate::export::NetworkExport;
use crate::inspect::InspectionCache;
use crate::network::NetworkView;
use crate::overlay::Overlay;
use crate::preferences::Preferences;
use crate::results::Results;
use crate::runner::SearchRunner;
use crate::setup::Setup;
use crate::space_editor::SpaceEditor;
use crate::studies::StudyList;
use crate::view::View;

/// Every model, shared.
#[derive(Clone, Copy)]
pub struct Models<'a> {
    /// The view that is shown.
    pub view: View,
    /// The job that is set up.
    pub setup: &'a Setup,
    /// The editor of spaces.
    pub editor: &'a SpaceEditor,
    /// The search of this window.
    pub runner: &'a SearchRunner,
    /// Results.
    pub results: &'a Results,
    /// What is known about networks.
    pub inspect: &'a InspectionCache,
    /// The whole network.
    pub network: &'a NetworkView,
    /// Networks side by side.
    pub compare: &'a NetworkComparison,
    /// Benchmark tables.
    pub benchmark: &'a BenchmarkTables,
    /// Stored studies.
    pub studies: &'a StudyList,
    /// What is open on top of the views.
    pub overlay: &'a Overlay,
    /// What outlives the window.
    pub preferences: &'a Preferences,
    /// Networks that are to be exported, while that is asked or shown.
    pub export: Option<&'a NetworkExport>,
    /// Whether a job can be written as a command line.
    pub has_command_line: bool,
}
