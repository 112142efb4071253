//! What happened during a study.

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The study was begun.
    Start,
    /// It was taken up again.
    Resume,
    /// Another process joined in.
    Join,
    /// Something the user should know.
    Warning,
    /// A process left it; the text is the state it was left in.
    Stop,
}

impl EventKind {
    /// All variants.
    pub const ALL: [Self; 5] = [Self::Start, Self::Resume, Self::Join, Self::Warning, Self::Stop];

    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Resume => "resume",
            Self::Join => "join",
            Self::Warning => "warning",
            Self::Stop => "stop",
        }
    }
}

/// Something that happened during a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyEvent {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// What kind of thing.
    pub kind: EventKind,
    /// What, in words.
    pub text: String,
}
