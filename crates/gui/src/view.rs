//! The views and their names.

/// What the middle of the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum View {
    /// Spaces and files.
    #[default]
    Home,
    /// The search space.
    Space,
    /// A space that is edited.
    Editor,
    /// Options of a search.
    Setup,
    /// A search as it goes.
    Run,
    /// Table and scatter.
    Results,
    /// The whole network of an architecture or a model.
    Network,
    /// Networks side by side.
    Compare,
    /// Scores against trained accuracies.
    Benchmark,
    /// Stored searches.
    Studies,
}

impl View {
    /// All views, in the order of the navigation.
    pub const ALL: [Self; 10] = [
        Self::Home,
        Self::Space,
        Self::Editor,
        Self::Setup,
        Self::Run,
        Self::Results,
        Self::Network,
        Self::Compare,
        Self::Benchmark,
        Self::Studies,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Space => "Space",
            Self::Editor => "Editor",
            Self::Setup => "Set up",
            Self::Run => "Run",
            Self::Results => "Results",
            Self::Network => "Network",
            Self::Compare => "Compare",
            Self::Benchmark => "Benchmark",
            Self::Studies => "Studies",
        }
    }
}
