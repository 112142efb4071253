//! Work that takes longer than a frame: every piece on a named thread of its own, its news through a
//! bounded channel that the window empties before it draws.

pub mod jobs;
pub mod message;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::state::AppState;
use crate::tasks::message::Message;

/// News that wait at most; a thread that has more waits for the window.
const WAITING: usize = 1024;
/// News that are taken before a frame at most, so that none is late.
const PER_FRAME: usize = 2048;

/// Starts work and receives its news.
pub struct TaskRunner {
    post: MessageSender,
    news: Receiver<Message>,
    /// Pieces of work that are not over.
    pub open: usize,
}

/// Sends news to the window and wakes it.
#[derive(Clone)]
pub struct MessageSender {
    sender: SyncSender<Message>,
    window: egui::Context,
}

impl MessageSender {
    /// Changes the state before the next frame; `false` if the window is gone.
    pub fn change(&self, change: impl FnOnce(&mut AppState) + Send + 'static) -> bool {
        self.send(Message::Change(Box::new(change)))
    }

    /// Sends news; `false` if the window is gone, and the work may end.
    pub fn send(&self, news: Message) -> bool {
        let sent = self.sender.send(news).is_ok();
        self.window.request_repaint();
        sent
    }
}

impl TaskRunner {
    /// For a window.
    pub fn new(window: egui::Context) -> Self {
        let (sender, news) = sync_channel(WAITING);
        Self { post: MessageSender { sender, window }, news, open: 0 }
    }

    /// Does something on a thread of that name. A panic in it becomes news.
    pub fn start(
        &mut self,
        name: &'static str,
        task: impl FnOnce(&MessageSender) + Send + 'static,
    ) {
        let post = self.post.clone();
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| task(&post)));
            let panic = result.err().map(|panic| reason(panic.as_ref()));
            post.send(Message::Over { name, panic });
        };
        match std::thread::Builder::new().name(format!("untrained-{name}")).spawn(run) {
            Ok(_) => self.open += 1,
            Err(error) => {
                let text = format!("no thread for {name}: {error}; close other programs");
                // This thread empties the channel: waiting for room would be for ever.
                let _ = self.post.sender.try_send(Message::Error(text));
            }
        }
    }

    /// What came since the last time.
    pub fn news(&self) -> Vec<Message> {
        let news: Vec<Message> = self.news.try_iter().take(PER_FRAME).collect();
        if news.len() == PER_FRAME {
            self.post.window.request_repaint();
        }
        news
    }
}

/// The text of a panic.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_thread_is_news() {
        let mut work = TaskRunner::new(egui::Context::default());
        work.start("test", |_| panic!("too hot"));
        let news = work.news.recv().unwrap();
        assert!(matches!(news, Message::Over { panic: Some(why), .. } if why == "too hot"));
    }
}
