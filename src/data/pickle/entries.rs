//! The entries of one dictionary of a large pickle, one by one.

use std::io::{BufRead, Seek, SeekFrom};

use super::input::PickleInput;
use super::machine::{EntryKeys, PickleMachine, WatchedDict};
use super::{PickleError, PickleLimits, PickleValue, STORED_BYTES};

/// The entries of one dictionary, in the order of the pickle; see [`super::entries`].
pub struct PickleEntries<R> {
    machine: PickleMachine<R>,
    ended: bool,
}

impl<R: BufRead + Seek> PickleEntries<R> {
    /// Reads through the pickle once; `None` if `go_on` says no.
    pub(super) fn new(
        mut file: R,
        length: u64,
        keys: &[&str],
        of: EntryKeys,
        limits: &PickleLimits,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Option<Self>, PickleError> {
        let start = file.stream_position()?;
        let machine = |file, watched| {
            PickleMachine::new(PickleInput::new(file, length), limits, STORED_BYTES)
                .watching(watched)
        };
        let mut survey = machine(file, WatchedDict::survey(keys, of));
        while survey.next_entry()?.is_some() {
            if !go_on(survey.position()) {
                return Ok(None);
            }
        }
        let (mut file, lasting) = survey.into_survey();
        file.seek(SeekFrom::Start(start))?;
        Ok(Some(Self {
            machine: machine(file, WatchedDict::replay(keys, of, lasting)),
            ended: false,
        }))
    }

    /// Bytes of the pickle read so far, this time.
    pub fn bytes_read(&self) -> u64 {
        self.machine.position()
    }
}

impl<R: BufRead + Seek> Iterator for PickleEntries<R> {
    type Item = Result<(PickleValue, PickleValue), PickleError>;

    /// The next entry; nothing after the last one or an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.machine.next_entry().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
