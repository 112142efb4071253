//! Steps that can be undone: the texts of the file.

/// Steps that are kept.
const KEPT: usize = 200;

/// Earlier and undone texts.
#[derive(Clone, Debug, Default)]
pub struct TextHistory {
    past: Vec<String>,
    future: Vec<String>,
    /// The field whose typing is the last step, while it goes on.
    typing: Option<String>,
}

impl TextHistory {
    /// Notes the text before a change. Consecutive changes in one field are one step.
    pub fn note(&mut self, before: String, typing: Option<&str>) {
        if typing.is_some() && self.typing.as_deref() == typing {
            return;
        }
        self.typing = typing.map(str::to_owned);
        self.past.push(before);
        if self.past.len() > KEPT {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// What is typed next is a step of its own.
    pub fn end_typing(&mut self) {
        self.typing = None;
    }

    /// The text before the last step.
    pub fn undo(&mut self, now: String) -> Option<String> {
        let text = self.past.pop()?;
        self.future.push(now);
        self.typing = None;
        Some(text)
    }

    /// The text that was undone last.
    pub fn redo(&mut self, now: String) -> Option<String> {
        let text = self.future.pop()?;
        self.past.push(now);
        self.typing = None;
        Some(text)
    }

    /// Whether there are steps to undo and to redo.
    pub fn has_steps(&self) -> [bool; 2] {
        [!self.past.is_empty(), !self.future.is_empty()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_in_a_field_is_one_step() {
        let mut history = TextHistory::default();
        history.note("".to_owned(), Some("title"));
        history.note("a".to_owned(), Some("title"));
        history.note("ab".to_owned(), Some("id"));
        history.note("abc".to_owned(), None);
        history.note("abcd".to_owned(), None);
        let mut now = "abcde".to_owned();
        let mut seen = Vec::new();
        while let Some(text) = history.undo(now.clone()) {
            seen.push(text.clone());
            now = text;
        }
        assert_eq!(seen, ["abcd", "abc", "ab", ""]);
        assert_eq!(history.has_steps(), [false, true]);
        assert_eq!(history.redo(now).as_deref(), Some("ab"));
        history.note("ab".to_owned(), Some("id"));
        assert_eq!(history.has_steps(), [true, false]);
    }

    #[test]
    fn typing_that_begins_again_is_another_step() {
        let mut history = TextHistory::default();
        history.note("".to_owned(), Some("title"));
        history.end_typing();
        history.note("a".to_owned(), Some("title"));
        assert_eq!(history.undo("b".to_owned()).as_deref(), Some("a"));
    }
}
