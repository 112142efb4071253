//! Work that takes longer than a frame. Each task runs on its own named thread and sends messages
//! through a bounded channel that the window empties before it draws.

pub mod message;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use self::message::Message;

/// News that wait at most; a thread that has more waits for the window.
const WAITING: usize = 1024;
/// How long messages are handled before a frame, so that none is late.
const MESSAGE_TIME: Duration = Duration::from_millis(4);

/// Starts work and receives its messages.
pub struct TaskRunner {
    sender: MessageSender,
    messages: Receiver<Message>,
    /// Pieces of work that are not over.
    pub open: usize,
}

/// Sends messages to the window and wakes it.
#[derive(Clone)]
pub struct MessageSender {
    channel: SyncSender<Message>,
    window: egui::Context,
}

impl MessageSender {
    /// Sends messages; `false` if the window is gone, and the work may end.
    pub fn send(&self, message: Message) -> bool {
        let sent = self.channel.send(message).is_ok();
        self.window.request_repaint();
        sent
    }
}

impl TaskRunner {
    /// For a window.
    pub fn new(window: egui::Context) -> Self {
        let (channel, messages) = sync_channel(WAITING);
        Self { sender: MessageSender { channel, window }, messages, open: 0 }
    }

    /// Does something on a thread of that name. A panic in it becomes messages.
    pub fn start(
        &mut self,
        name: &'static str,
        task: impl FnOnce(&MessageSender) + Send + 'static,
    ) {
        let sender = self.sender.clone();
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| task(&sender)));
            let panic = result.err().map(|panic| reason(panic.as_ref()));
            sender.send(Message::TaskEnded { name, panic });
        };
        match std::thread::Builder::new().name(format!("untrained-{name}")).spawn(run) {
            Ok(_) => self.open += 1,
            Err(error) => {
                let text =
                    format!("cannot start a thread for {name}: {error}; close other programs");
                // This thread empties the channel: waiting for room would be for ever.
                let _ = self.sender.channel.try_send(Message::Failed(text));
            }
        }
    }

    /// The next of the messages that came since the last time. Once they have taken a part of this frame,
    /// the others wait for the next one.
    pub fn next_message(&self, begun: Instant) -> Option<Message> {
        if begun.elapsed() > MESSAGE_TIME {
            self.sender.window.request_repaint();
            return None;
        }
        self.messages.try_recv().ok()
    }

    /// What came since the last time, all of it.
    #[cfg(test)]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.try_iter().collect()
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
        let messages = work.messages.recv().unwrap();
        assert!(
            matches!(messages, Message::TaskEnded { panic: Some(why), .. } if why == "too hot")
        );
    }
}
