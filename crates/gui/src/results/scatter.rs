//! The points of the scatter plot, kept up to date with the visible rows: immediately if that is quick,
//! otherwise by a task.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::preferences::Preferences;
use crate::results::cloud::{CloudKey, ScatterCloud};
use crate::results::result_set::ResultSet;
use crate::tasks::TaskRunner;
use crate::tasks::message::{Message, TaskToken};

/// Rows up to which points are made at once.
pub const AT_ONCE: usize = 10_000;
/// How long new results wait until they are points.
const UPDATE_INTERVAL: Duration = Duration::from_millis(250);

/// The points and when they were made.
#[derive(Default)]
pub struct ScatterModel {
    cloud: Option<Arc<ScatterCloud>>,
    made: Option<Instant>,
    task: Weak<()>,
}

impl ScatterModel {
    /// The points, once they are there.
    pub fn cloud(&self) -> Option<&Arc<ScatterCloud>> {
        self.cloud.as_ref()
    }

    /// Has the points made anew if they changed. Returns how long new results still have to wait, if any
    /// do.
    pub fn refresh(
        &mut self,
        tasks: &mut TaskRunner,
        set: &ResultSet,
        preferences: &Preferences,
    ) -> Option<Duration> {
        let Preferences { axes, logarithmic, objectives, reversed, .. } = preferences;
        let (version, logarithmic) = (set.version, *logarithmic);
        let axes = axes.each_ref().map(|name| set.table.shown_name(name).to_owned());
        let has = |name: &&String| set.table.column(name).is_some();
        let further: Vec<String> = objectives.iter().filter(has).cloned().collect();
        let objectives = CloudKey::objectives(&axes, &further, reversed);
        let key = CloudKey { results: set.id, version, axes, logarithmic, objectives };
        if self.cloud.as_ref().is_some_and(|cloud| cloud.shown.results != key.results) {
            self.cloud = None;
        }
        let same = self.cloud.as_ref().is_some_and(|cloud| cloud.shown == key);
        let grown = self.cloud.as_ref().is_some_and(|cloud| cloud.rows != set.rows.len());
        let age = self.made.map_or(UPDATE_INTERVAL, |made| made.elapsed());
        if self.task.strong_count() > 0 || (same && !grown) {
            return None;
        }
        if same && age < UPDATE_INTERVAL {
            return Some(UPDATE_INTERVAL - age);
        }
        self.made = Some(Instant::now());
        if set.rows.len() <= AT_ONCE {
            self.cloud = Some(Arc::new(ScatterCloud::new(&set.table, &set.rows, key)));
            return None;
        }
        let (table, rows, token) = (set.table.clone(), set.rows.clone(), TaskToken::default());
        self.task = Arc::downgrade(&token);
        tasks.start("scatter", move |sender| {
            let cloud = Arc::new(ScatterCloud::new(&table, &rows, key));
            drop((table, rows));
            sender.send(Message::CloudMade(cloud, token));
        });
        None
    }

    /// Takes the points.
    pub fn on_cloud_made(&mut self, cloud: Arc<ScatterCloud>) {
        self.cloud = Some(cloud);
    }
}
