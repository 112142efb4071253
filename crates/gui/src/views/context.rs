//! What views are given: the models to read, and a list for their actions.

use std::ops::Deref;

use crate::action::{Action, ActionQueue, BenchmarkAction, ResultsAction};
use crate::command::Command;
use crate::models::Models;
use crate::preferences::Preferences;
use crate::results::result_set::{ResultSet, TableView};

/// The models, and the actions requested in this frame.
pub struct ViewContext<'a> {
    models: Models<'a>,
    actions: ActionQueue,
}

impl<'a> ViewContext<'a> {
    /// For one frame.
    pub fn new(models: Models<'a>) -> Self {
        Self { models, actions: ActionQueue::new() }
    }

    /// The models, for as long as they live.
    pub fn models(&self) -> Models<'a> {
        self.models
    }

    /// The requested actions.
    pub fn into_actions(self) -> ActionQueue {
        self.actions
    }

    /// Requests an action.
    pub fn send(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Requests a command.
    pub fn command(&mut self, command: Command) {
        self.send(Action::Command(command));
    }

    /// Requests a change of the results on display.
    pub fn change_results(&mut self, action: ResultsAction) {
        self.send(Action::Results(action));
    }

    /// Requests another way of showing results.
    pub fn change_view(&mut self, set: &ResultSet, change: impl FnOnce(&mut TableView)) {
        let mut view = set.now.clone();
        change(&mut view);
        self.change_results(ResultsAction::Change(Box::new(view)));
    }

    /// Requests a change of the benchmark table.
    pub fn change_benchmark(&mut self, action: BenchmarkAction) {
        self.send(Action::Benchmark(action));
    }

    /// Requests other preferences, if they differ.
    pub fn set_preferences(&mut self, preferences: Preferences) {
        if preferences != *self.models.preferences {
            self.send(Action::SetPreferences(Box::new(preferences)));
        }
    }
}

impl<'a> Deref for ViewContext<'a> {
    type Target = Models<'a>;

    fn deref(&self) -> &Self::Target {
        &self.models
    }
}
